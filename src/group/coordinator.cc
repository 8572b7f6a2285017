#include "group/coordinator.h"

#include <algorithm>

#include "base/gather.h"
#include "base/uuid.h"
#include "cluster/coordinator_partition.h"

namespace meerkat::group {

using wire::ErrorCode;

namespace {

/// Java's way to print a UUID: 8-4-4-4-12 hexadecimal digits.
std::string uuid_text(const Uuid& uuid) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < uuid.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[uuid.bytes[i] >> 4];
    text += kDigits[uuid.bytes[i] & 15];
  }
  return text;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  return text;
}

/// Whether `value` is in the list, letter case aside; an empty list lets everything pass.
bool passes(const std::vector<std::string>& filter, const std::string& value) {
  return filter.empty() || std::any_of(filter.begin(), filter.end(),
                                       [&](const std::string& wanted) { return lower(wanted) == lower(value); });
}

std::vector<OffsetCommit> offsets_of(const wire::TxnOffsetCommitRequest& request, int64_t now_ms) {
  std::vector<OffsetCommit> offsets;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      CommittedOffset value;
      value.offset = partition.committed_offset;
      value.leader_epoch = partition.committed_leader_epoch;
      value.metadata = partition.committed_metadata.value_or("");
      value.commit_timestamp_ms = now_ms;
      offsets.push_back({{topic.name, partition.partition_index}, std::move(value)});
    }
  }
  return offsets;
}

/// Puts the codes of a commit beside the partitions of its request.
template <class Response, class Request>
auto answer_commit(Request request, Callback<Response> reply) {
  return [request = std::move(request), reply = std::move(reply)](std::vector<ErrorCode> codes) mutable {
    Response response;
    size_t i = 0;
    for (auto& topic : request.topics) {
      auto& out = response.topics.emplace_back();
      out.name = std::move(topic.name);
      for (const auto& p : topic.partitions) out.partitions.push_back({p.partition_index, codes[i++]});
    }
    reply(std::move(response));
  };
}

std::vector<OffsetCommit> offsets_of(const wire::OffsetCommitRequest& request, int64_t now_ms) {
  std::vector<OffsetCommit> offsets;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      CommittedOffset value;
      value.offset = partition.committed_offset;
      value.leader_epoch = partition.committed_leader_epoch;
      value.metadata = partition.committed_metadata.value_or("");
      value.commit_timestamp_ms = partition.commit_timestamp == -1 ? now_ms : partition.commit_timestamp;
      if (request.retention_time_ms != -1) value.expire_timestamp_ms = now_ms + request.retention_time_ms;
      offsets.push_back({{topic.name, partition.partition_index}, std::move(value)});
    }
  }
  return offsets;
}

}  // namespace

Coordinator::Coordinator(Settings settings, std::vector<event::Loop*> loops, OffsetsLog& log, event::Pool& workers,
                         Clock& clock, TopicFeed* topics)
    : settings_(std::move(settings)), log_(log), clock_(clock), workers_(workers), topics_(topics) {
  for (event::Loop* loop : loops) {
    Shard* shard = shards_.emplace_back(std::make_unique<Shard>(settings_, *loop, log, workers, clock, topics)).get();
    loop->post([shard] { shard->start(); });
  }
  if (topics_ == nullptr) return;
  topics_->listen([this](const std::string& topic, const SeenTopic& state) {
    for (auto& shard : shards_) shard->loop().post([s = shard.get(), topic, state] { s->on_topic(topic, state); });
  });
}

Coordinator::~Coordinator() = default;

Shard& Coordinator::shard_of(int32_t partition) const {
  return *shards_[static_cast<size_t>(partition) % shards_.size()];
}

std::pair<Shard*, int32_t> Coordinator::locate(const std::string& group) const {
  const int32_t partition = cluster::coordinator_partition(group, std::max(log_.partition_count(), 1));
  return {&shard_of(partition), partition};
}

void Coordinator::on_leader(const TopicPartition& partition, int32_t leader_epoch) {
  if (partition.topic != kOffsetsTopic) return;
  Shard& shard = shard_of(partition.partition);
  shard.loop().post([&shard, p = partition.partition, leader_epoch] { shard.on_leader(p, leader_epoch); });
}

void Coordinator::on_resigned(const TopicPartition& partition, int32_t leader_epoch) {
  if (partition.topic != kOffsetsTopic) return;
  Shard& shard = shard_of(partition.partition);
  shard.loop().post([&shard, p = partition.partition, leader_epoch] { shard.on_resigned(p, leader_epoch); });
}

void Coordinator::on_deleted(const std::vector<TopicPartition>& partitions) {
  if (partitions.empty()) return;
  for (auto& shard : shards_) shard->loop().post([s = shard.get(), partitions] { s->forget(partitions); });
}

void Coordinator::stop() {
  if (topics_ != nullptr) topics_->listen({});
  for (auto& shard : shards_) shard->loop().post([s = shard.get()] { s->stop(); });
  for (auto& shard : shards_) shard->loop().stop();
}

void Coordinator::join(Client client, wire::JoinGroupRequest request, Callback<wire::JoinGroupResponse> reply) {
  if (request.group_id.empty()) {
    wire::JoinGroupResponse response;
    response.error_code = ErrorCode::invalid_group_id;
    response.member_id = request.member_id;
    response.protocol_name = std::nullopt;
    return reply(std::move(response));
  }
  const auto [shard, partition] = locate(request.group_id);
  JoinEvent event;
  event.version = client.version;
  event.body = std::move(request);
  event.client_id = std::move(client.id);
  event.client_host = std::move(client.host);
  event.unique_suffix = uuid_text(Uuid::random());
  shard->loop().post(
      [shard = shard, partition = partition, event = std::move(event), reply = std::move(reply)]() mutable {
        shard->join(partition, std::move(event), std::move(reply));
      });
}

void Coordinator::sync(wire::SyncGroupRequest request, Callback<wire::SyncGroupResponse> reply) {
  if (request.group_id.empty()) {
    wire::SyncGroupResponse response;
    response.error_code = ErrorCode::invalid_group_id;
    return reply(std::move(response));
  }
  const auto [shard, partition] = locate(request.group_id);
  shard->loop().post(
      [shard = shard, partition = partition, request = std::move(request), reply = std::move(reply)]() mutable {
        shard->sync(partition, std::move(request), std::move(reply));
      });
}

void Coordinator::heartbeat(wire::HeartbeatRequest request, Callback<wire::HeartbeatResponse> reply) {
  if (request.group_id.empty()) {
    wire::HeartbeatResponse response;
    response.error_code = ErrorCode::invalid_group_id;
    return reply(std::move(response));
  }
  const auto [shard, partition] = locate(request.group_id);
  shard->loop().post(
      [shard = shard, partition = partition, request = std::move(request), reply = std::move(reply)]() mutable {
        wire::HeartbeatResponse response;
        response.error_code = shard->heartbeat(partition, request);
        reply(std::move(response));
      });
}

void Coordinator::leave(wire::LeaveGroupRequest request, Callback<wire::LeaveGroupResponse> reply) {
  if (request.group_id.empty()) {
    wire::LeaveGroupResponse response;
    response.error_code = ErrorCode::invalid_group_id;
    return reply(std::move(response));
  }
  const auto [shard, partition] = locate(request.group_id);
  shard->loop().post([shard = shard, partition = partition, request = std::move(request),
                      reply = std::move(reply)]() mutable { reply(shard->leave(partition, request)); });
}

void Coordinator::commit(wire::OffsetCommitRequest request, Callback<wire::OffsetCommitResponse> reply) {
  const auto [shard, partition] = locate(request.group_id);
  Shard::Commit commit;
  commit.group = request.group_id;
  commit.member_id = request.member_id;
  commit.instance_id = request.group_instance_id;
  commit.generation = request.generation_id_or_member_epoch;
  commit.offsets = offsets_of(request, clock_.wall_ms());
  shard->loop().post([shard = shard, partition = partition, commit = std::move(commit),
                      done = answer_commit(std::move(request), std::move(reply))]() mutable {
    shard->commit(partition, std::move(commit), std::move(done));
  });
}

void Coordinator::commit_transactional(int16_t version, wire::TxnOffsetCommitRequest request,
                                       Callback<wire::TxnOffsetCommitResponse> reply) {
  constexpr int16_t kFirstWithAbortable = 4;
  const auto [shard, partition] = locate(request.group_id);
  Shard::Commit commit;
  commit.group = request.group_id;
  commit.member_id = request.member_id;
  commit.instance_id = request.group_instance_id;
  commit.generation = request.generation_id;
  commit.offsets = offsets_of(request, clock_.wall_ms());
  commit.producer = TransactionalProducer{request.producer_id, request.producer_epoch};
  commit.claim = {request.transactional_id, request.producer_id, request.producer_epoch,
                  version >= kFirstWithAbortable};
  shard->loop().post([shard = shard, partition = partition, commit = std::move(commit),
                      done = answer_commit(std::move(request), std::move(reply))]() mutable {
    shard->commit(partition, std::move(commit), std::move(done));
  });
}

void Coordinator::on_transaction_end(int32_t offsets_partition, int64_t producer_id, bool committed) {
  Shard& shard = shard_of(offsets_partition);
  shard.loop().post([&shard, offsets_partition, producer_id, committed] {
    shard.end_transaction(offsets_partition, producer_id, committed);
  });
}

void Coordinator::fetch(std::vector<FetchGroup> groups, bool require_stable,
                        Callback<std::vector<FetchedGroup>> reply) {
  auto gather = Gather<FetchedGroup>::of(groups.size(), std::move(reply));
  for (size_t i = 0; i < groups.size(); ++i) {
    const auto [shard, partition] = locate(groups[i].group_id);
    shard->loop().post([shard = shard, partition = partition, gather, i, require_stable, group = std::move(groups[i])] {
      gather->put(i, shard->fetch(partition, group, require_stable));
    });
  }
}

void Coordinator::delete_offsets(wire::OffsetDeleteRequest request, Callback<wire::OffsetDeleteResponse> reply) {
  if (request.group_id.empty()) {
    wire::OffsetDeleteResponse response;
    response.error_code = ErrorCode::invalid_group_id;
    return reply(std::move(response));
  }
  std::vector<TopicPartition> offsets;
  for (const auto& topic : request.topics) {
    for (const auto& p : topic.partitions) offsets.push_back({topic.name, p.partition_index});
  }
  const auto [shard, partition] = locate(request.group_id);
  const std::string group = request.group_id;
  auto answer = [request = std::move(request), reply = std::move(reply)](Shard::DeletedOffsets deleted) mutable {
    wire::OffsetDeleteResponse response;
    response.error_code = deleted.error;
    if (deleted.error != ErrorCode::none) return reply(std::move(response));
    size_t i = 0;
    for (auto& topic : request.topics) {
      auto& out = response.topics.emplace_back();
      out.name = std::move(topic.name);
      for (const auto& p : topic.partitions) out.partitions.push_back({p.partition_index, deleted.partitions[i++]});
    }
    reply(std::move(response));
  };
  shard->loop().post(
      [shard = shard, partition = partition, group, offsets = std::move(offsets),
       answer = std::move(answer)]() mutable { shard->delete_offsets(partition, group, offsets, std::move(answer)); });
}

void Coordinator::describe(std::vector<std::string> groups,
                           Callback<std::vector<wire::DescribeGroupsResponse::DescribedGroup>> reply) {
  auto gather = Gather<wire::DescribeGroupsResponse::DescribedGroup>::of(groups.size(), std::move(reply));
  for (size_t i = 0; i < groups.size(); ++i) {
    const auto [shard, partition] = locate(groups[i]);
    shard->loop().post([shard = shard, partition = partition, gather, i, group = std::move(groups[i])] {
      gather->put(i, shard->describe(partition, group));
    });
  }
}

void Coordinator::list(wire::ListGroupsRequest request, Callback<wire::ListGroupsResponse> reply) {
  using Part = std::pair<std::vector<wire::ListGroupsResponse::ListedGroup>, bool>;
  auto gather = Gather<Part>::of(
      shards_.size(), [request = std::move(request), reply = std::move(reply)](std::vector<Part> parts) mutable {
        wire::ListGroupsResponse response;
        for (auto& [groups, loading] : parts) {
          if (loading) response.error_code = ErrorCode::coordinator_load_in_progress;
          for (auto& group : groups) {
            if (!passes(request.states_filter, group.group_state)) continue;
            if (passes(request.types_filter, group.group_type)) response.groups.push_back(std::move(group));
          }
        }
        reply(std::move(response));
      });
  for (size_t i = 0; i < shards_.size(); ++i) {
    shards_[i]->loop().post([shard = shards_[i].get(), gather, i] { gather->put(i, shard->list()); });
  }
}

void Coordinator::lags(PartitionEnds& ends, Callback<std::vector<GroupLag>> reply) {
  auto gather = Gather<std::vector<GroupOffset>>::of(
      shards_.size(), [this, &ends, reply = std::move(reply)](std::vector<std::vector<GroupOffset>> parts) mutable {
        workers_.post([this, &ends, parts = std::move(parts), reply = std::move(reply)]() mutable {
          std::vector<GroupLag> all;
          for (const auto& part : parts) {
            auto lags = lags_of(part, ends, clock_.wall_ms());
            std::move(lags.begin(), lags.end(), std::back_inserter(all));
          }
          reply(std::move(all));
        });
      });
  for (size_t i = 0; i < shards_.size(); ++i) {
    Shard* shard = shards_[i].get();
    shard->loop().post([gather, shard, i] { gather->put(i, shard->committed()); });
  }
}

void Coordinator::remove_groups(std::vector<std::string> groups, Callback<wire::DeleteGroupsResponse> reply) {
  using Result = wire::DeleteGroupsResponse::DeletableGroupResult;
  auto gather = Gather<Result>::of(groups.size(), [reply = std::move(reply)](std::vector<Result> results) mutable {
    wire::DeleteGroupsResponse response;
    response.results = std::move(results);
    reply(std::move(response));
  });
  for (size_t i = 0; i < groups.size(); ++i) {
    const auto [shard, partition] = locate(groups[i]);
    shard->loop().post([shard = shard, partition = partition, gather, i, group = std::move(groups[i])] {
      shard->remove_group(partition, group, [gather, i, group](ErrorCode error) { gather->put(i, {group, error}); });
    });
  }
}

}  // namespace meerkat::group
