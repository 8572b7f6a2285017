// What the hot path's messages cost: decoding Produce and Fetch requests, encoding their responses. Prints one line a
// figure; `make bench-micro` builds and runs it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>

#include "wire/header.h"
#include "wire/messages/00_produce.h"
#include "wire/messages/01_fetch.h"
#include "wire/messages/03_metadata.h"

namespace meerkat::wire {
namespace {

/// Runs `work` until it has taken a fifth of a second of processor time, three times; the best time of one run.
double best_ns(const std::function<void()>& work) {
  constexpr int kRunsPerLook = 64;  // looking at the clock is a system call
  double best = 1e18;
  for (int round = 0; round < 3; ++round) {
    std::clock_t start = std::clock();
    int runs = 0;
    double taken = 0;
    do {
      for (int i = 0; i < kRunsPerLook; ++i) work();
      runs += kRunsPerLook;
      taken = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    } while (taken < 0.2);
    best = std::min(best, taken / runs * 1e9);
  }
  return best;
}

void report(const std::string& what, int partitions, size_t bytes, double ns) {
  std::printf("%-44s %4d partitions %8zu bytes %10.0f ns/request %7.1f ns/partition\n", what.c_str(), partitions, bytes,
              ns, ns / partitions);
}

RecordsField records(size_t size) {
  auto memory = std::make_shared<Bytes>(size, uint8_t{1});
  RecordsField field;
  field.view = *memory;
  field.owner = memory;
  return field;
}

template <class M>
void decoding(const std::string& what, const M& message, int16_t version, int partitions) {
  Bytes body = encode_bytes(message, version);
  report("decode " + what + " v" + std::to_string(version), partitions, body.size(), best_ns([&] {
           if (!decode<M>(body, version).ok()) std::abort();
         }));
}

template <class M>
void encoding(const std::string& what, const M& message, int16_t version, int partitions) {
  auto size = static_cast<size_t>(encode_response(1, version, message).size());
  report("encode " + what + " v" + std::to_string(version), partitions, size, best_ns([&] {
           if (encode_response(1, version, message).parts().empty()) std::abort();
         }));
}

void produce(int partitions) {
  ProduceRequest request;
  request.topic_data.resize(1);
  request.topic_data[0].name = "a-topic-of-usual-length";
  ProduceResponse response;
  response.responses.resize(1);
  response.responses[0].name = request.topic_data[0].name;
  for (int i = 0; i < partitions; ++i) {
    request.topic_data[0].partition_data.push_back({.index = i, .records = records(16384)});
    response.responses[0].partition_responses.push_back({.index = i, .base_offset = 1000});
  }
  for (int16_t version : {3, 11}) {
    decoding("Produce request", request, version, partitions);
    encoding("Produce response", response, version, partitions);
  }
}

void fetch(int partitions) {
  FetchRequest request;
  request.topics.resize(1);
  request.topics[0].topic = "a-topic-of-usual-length";
  FetchResponse response;
  response.responses.resize(1);
  response.responses[0].topic = request.topics[0].topic;
  for (int i = 0; i < partitions; ++i) {
    request.topics[0].partitions.push_back({.partition = i, .fetch_offset = 1000, .partition_max_bytes = 1 << 20});
    FetchResponse::PartitionData partition;
    partition.partition_index = i;
    partition.records = records(16384);
    response.responses[0].partitions.push_back(std::move(partition));
  }
  for (int16_t version : {4, 17}) {
    decoding("Fetch request", request, version, partitions);
    encoding("Fetch response", response, version, partitions);
  }
}

void metadata(int partitions) {
  MetadataResponse response;
  response.brokers = {{.node_id = 1, .host = "broker-1.example", .port = 9092}};
  response.topics.resize(1);
  response.topics[0].name = "a-topic-of-usual-length";
  for (int i = 0; i < partitions; ++i)
    response.topics[0].partitions.push_back(
        {.partition_index = i, .leader_id = 1, .replica_nodes = {1, 2, 3}, .isr_nodes = {1, 2, 3}});
  encoding("Metadata response", response, 12, partitions);
}

}  // namespace
}  // namespace meerkat::wire

int main() {
  for (int partitions : {1, 100}) {
    meerkat::wire::produce(partitions);
    meerkat::wire::fetch(partitions);
    meerkat::wire::metadata(partitions);
  }
}
