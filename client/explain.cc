#include "client/explain.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "wire/messages/32_describe_configs.h"
#include "wire/messages/35_describe_log_dirs.h"

namespace meerkat::client {
namespace {

using wire::DescribeLogDirsRequest;
using wire::DescribeLogDirsResponse;
using wire::ErrorCode;

constexpr std::chrono::milliseconds kBetweenSamples{1000};
constexpr int8_t kBrokerResource = 4;

/// What one broker says of its logs.
struct Logs {
  bool answered = false;
  std::map<TopicPartition, int64_t> bytes;
};
using Sample = std::map<int32_t, Logs>;

Logs logs_of(Cluster& cluster, const HostPort& broker, const std::set<TopicPartition>& partitions) {
  DescribeLogDirsRequest request;
  request.topics.emplace();
  for (const auto& tp : partitions) {
    if (request.topics->empty() || request.topics->back().topic != tp.topic) request.topics->push_back({tp.topic, {}});
    request.topics->back().partitions.push_back(tp.partition);
  }
  Logs logs;
  const auto answer = cluster.network().ask<DescribeLogDirsRequest, DescribeLogDirsResponse>(broker, request);
  if (!answer) return logs;
  logs.answered = true;
  for (const auto& dir : answer->results) {
    if (dir.error_code != ErrorCode::none) continue;
    for (const auto& topic : dir.topics) {
      for (const auto& p : topic.partitions) {
        if (!p.is_future_key) logs.bytes[{topic.name, p.partition_index}] = p.partition_size;
      }
    }
  }
  return logs;
}

Sample sample(Cluster& cluster, const std::map<int32_t, std::set<TopicPartition>>& wanted) {
  const auto view = cluster.view();
  Sample out;
  for (const auto& [broker, partitions] : wanted) {
    const auto where = view->brokers.find(broker);
    if (where != view->brokers.end()) out[broker] = logs_of(cluster, where->second, partitions);
  }
  return out;
}

/// How much less of a partition `follower` has than `leader`.
std::optional<int64_t> behind(const Sample& sample, const TopicPartition& tp, int32_t leader, int32_t follower) {
  const auto size = [&](int32_t broker) -> std::optional<int64_t> {
    const auto logs = sample.find(broker);
    if (logs == sample.end()) return std::nullopt;
    const auto bytes = logs->second.bytes.find(tp);
    return bytes == logs->second.bytes.end() ? std::nullopt : std::optional(bytes->second);
  };
  const auto theirs = size(leader);
  const auto own = size(follower);
  if (!theirs || !own) return std::nullopt;
  return std::max<int64_t>(*theirs - *own, 0);
}

/// Whether a broker has this replication rate (a dynamic config) set at all.
bool has_rate(Cluster& cluster, int32_t broker, const std::string& config) {
  const auto view = cluster.view();
  const auto where = view->brokers.find(broker);
  if (where == view->brokers.end()) return false;
  wire::DescribeConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = kBrokerResource;
  resource.resource_name = std::to_string(broker);
  resource.configuration_keys = std::vector<std::string>{config};
  const auto answer =
      cluster.network().ask<wire::DescribeConfigsRequest, wire::DescribeConfigsResponse>(where->second, request);
  if (!answer || answer->results.empty()) return false;
  const auto& configs = answer->results[0].configs;
  return std::any_of(configs.begin(), configs.end(),
                     [&](const auto& c) { return c.name == config && c.value && *c.value != "9223372036854775807"; });
}

bool throttled(Cluster& cluster, const TopicDescription& topic, int32_t partition, int32_t leader, int32_t follower) {
  const auto side = [&](const std::string& name, int32_t broker) {
    const auto listed = topic.configs.find(name + ".replication.throttled.replicas");
    return listed != topic.configs.end() && lists_replica(listed->second, partition, broker) &&
           has_rate(cluster, broker, name + ".replication.throttled.rate");
  };
  return side("leader", leader) || side("follower", follower);
}

std::vector<int32_t> missing_of(const wire::MetadataResponse::MetadataResponsePartition& p) {
  std::vector<int32_t> out;
  for (int32_t id : p.replica_nodes) {
    if (std::find(p.isr_nodes.begin(), p.isr_nodes.end(), id) == p.isr_nodes.end()) out.push_back(id);
  }
  return out;
}

}  // namespace

bool lists_replica(const std::string& config, int32_t partition, int32_t broker) {
  const std::vector<std::string> entries = absl::StrSplit(config, ',', absl::SkipWhitespace());
  const std::string wanted = absl::StrCat(partition, ":", broker);
  return std::any_of(entries.begin(), entries.end(), [&](const auto& e) { return e == "*" || e == wanted; });
}

std::string why_missing(const MissingReplica& r) {
  const std::string who = absl::StrCat(r.broker, ": ");
  if (!r.alive) return who + "broker down";
  if (r.dir_failed) return who + "log directory offline";
  if (!r.has_leader) return who + "no leader to follow";
  if (!r.answers) return who + "broker registered, but it does not answer";
  if (!r.bytes) return who + "has no log yet, or its size is unknown";
  const std::string throttle = r.throttled ? ", throttled" : "";
  if (*r.bytes == 0) return who + "has all bytes, but the leader has not taken it in yet (fenced, or just caught up)";
  const auto rate = static_cast<int64_t>(static_cast<double>(r.bytes_before - *r.bytes) / std::max(r.seconds, 1e-3));
  if (rate > 0) {
    return absl::StrCat(who, "lags by ", *r.bytes, " bytes, catching up at ", rate, " bytes/s", throttle);
  }
  if (rate == 0) return absl::StrCat(who, "lags by ", *r.bytes, " bytes, not catching up", throttle);
  return absl::StrCat(who, "lags by ", *r.bytes, " bytes, falling behind at ", -rate, " bytes/s", throttle);
}

std::map<TopicPartition, std::vector<std::string>> explain(Cluster& cluster,
                                                           const std::vector<TopicDescription>& topics) {
  const auto for_each_missing = [&](auto visit) {
    for (const auto& topic : topics) {
      for (const auto& p : topic.metadata.partitions) {
        for (int32_t id : missing_of(p)) visit(topic, p, id);
      }
    }
  };
  std::map<int32_t, std::set<TopicPartition>> wanted;
  for_each_missing([&](const TopicDescription& topic, const auto& p, int32_t id) {
    const TopicPartition tp{*topic.metadata.name, p.partition_index};
    wanted[id].insert(tp);
    if (p.leader_id >= 0) wanted[p.leader_id].insert(tp);
  });
  if (wanted.empty()) return {};
  const auto start = std::chrono::steady_clock::now();
  const Sample before = sample(cluster, wanted);
  std::this_thread::sleep_for(kBetweenSamples);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const Sample now = sample(cluster, wanted);
  const auto view = cluster.view();

  std::map<TopicPartition, std::vector<std::string>> reasons;
  for_each_missing([&](const TopicDescription& topic, const auto& p, int32_t id) {
    const TopicPartition tp{*topic.metadata.name, p.partition_index};
    MissingReplica replica;
    replica.broker = id;
    replica.has_leader = p.leader_id >= 0;
    replica.alive = view->brokers.contains(id);
    const auto logs = now.find(id);
    replica.answers = logs != now.end() && logs->second.answered;
    replica.dir_failed =
        std::find(p.offline_replicas.begin(), p.offline_replicas.end(), id) != p.offline_replicas.end() &&
        replica.answers && !logs->second.bytes.contains(tp);
    replica.bytes = behind(now, tp, p.leader_id, id);
    replica.bytes_before = behind(before, tp, p.leader_id, id).value_or(replica.bytes.value_or(0));
    replica.seconds = seconds;
    replica.throttled = replica.alive && throttled(cluster, topic, tp.partition, p.leader_id, id);
    reasons[tp].push_back(why_missing(replica));
  });
  return reasons;
}

}  // namespace meerkat::client
