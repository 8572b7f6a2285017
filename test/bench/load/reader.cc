#include "test/bench/load/reader.h"

#include <glog/logging.h>

#include <utility>

#include "wire/header.h"
#include "wire/messages/01_fetch.h"

namespace meerkat::bench {

namespace {

constexpr int16_t kVersion = 12;  // the last one with names of topics

}  // namespace

Reader::Reader(std::unique_ptr<net::Outbound> link, Share share, const Options& options, OnBatch on_batch,
               OnAnswer on_answer)
    : link_(std::move(link)),
      share_(std::move(share)),
      options_(options),
      on_batch_(std::move(on_batch)),
      on_answer_(std::move(on_answer)) {
  for (const int32_t partition : share_.partitions) next_[partition] = 0;
}

void Reader::fetch() {
  wire::FetchRequest request;
  request.max_wait_ms = 500;
  request.min_bytes = 1;
  request.max_bytes = 50 << 20;
  auto& topic = request.topics.emplace_back();
  topic.topic = options_.topic;
  for (const auto& [partition, offset] : next_) {
    auto& wanted = topic.partitions.emplace_back();
    wanted.partition = partition;
    wanted.fetch_offset = offset;
    wanted.partition_max_bytes = options_.max_bytes;
  }
  auto encoded = wire::encode_request(correlation_++, "meerkat-load", kVersion, request);
  CHECK(encoded.ok());
  link_->send(std::move(*encoded), [this](const Result<net::Frame>& answer) { on_answer_(take(answer)); });
}

Result<Reader::Arrived> Reader::take(const Result<net::Frame>& answer) {
  if (!answer) return answer.failure();
  size_t used = 0;
  auto header = wire::decode_response_header(answer->bytes, wire::ApiKey::fetch, kVersion, &used);
  if (!header) return header.failure();
  auto response = wire::decode<wire::FetchResponse>(ByteView(answer->bytes).subspan(used), kVersion);
  if (!response) return response.failure();
  if (response->error_code != wire::ErrorCode::none)
    return fail("fetch: " + std::string(wire::name(response->error_code)));
  Arrived arrived{.caught_up = true};
  for (const auto& topic : response->responses) {
    for (const auto& partition : topic.partitions) {
      int64_t& next = next_[partition.partition_index];
      if (partition.error_code == wire::ErrorCode::offset_out_of_range && partition.log_start_offset > next) {
        next = partition.log_start_offset;  // retention was faster
        arrived.caught_up = false;
        continue;
      }
      if (partition.error_code != wire::ErrorCode::none) {
        return fail("fetch of partition " + std::to_string(partition.partition_index) + ": " +
                    std::string(wire::name(partition.error_code)));
      }
      ByteView rest = partition.records.view;
      while (rest.size() >= record::v2::kHeaderSize) {
        const record::BatchView batch(rest);
        if (batch.size() < static_cast<int64_t>(record::v2::kHeaderSize)) return fail("fetch: no record batch");
        if (batch.size() > static_cast<int64_t>(rest.size())) break;  // cut off by the limit of bytes
        on_batch_(batch);
        ++arrived.batches;
        arrived.records += batch.count();
        arrived.bytes += batch.size();
        next = batch.last_offset() + 1;
        rest = rest.subspan(static_cast<size_t>(batch.size()));
      }
      if (next < partition.high_watermark) arrived.caught_up = false;
    }
  }
  return arrived;
}

}  // namespace meerkat::bench
