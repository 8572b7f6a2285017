// What the replica room costs a request: appends, fetches, sessions, waking who waits, and a metadata delta in a large
// cluster. One line a figure; `make bench-micro` builds and runs it. Logs lie in a temporary directory.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>

#include "record/builder.h"
#include "replica/apply.h"
#include "replica/fetch.h"
#include "replica/produce.h"
#include "wire/messages/00_produce.h"
#include "wire/messages/01_fetch.h"
#include "wire/messages/04_leader_and_isr.h"
#include "wire/messages/06_update_metadata.h"

namespace meerkat::replica {
namespace {

/// Runs `work` until it has taken a fifth of a second of processor time, three times; the best time of one run.
double best_ns(const std::function<void()>& work) {
  constexpr int kRunsPerLook = 16;
  double best = 1e18;
  for (int round = 0; round < 3; ++round) {
    const std::clock_t start = std::clock();
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

void expect(wire::ErrorCode code) {
  if (code == wire::ErrorCode::none) return;
  std::fprintf(stderr, "a request failed: %s\n", std::string(wire::name(code)).c_str());
  std::exit(1);
}

void report(const std::string& what, int partitions, double ns) {
  std::printf("%-52s %6d partitions %10.0f ns/request %8.1f ns/partition\n", what.c_str(), partitions, ns,
              ns / partitions);
}

class NoScheduler : public storage::Scheduler {
 public:
  void after(int64_t, Task) override {}
};

class NoIsrChanges : public IsrChanges {
 public:
  void submit(IsrProposal, Callback<wire::Outcome<CommittedIsr>>) override {}
};

Bytes batch(size_t bytes) {
  record::BatchBuilder builder;
  const Bytes value(100, 'v');
  while (builder.uncompressed_size() + 110 < bytes) builder.append(1'700'000'000'000, {}, ByteView(value));
  return builder.build();
}

struct Broker {
  Broker() {
    loop.start();
    wire::UpdateMetadataRequest update;
    update.live_brokers.resize(1);
    update.live_brokers[0].id = 1;
    states.apply(update);
  }
  ~Broker() {
    loop.stop();
    std::filesystem::remove_all(dir);
  }
  static std::string temporary() {
    std::string pattern = (std::filesystem::temp_directory_path() / "meerkat-bench-XXXXXX").string();
    return ::mkdtemp(pattern.data());
  }
  std::unique_ptr<storage::LogManager> open() {
    storage::LogManagerOptions options;
    options.log_dirs = {dir};
    options.scheduler = &scheduler;
    auto opened = storage::LogManager::open(std::move(options));
    if (!opened || !(*opened)->set_ids(1, "bench") || !(*opened)->load()) std::abort();
    return std::move(*opened);
  }
  void lead(const std::string& topic, int partitions) {
    wire::LeaderAndIsrRequest r;
    auto& states_of_topic = r.topic_states.emplace_back();
    states_of_topic.topic_name = topic;
    states_of_topic.topic_id = id;
    for (int i = 0; i < partitions; ++i) {
      auto& s = states_of_topic.partition_states.emplace_back();
      s.partition_index = i;
      s.leader = 1;
      s.isr = s.replicas = {1};
      s.is_new = true;
    }
    states.apply(7, r);
  }

  const std::string dir = temporary();
  const Uuid id = Uuid::random();
  NoScheduler scheduler;
  NoIsrChanges isr_changes;
  std::unique_ptr<storage::LogManager> logs = open();
  cluster::MetadataCache metadata;
  event::Loop loop{"net-0"};
  ReplicaContext context{{.broker_id = 1}, *logs, metadata, isr_changes};
  StateChanges states{context, nullptr, {}};
};

void produce(Broker& broker, int partitions, size_t bytes) {
  const Bytes records = batch(bytes);
  std::vector<Bytes> copies(static_cast<size_t>(partitions), records);
  wire::ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 1000;
  auto& topic = request.topic_data.emplace_back();
  topic.name = "a-topic-of-usual-length";
  for (int i = 0; i < partitions; ++i) topic.partition_data.push_back({i, {.view = copies[static_cast<size_t>(i)]}});
  RequestContext who;
  who.loop = &broker.loop;
  who.version = 11;
  report("produce acks=all, alone, batches of " + std::to_string(records.size()), partitions, best_ns([&] {
           for (Bytes& copy : copies) store_be<int64_t>(copy.data(), 0);  // as clients send it
           handle_produce(broker.context, who, request,
                          [](wire::ProduceResponse r) { expect(r.responses[0].partition_responses[0].error_code); });
         }));
}

wire::FetchRequest ask(Broker& broker, int partitions, bool at_end) {
  wire::FetchRequest request;
  request.min_bytes = 1;
  auto& topic = request.topics.emplace_back();
  topic.topic_id = broker.id;
  const auto map = broker.context.partitions.current();
  for (int i = 0; i < partitions; ++i) {
    auto& p = topic.partitions.emplace_back();
    p.partition = i;
    p.partition_max_bytes = 1 << 20;
    p.fetch_offset = at_end ? (*map->find(broker.id, i))->log()->log_end_offset() : 0;
  }
  return request;
}

void fetch(Broker& broker, int partitions) {
  RequestContext who;
  who.loop = &broker.loop;
  who.version = 17;
  for (bool at_end : {false, true}) {
    const auto request = ask(broker, partitions, at_end);
    report(std::string("fetch without a session, ") + (at_end ? "nothing new" : "records"), partitions, best_ns([&] {
             handle_fetch(broker.context, who, request,
                          [&](wire::FetchResponse r) { expect(r.responses[0].partitions[0].error_code); });
           }));
  }
  auto full = ask(broker, partitions, true);
  full.session_epoch = 0;
  wire::FetchRequest next;
  next.min_bytes = 1;
  handle_fetch(broker.context, who, full, [&](wire::FetchResponse r) { next.session_id = r.session_id; });
  report("fetch in a session, nothing new", partitions, best_ns([&] {
           next.session_epoch = next_session_epoch(std::max(next.session_epoch, 0));
           handle_fetch(broker.context, who, next, [](wire::FetchResponse r) { expect(r.error_code); });
         }));
}

void pokes() {
  WaitPoint point;
  report("poke when nobody waits", 1, best_ns([&] { point.poke(progress::kLogEnd); }));
}

void metadata_delta(int topics) {
  wire::UpdateMetadataRequest all;
  for (int t = 0; t < topics; ++t) {
    auto& topic = all.topic_states.emplace_back();
    topic.topic_name = "topic-" + std::to_string(t);
    topic.topic_id = Uuid::random();
    for (int p = 0; p < 10; ++p) {
      auto& s = topic.partition_states.emplace_back();
      s.partition_index = p;
      s.isr = s.replicas = {1, 2, 3};
    }
  }
  auto image = cluster::MetadataImage().apply(all);
  wire::UpdateMetadataRequest delta;
  delta.topic_states = {all.topic_states[0], all.topic_states[1], all.topic_states[2]};
  report("metadata delta of 3 topics among so many", topics * 10, best_ns([&] { image = image->apply(delta); }));
  report("metadata lookup of a partition", 1, best_ns([&] {
           if (!image->partition("topic-17", 3)) std::abort();
         }));
}

}  // namespace
}  // namespace meerkat::replica

int main() {
  using namespace meerkat::replica;
  Broker broker;
  broker.lead("a-topic-of-usual-length", 1000);
  for (size_t bytes : {1024, 16384}) produce(broker, 1, bytes);
  produce(broker, 10, 16384);
  produce(broker, 1000, 300);
  for (int partitions : {1, 10, 1000}) fetch(broker, partitions);
  pokes();
  metadata_delta(10'000);
}
