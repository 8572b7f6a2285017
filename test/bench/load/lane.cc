#include "test/bench/load/lane.h"

#include <glog/logging.h>

#include <chrono>
#include <utility>

#include "record/builder.h"
#include "wire/header.h"
#include "wire/messages/00_produce.h"

namespace meerkat::bench {

namespace {

constexpr int16_t kVersion = 9;
constexpr size_t kCorrelationAt = 4;

Result<int64_t> base_offset_in(const Result<net::Frame>& answer) {
  if (!answer) return answer.failure();
  size_t used = 0;
  auto header = wire::decode_response_header(answer->bytes, wire::ApiKey::produce, kVersion, &used);
  if (!header) return header.failure();
  auto response = wire::decode<wire::ProduceResponse>(ByteView(answer->bytes).subspan(used), kVersion);
  if (!response) return response.failure();
  if (response->responses.empty() || response->responses[0].partition_responses.empty()) return fail("an empty answer");
  const auto& partition = response->responses[0].partition_responses[0];
  if (partition.error_code != wire::ErrorCode::none) {
    return fail("produce to partition " + std::to_string(partition.index) + ": " +
                std::string(wire::name(partition.error_code)));
  }
  return partition.base_offset;
}

}  // namespace

// A batch of some size comes out of the codec as a part of its own, and what is around it as views, too.
Lane::Request Lane::split(Chain encoded) {
  Request request;
  for (Chain::Part& part : encoded.parts()) {
    if (auto* bytes = std::get_if<Bytes>(&part)) {
      request.head = std::move(*bytes);
    } else if (auto* view = std::get_if<SharedView>(&part)) {
      if (request.head.empty()) {
        request.head.assign(view->bytes.begin(), view->bytes.end());
      } else {
        request.rest.push_back(std::move(*view));
      }
    }
  }
  return request;
}

std::shared_ptr<const Bytes> make_batch(int records, int size) {
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  record::BatchBuilder builder;
  for (int i = 0; i < records; ++i) {
    Bytes value(static_cast<size_t>(size));
    for (size_t k = 0; k < value.size(); ++k) value[k] = static_cast<uint8_t>('a' + (static_cast<size_t>(i) + k) % 26);
    builder.append(now.count(), {}, ByteView(value));
  }
  return std::make_shared<const Bytes>(builder.build());
}

Lane::Lane(std::unique_ptr<net::Outbound> link, const Share& share, const Options& options,
           std::shared_ptr<const Bytes> batch, OnAnswer on_answer)
    : link_(std::move(link)), in_flight_(options.in_flight), on_answer_(std::move(on_answer)) {
  for (const int32_t partition : share.partitions) {
    wire::ProduceRequest request;
    request.acks = options.acks;
    request.timeout_ms = 30'000;
    auto& topic = request.topic_data.emplace_back();
    topic.name = options.topic;
    auto& data = topic.partition_data.emplace_back();
    data.index = partition;
    data.records.view = *batch;
    data.records.owner = batch;
    auto encoded = wire::encode_request(0, "meerkat-load", kVersion, request);
    CHECK(encoded.ok());
    requests_.push_back(split(std::move(*encoded)));
  }
}

void Lane::send(Moment due) {
  if (full()) return queue_.push_back(due);
  send_to(next_++ % requests_.size(), due);
}

void Lane::send_to(size_t index, Moment due) {
  ++unanswered_;
  Bytes head = requests_[index].head;
  store_be<int32_t>(head.data() + kCorrelationAt, correlation_++);
  Chain request;
  request.append(std::move(head));
  for (const SharedView& view : requests_[index].rest) request.append(view);
  link_->send(std::move(request), [this, due](const Result<net::Frame>& answer) { answered(answer, due); });
}

void Lane::answered(const Result<net::Frame>& answer, Moment due) {
  --unanswered_;
  if (!queue_.empty() && answer) {
    const Moment next = queue_.front();
    queue_.pop_front();
    send(next);
  }
  if (!answer) queue_.clear();
  on_answer_(base_offset_in(answer), due);
}

}  // namespace meerkat::bench
