// DescribeLogDirs v0–4 (KIP-113, KIP-827): this broker's log directories, what lies in them, and their file systems.
#include "wire/messages/35_describe_log_dirs.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "api/handlers.h"
#include "api/services.h"
#include "storage/log_manager.h"

namespace meerkat::api {
namespace {

using Response = wire::DescribeLogDirsResponse;
using Wanted = absl::flat_hash_set<TopicPartition>;
using Logs = std::vector<std::shared_ptr<storage::Log>>;

/// `original` is what the log is a copy of, on its way to another directory; null if it is none.
Response::DescribeLogDirsPartition describe(const storage::Log& log, const storage::Log* original) {
  Response::DescribeLogDirsPartition out;
  out.partition_index = log.topic_partition().partition;
  out.partition_size = log.size();
  int64_t end = original ? original->log_end_offset() : log.high_watermark();
  out.offset_lag = std::max<int64_t>(end - log.log_end_offset(), 0);
  out.is_future_key = original != nullptr;
  return out;
}

}  // namespace

void describe_log_dirs(Services& services, RequestContext, wire::DescribeLogDirsRequest request,
                       Reply<Response> reply) {
  Wanted wanted;
  if (request.topics) {
    for (const auto& topic : *request.topics) {
      for (int32_t partition : topic.partitions) wanted.insert({topic.topic, partition});
    }
  }
  absl::flat_hash_map<std::string, Logs> by_dir;
  for (auto& log : services.logs.all()) by_dir[log->parent_dir()].push_back(std::move(log));
  absl::flat_hash_map<const storage::Log*, std::shared_ptr<storage::Log>> originals;
  for (auto& copy : services.logs.futures()) {
    auto original = services.logs.get(copy->topic_partition());
    if (!original) continue;
    originals.emplace(copy.get(), std::move(original));
    by_dir[copy->parent_dir()].push_back(std::move(copy));
  }
  Response response;
  for (const storage::LogDirInfo& dir : services.logs.dirs()) {
    auto& out = response.results.emplace_back();
    out.log_dir = dir.path;
    if (!dir.online) {
      out.error_code = wire::ErrorCode::kafka_storage_error;
      continue;
    }
    out.total_bytes = dir.total_bytes;
    out.usable_bytes = dir.usable_bytes;
    absl::flat_hash_map<std::string, size_t> index;
    for (const auto& log : by_dir[dir.path]) {
      const TopicPartition& tp = log->topic_partition();
      if (request.topics && !wanted.contains(tp)) continue;
      auto original = originals.find(log.get());
      auto [it, added] = index.emplace(tp.topic, out.topics.size());
      if (added) out.topics.emplace_back().name = tp.topic;
      out.topics[it->second].partitions.push_back(
          describe(*log, original == originals.end() ? nullptr : original->second.get()));
    }
  }
  reply.send(response);
}

}  // namespace meerkat::api
