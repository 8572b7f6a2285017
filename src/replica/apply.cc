#include "replica/apply.h"

#include <glog/logging.h>

#include <algorithm>
#include <utility>

#include "wire/messages/04_leader_and_isr.h"
#include "wire/messages/05_stop_replica.h"
#include "wire/messages/06_update_metadata.h"

namespace meerkat::replica {

using wire::ErrorCode;
using wire::LeaderAndIsrRequest;
using wire::LeaderAndIsrResponse;
using wire::StopReplicaRequest;
using wire::StopReplicaResponse;

namespace {

constexpr int32_t kNoEpoch = -1;            // StopReplica from before leader epochs: not checked
constexpr int32_t kEpochDuringDelete = -2;  // a topic's deletion overrides any epoch

LeaderAndIsr to_state(const LeaderAndIsrRequest::LeaderAndIsrPartitionState& from) {
  return {.leader = from.leader,
          .leader_epoch = from.leader_epoch,
          .partition_epoch = from.partition_epoch,
          .isr = from.isr,
          .replicas = from.replicas,
          .adding = from.adding_replicas,
          .removing = from.removing_replicas};
}

/// Calls `visit(name, topic id, state)` for every partition, however the version groups them.
template <class F>
void for_each_state(const LeaderAndIsrRequest& request, F&& visit) {
  for (const auto& s : request.ungrouped_partition_states) visit(s.topic_name, Uuid{}, s);
  for (const auto& topic : request.topic_states) {
    for (const auto& s : topic.partition_states) visit(topic.topic_name, topic.topic_id, s);
  }
}

struct Stop {
  TopicPartition partition;
  int32_t leader_epoch = kNoEpoch;
  bool remove = false;
};

std::vector<Stop> stops_of(const StopReplicaRequest& request) {
  std::vector<Stop> stops;
  for (const auto& p : request.ungrouped_partitions) {
    stops.push_back({{p.topic_name, p.partition_index}, kNoEpoch, request.delete_partitions});
  }
  for (const auto& topic : request.topics) {
    for (int32_t p : topic.partition_indexes) stops.push_back({{topic.name, p}, kNoEpoch, request.delete_partitions});
  }
  for (const auto& topic : request.topic_states) {
    for (const auto& p : topic.partition_states) {
      stops.push_back({{topic.topic_name, p.partition_index}, p.leader_epoch, p.delete_partition});
    }
  }
  return stops;
}

/// Collects the partitions' errors in the shape of the version: by topic id from v5 on.
class LeaderAndIsrAnswer {
 public:
  explicit LeaderAndIsrAnswer(int16_t version) : by_id_(version >= 5) {}
  void add(const TopicPartition& tp, const Uuid& topic_id, ErrorCode code) {
    if (!by_id_) {
      response_.partition_errors.push_back({tp.topic, tp.partition, code});
      return;
    }
    auto& topics = response_.topics;
    if (topics.empty() || topics.back().topic_id != topic_id) topics.push_back({.topic_id = topic_id});
    topics.back().partition_errors.push_back({.partition_index = tp.partition, .error_code = code});
  }
  LeaderAndIsrResponse take() && { return std::move(response_); }

 private:
  const bool by_id_;
  LeaderAndIsrResponse response_;
};

LeaderAndIsrResponse refuse_all(int16_t version, const LeaderAndIsrRequest& request, ErrorCode code) {
  LeaderAndIsrAnswer answer(version);
  for_each_state(request, [&](const std::string& topic, const Uuid& id, const auto& s) {
    answer.add({topic, s.partition_index}, id, code);
  });
  auto response = std::move(answer).take();
  response.error_code = code;
  return response;
}

}  // namespace

/// A partition that gets a new leader epoch.
struct StateChanges::Change {
  std::shared_ptr<Partition> partition;
  Uuid topic_id;
  LeaderAndIsr state;
  size_t answer = 0;  // index into Batch::codes
};

/// What one request changes, gathered so that the map is swapped once and nobody is told before.
struct StateChanges::Batch {
  std::shared_ptr<const HostedPartitions> before;
  std::vector<Change> changes;
  std::vector<ErrorCode> codes;
  std::vector<std::shared_ptr<Partition>> set, removed;
  std::vector<std::shared_ptr<Partition>> led, followed, to_fetch;
  std::vector<std::pair<std::shared_ptr<Partition>, Effects>> effects;
};

StateChanges::StateChanges(ReplicaContext& context, Following* following, std::vector<LeadershipListener*> listeners)
    : context_(context), following_(following), listeners_(std::move(listeners)), thread_("replica-state", 1) {}

StateChanges::~StateChanges() = default;

void StateChanges::run(Task task) { thread_.post(std::move(task)); }

void StateChanges::stop() { thread_.stop(); }

void StateChanges::handle(int16_t version, LeaderAndIsrRequest request, Callback<LeaderAndIsrResponse> reply) {
  thread_.post([this, version, request = std::move(request), reply = std::move(reply)]() mutable {
    reply(apply(version, request));
  });
}

void StateChanges::handle(int16_t version, StopReplicaRequest request, Callback<StopReplicaResponse> reply) {
  thread_.post([this, version, request = std::move(request), reply = std::move(reply)]() mutable {
    reply(apply(version, request));
  });
}

void StateChanges::handle(wire::UpdateMetadataRequest request, Callback<wire::UpdateMetadataResponse> reply) {
  thread_.post([this, request = std::move(request), reply = std::move(reply)]() mutable { reply(apply(request)); });
}

void StateChanges::on_dir_failure(const std::string& dir, Task done) {
  thread_.post([this, dir, done = std::move(done)]() mutable {
    apply_dir_failure(dir);
    done();
  });
}

bool StateChanges::stale_broker(int64_t broker_epoch) const {
  // A greater one is possible: the controller may know of our registration before we do.
  return broker_epoch != -1 && broker_epoch < context_.broker_epoch.load(std::memory_order_acquire);
}

bool StateChanges::accept_controller(int32_t controller_epoch) {
  if (controller_epoch < controller_epoch_) {
    LOG(WARNING) << "Ignoring a request of a former controller: its epoch is " << controller_epoch
                 << ", the newest seen " << controller_epoch_;
    return false;
  }
  controller_epoch_ = controller_epoch;
  return true;
}

wire::UpdateMetadataResponse StateChanges::apply(const wire::UpdateMetadataRequest& request) {
  wire::UpdateMetadataResponse response;
  if (stale_broker(request.broker_epoch)) {
    response.error_code = ErrorCode::stale_broker_epoch;
  } else if (!accept_controller(request.controller_epoch)) {
    response.error_code = ErrorCode::stale_controller_epoch;
  } else {
    context_.metadata.apply(request);
    for (const auto& topic : request.topic_states) {
      for (const auto& s : topic.partition_states) compare(topic.topic_name, s);
    }
    for (const auto& s : request.ungrouped_partition_states) compare(s.topic_name, s);
  }
  return response;
}

void StateChanges::compare(const std::string& topic,
                           const wire::UpdateMetadataRequest::UpdateMetadataPartitionState& state) {
  if (state.leader != context_.settings.broker_id) return;
  const auto map = context_.partitions.current();
  const auto* hosted = map->find(topic, state.partition_index);
  if (!hosted) return;
  settle(context_, *hosted, (*hosted)->on_controller_view(state.leader_epoch, state.zk_version, state.isr));
}

LeaderAndIsrResponse StateChanges::apply(int16_t version, const LeaderAndIsrRequest& request) {
  if (stale_broker(request.broker_epoch)) return refuse_all(version, request, ErrorCode::stale_broker_epoch);
  if (!accept_controller(request.controller_epoch)) {
    return refuse_all(version, request, ErrorCode::stale_controller_epoch);
  }
  Batch batch;
  batch.before = context_.partitions.current();
  for_each_state(request, [&](const std::string& topic, const Uuid& id, const auto& s) {
    batch.codes.push_back(ErrorCode::none);
    batch.codes.back() = admit(batch, {topic, s.partition_index}, id, to_state(s), s.is_new);
  });
  std::vector<TopicPartition> names;
  for (const auto& change : batch.changes) names.push_back(change.partition->name());
  if (following_) following_->unfollow(names);
  context_.logs.create_missing(names);
  for (const auto& change : batch.changes) batch.codes[change.answer] = take_role(batch, change);
  finish(batch);

  LeaderAndIsrAnswer answer(version);
  size_t i = 0;
  for_each_state(request, [&](const std::string& topic, const Uuid& id, const auto& s) {
    answer.add({topic, s.partition_index}, id, batch.codes[i++]);
  });
  return std::move(answer).take();
}

ErrorCode StateChanges::admit(Batch& batch, const TopicPartition& tp, const Uuid& topic_id, LeaderAndIsr state,
                              bool is_new) {
  const auto* hosted = batch.before->find(tp.topic, tp.partition);
  if ((hosted && (*hosted)->offline()) || context_.logs.offline(tp)) return ErrorCode::kafka_storage_error;
  auto log = hosted ? (*hosted)->log() : context_.logs.get(tp);
  if (!log) log = context_.logs.get(tp);
  const Uuid known_id = log ? log->topic_id().value_or(Uuid{}) : Uuid{};
  if (!topic_id.is_zero() && !known_id.is_zero() && topic_id != known_id) {
    LOG(ERROR) << tp.to_string() << " has the topic id " << known_id.to_string() << " here, but the controller names "
               << topic_id.to_string() << "; the directory of the former topic must go first";
    return ErrorCode::inconsistent_topic_id;
  }
  const int32_t current = hosted ? (*hosted)->leader_epoch() : -1;
  if (state.leader_epoch < current) return ErrorCode::stale_controller_epoch;
  if (state.leader_epoch == current) {
    // The only thing that may change within an epoch: the topic got an id.
    if (topic_id.is_zero() || !known_id.is_zero() || !log) return ErrorCode::stale_controller_epoch;
    if (auto assigned = log->assign_topic_id(topic_id); !assigned) return assigned.error().code;
    (*hosted)->attach(log, topic_id);
    batch.set.push_back(*hosted);
    return ErrorCode::none;
  }
  const auto& replicas = state.replicas;
  if (std::find(replicas.begin(), replicas.end(), context_.settings.broker_id) == replicas.end()) {
    return ErrorCode::unknown_topic_or_partition;
  }
  if (!log && !is_new && any_dir_offline()) {
    // The replica is not new, so its log may be on the disk that failed; an empty one in its place would lose it.
    return ErrorCode::kafka_storage_error;
  }
  auto partition = hosted ? *hosted : std::make_shared<Partition>(tp, context_.env);
  const Uuid id = topic_id.is_zero() ? known_id : topic_id;
  batch.changes.push_back({std::move(partition), id, std::move(state), batch.codes.size() - 1});
  return ErrorCode::none;
}

bool StateChanges::any_dir_offline() const {
  const auto dirs = context_.logs.dirs();
  return std::any_of(dirs.begin(), dirs.end(), [](const auto& dir) { return !dir.online; });
}

ErrorCode StateChanges::take_role(Batch& batch, const Change& change) {
  const auto& partition = change.partition;
  const auto id = change.topic_id.is_zero() ? std::nullopt : std::optional(change.topic_id);
  auto log = context_.logs.get_or_create(partition->name(), id);
  if (!log) {
    LOG(ERROR) << "No log for " << partition->name().to_string() << ": " << log.error().message;
    return log.error().code;
  }
  partition->attach(*log, change.topic_id);
  batch.set.push_back(partition);
  if (change.state.leader == context_.settings.broker_id) {
    auto effects = partition->make_leader(change.state);
    if (!effects) return effects.error().code;
    batch.effects.emplace_back(partition, std::move(*effects));
    batch.led.push_back(partition);
    return ErrorCode::none;
  }
  if (!context_.metadata.image()->alive(change.state.leader)) {
    // Nothing to fetch from yet; the log is there, and the next LeaderAndIsr tells more.
    LOG(WARNING) << partition->name().to_string() << " is to follow broker " << change.state.leader
                 << ", which is not alive; waiting for another leader";
    return ErrorCode::none;
  }
  bool new_epoch = false;
  batch.effects.emplace_back(partition, partition->make_follower(change.state, &new_epoch));
  batch.followed.push_back(partition);
  if (new_epoch) batch.to_fetch.push_back(partition);
  return ErrorCode::none;
}

void StateChanges::finish(Batch& batch) {
  context_.partitions.update(batch.set, batch.removed);
  for (auto& [partition, effects] : batch.effects) settle(context_, partition, std::move(effects));
  if (following_ && !batch.to_fetch.empty()) following_->follow(batch.to_fetch);
  for (auto* listener : listeners_) {
    for (const auto& p : batch.led) listener->on_leader(p->name(), p->leader_epoch());
    for (const auto& p : batch.followed) listener->on_resigned(p->name(), p->leader_epoch());
    for (const auto& p : batch.removed) listener->on_resigned(p->name(), -1);
  }
}

StopReplicaResponse StateChanges::apply(int16_t, const StopReplicaRequest& request) {
  StopReplicaResponse response;
  if (stale_broker(request.broker_epoch)) {
    response.error_code = ErrorCode::stale_broker_epoch;
    return response;
  }
  if (!accept_controller(request.controller_epoch)) {
    response.error_code = ErrorCode::stale_controller_epoch;
    return response;
  }
  Batch batch;
  batch.before = context_.partitions.current();
  const auto stops = stops_of(request);
  if (following_) {
    std::vector<TopicPartition> names;
    for (const auto& stop : stops) names.push_back(stop.partition);
    following_->unfollow(names);
  }
  for (const auto& stop : stops) {
    const ErrorCode code = stop_one(batch, stop.partition, stop.leader_epoch, stop.remove);
    response.partition_errors.push_back({stop.partition.topic, stop.partition.partition, code});
  }
  finish(batch);
  return response;
}

ErrorCode StateChanges::stop_one(Batch& batch, const TopicPartition& tp, int32_t leader_epoch, bool remove) {
  const auto* hosted = batch.before->find(tp.topic, tp.partition);
  if ((hosted && (*hosted)->offline()) || context_.logs.offline(tp)) return ErrorCode::kafka_storage_error;
  if (hosted) {
    const bool checked = leader_epoch != kNoEpoch && leader_epoch != kEpochDuringDelete;
    if (checked && leader_epoch < (*hosted)->leader_epoch()) return ErrorCode::fenced_leader_epoch;
  }
  if (!remove) return ErrorCode::none;
  if (hosted) {
    batch.effects.emplace_back(*hosted, (*hosted)->stop(false));
    batch.removed.push_back(*hosted);
  }
  // Without a partition there may still be a log: the topic was deleted while this broker was down.
  if (!context_.logs.get(tp)) return ErrorCode::none;
  auto removed = context_.logs.remove(tp);
  if (removed) return ErrorCode::none;
  LOG(ERROR) << "The log of " << tp.to_string() << " could not be deleted: " << removed.error().message;
  return removed.error().code;
}

void StateChanges::apply_dir_failure(const std::string& dir) {
  Batch batch;
  batch.before = context_.partitions.current();
  std::vector<std::shared_ptr<Partition>> gone;
  std::vector<TopicPartition> names;
  batch.before->for_each([&](const std::shared_ptr<Partition>& partition) {
    const auto log = partition->log();
    if (!log || log->parent_dir() != dir) return;
    gone.push_back(partition);
    names.push_back(partition->name());
  });
  if (following_) following_->unfollow(names);
  for (const auto& partition : gone) batch.effects.emplace_back(partition, partition->stop(true));
  finish(batch);
  for (auto* listener : listeners_) {
    for (const auto& p : gone) listener->on_resigned(p->name(), -1);
  }
}

}  // namespace meerkat::replica
