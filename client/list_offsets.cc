#include "client/list_offsets.h"

#include <algorithm>
#include <thread>

namespace meerkat::client {
namespace {

using wire::ErrorCode;
constexpr int kAttempts = 50;
constexpr std::chrono::milliseconds kBackoff{100};

wire::ListOffsetsRequest request_for(const std::vector<TopicPartition>& partitions, int64_t timestamp,
                                     bool read_committed) {
  wire::ListOffsetsRequest request;
  request.replica_id = -1;
  request.isolation_level = read_committed ? 1 : 0;
  for (const TopicPartition& partition : partitions) {
    if (request.topics.empty() || request.topics.back().name != partition.topic) {
      request.topics.emplace_back().name = partition.topic;
    }
    auto& p = request.topics.back().partitions.emplace_back();
    p.partition_index = partition.partition;
    p.timestamp = timestamp;
  }
  return request;
}

}  // namespace

wire::Outcome<std::map<TopicPartition, int64_t>> list_offsets(Cluster& cluster,
                                                              const std::vector<TopicPartition>& partitions,
                                                              int64_t timestamp, bool read_committed) {
  std::map<TopicPartition, int64_t> found;
  std::vector<TopicPartition> left = partitions;
  wire::Failure last{ErrorCode::leader_not_available, {}};
  for (int attempt = 0; attempt < kAttempts && !left.empty(); ++attempt) {
    if (attempt > 0) {
      std::this_thread::sleep_for(kBackoff);
      std::vector<std::string> topics;
      for (const auto& p : left) topics.push_back(p.topic);
      if (auto fresh = cluster.refresh(topics); !fresh) last = {ErrorCode::network_exception, fresh.error().message};
    }
    std::map<HostPort, std::vector<TopicPartition>> by_leader;
    auto view = cluster.view();
    for (const TopicPartition& partition : left) {
      if (auto leader = view->leader(partition.topic, partition.partition)) by_leader[*leader].push_back(partition);
    }
    std::vector<TopicPartition> done;
    for (const auto& [leader, asked] : by_leader) {
      auto answer = cluster.network().ask<wire::ListOffsetsRequest, wire::ListOffsetsResponse>(
          leader, request_for(asked, timestamp, read_committed));
      if (!answer) {
        last = {ErrorCode::network_exception, answer.error().message};
        continue;
      }
      for (const auto& topic : answer->topics) {
        for (const auto& p : topic.partitions) {
          if (p.error_code != ErrorCode::none) {
            last = {p.error_code, {}};
            if (!wire::retriable(p.error_code)) return wire::refuse(p.error_code);
            continue;
          }
          // v0 answers with a list of offsets.
          const int64_t offset = p.old_style_offsets.empty() ? p.offset : p.old_style_offsets.front();
          if (offset >= 0) found[{topic.name, p.partition_index}] = offset;
          done.push_back({topic.name, p.partition_index});
        }
      }
    }
    std::erase_if(left, [&](const TopicPartition& p) { return std::find(done.begin(), done.end(), p) != done.end(); });
  }
  if (!left.empty()) return wire::refuse(last.code, last.message);
  return found;
}

}  // namespace meerkat::client
