#include "client/lag.h"

#include <algorithm>

#include "client/fetcher.h"
#include "client/list_offsets.h"

namespace meerkat::client {
namespace {

using wire::ErrorCode;

/// The timestamp of the first record at or behind an offset, asked of the leader.
std::optional<int64_t> first_timestamp(Cluster& cluster, const TopicPartition& partition, int64_t offset) {
  const auto leader = cluster.view()->leader(partition.topic, partition.partition);
  if (!leader) return std::nullopt;
  wire::FetchRequest request;
  request.max_wait_ms = 0;
  request.topics.emplace_back().topic = partition.topic;
  auto& p = request.topics.back().partitions.emplace_back();
  p.partition = partition.partition;
  p.fetch_offset = offset;
  p.partition_max_bytes = 1;  // the first batch comes whatever its size
  auto promise = std::make_shared<std::promise<std::optional<int64_t>>>();
  cluster.network().loop().post([&cluster, leader, partition, offset, promise, request = std::move(request)]() mutable {
    constexpr int16_t kByName = 12;  // later versions name topics by id
    cluster.network().call_with_frame<wire::FetchRequest, wire::FetchResponse>(
        *leader, std::move(request),
        [partition, offset, promise](Result<wire::FetchResponse> answer, std::shared_ptr<void>) {
          std::deque<ConsumedRecord> records;
          if (answer && !answer->responses.empty() && !answer->responses[0].partitions.empty()) {
            const ByteView bytes = answer->responses[0].partitions[0].records.view;
            (void)decode_records(partition, bytes, offset, {}, records);
          }
          const bool known = !records.empty() && records.front().timestamp >= 0;
          promise->set_value(known ? std::optional(records.front().timestamp) : std::nullopt);
        },
        {.max_version = kByName});
  });
  return promise->get_future().get();
}

}  // namespace

Lag lag_of(std::optional<int64_t> committed, std::optional<int64_t> end, std::optional<int64_t> oldest_unread_ms,
           int64_t now_ms) {
  Lag lag{committed, end, {}, {}};
  if (!committed || !end) return lag;
  lag.records = *end - *committed;
  if (*lag.records <= 0) {
    lag.seconds = 0;
  } else if (oldest_unread_ms) {
    lag.seconds = static_cast<double>(std::max<int64_t>(now_ms - *oldest_unread_ms, 0)) / 1000;
  }
  return lag;
}

wire::Outcome<std::map<TopicPartition, Lag>> lags(Cluster& cluster, const Offsets& committed,
                                                  const std::set<TopicPartition>& partitions, int64_t now_ms) {
  std::set<std::string> topics;
  for (const auto& p : partitions) topics.insert(p.topic);
  auto view = cluster.refresh(std::vector<std::string>(topics.begin(), topics.end()));
  if (!view) return wire::refuse(ErrorCode::network_exception, view.error().message);
  std::vector<TopicPartition> with_leader;
  for (const auto& p : partitions) {
    if ((*view)->leader(p.topic, p.partition)) with_leader.push_back(p);
  }
  auto ends = list_offsets(cluster, with_leader, kLatest);
  if (!ends) return ends.failure();
  const auto number = [](const auto& map, const TopicPartition& key) -> std::optional<int64_t> {
    auto it = map.find(key);
    return it == map.end() ? std::nullopt : std::optional<int64_t>(it->second);
  };
  std::map<TopicPartition, int64_t> offsets;
  for (const auto& [partition, value] : committed) offsets[partition] = value.offset;
  std::map<TopicPartition, Lag> out;
  for (const auto& p : partitions) {
    const auto offset = number(offsets, p), end = number(*ends, p);
    const bool behind = offset && end && *offset < *end;
    out[p] = lag_of(offset, end, behind ? first_timestamp(cluster, p, *offset) : std::nullopt, now_ms);
  }
  return out;
}

}  // namespace meerkat::client
