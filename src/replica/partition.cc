// Epochs, roles and what is known of both; the sides themselves are in partition_leader.cc and partition_follower.cc.
#include "replica/partition.h"

#include <algorithm>

#include "storage/log_config.h"

namespace meerkat::replica {

using wire::ErrorCode;
using wire::Outcome;
using wire::refuse;

namespace {
bool contains(const std::vector<int32_t>& list, int32_t id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}
constexpr Progress kEverything =
    progress::kLogEnd | progress::kHighWatermark | progress::kLowWatermark | progress::kLeadership;
}  // namespace

Partition::Partition(TopicPartition tp, const PartitionEnv& env) : name_(std::move(tp)), env_(env) {}

Uuid Partition::topic_id() const {
  ReadLock lock(mutex_);
  return topic_id_;
}

void Partition::attach(std::shared_ptr<storage::Log> log, const Uuid& topic_id) {
  WriteLock lock(mutex_);
  log_ = std::move(log);
  topic_id_ = topic_id;
  offline_.store(false, std::memory_order_release);
}

std::shared_ptr<storage::Log> Partition::log() const {
  ReadLock lock(mutex_);
  return log_;
}

bool Partition::replace_log(const std::function<std::shared_ptr<storage::Log>(storage::Log&)>& take) {
  WriteLock lock(mutex_);
  if (!log_) return false;
  auto other = take(*log_);
  if (!other) return false;
  log_ = std::move(other);
  return true;
}

Outcome<Effects> Partition::make_leader(const LeaderAndIsr& state, bool* newly) {
  WriteLock lock(mutex_);
  if (newly) *newly = false;
  if (state.partition_epoch < partition_epoch_) return Effects{};
  if (!log_) return refuse(ErrorCode::kafka_storage_error);
  const bool newly_leader = as_leader() == nullptr;
  const bool new_epoch = state.leader_epoch > leader_epoch_;
  int64_t epoch_start = newly_leader ? log_->log_end_offset() : as_leader()->epoch_start;
  if (new_epoch) {
    epoch_start = log_->log_end_offset();
    if (auto kept = log_->assign_leader_epoch(state.leader_epoch, epoch_start); !kept) return kept.failure();
  }
  const int32_t since = newly_leader ? state.leader_epoch : as_leader()->since_epoch;
  role_ = Leader{.since_epoch = since, .epoch_start = epoch_start, .isr = Isr(state.isr)};
  leader_epoch_ = state.leader_epoch;
  partition_epoch_ = state.partition_epoch;
  MutexLock remotes_lock(remotes_mutex_);
  set_assignment(state);
  if (new_epoch || newly_leader) {
    for (auto& remote : remotes_) {
      remote.begin_epoch(env_.clock->mono_ms(), epoch_start, newly_leader, contains(state.isr, remote.id));
    }
  }
  // The ISR may have shrunk to those that have more than the one who left.
  advance_high_watermark_locked(*log_);
  if (newly) *newly = newly_leader;
  return Effects{.progress = kEverything};
}

Effects Partition::make_follower(const LeaderAndIsr& state, bool* new_epoch) {
  WriteLock lock(mutex_);
  if (new_epoch) *new_epoch = false;
  if (state.partition_epoch < partition_epoch_) return {};
  if (new_epoch) *new_epoch = state.leader_epoch > leader_epoch_;
  role_ = Follower{.leader = state.leader};
  leader_epoch_ = state.leader_epoch;
  partition_epoch_ = state.partition_epoch;
  MutexLock remotes_lock(remotes_mutex_);
  set_assignment(state);
  return {.progress = kEverything};
}

Effects Partition::stop(bool offline) {
  WriteLock lock(mutex_);
  role_ = Idle{};
  log_.reset();
  offline_.store(offline, std::memory_order_release);
  return {.progress = kEverything};
}

void Partition::set_assignment(const LeaderAndIsr& state) {
  replicas_ = state.replicas;
  adding_ = state.adding;
  removing_ = state.removing;
  std::vector<RemoteReplica> remotes;
  if (as_leader()) {
    for (int32_t id : replicas_) {
      if (id == env_.broker_id) continue;
      auto known = std::find_if(remotes_.begin(), remotes_.end(), [&](const auto& r) { return r.id == id; });
      remotes.push_back(known != remotes_.end() ? *known : RemoteReplica{.id = id});
    }
  }
  remotes_ = std::move(remotes);
}

int32_t Partition::leader_epoch() const {
  ReadLock lock(mutex_);
  return leader_epoch_;
}

int32_t Partition::leader() const {
  ReadLock lock(mutex_);
  if (as_leader()) return env_.broker_id;
  const auto* follower = std::get_if<Follower>(&role_);
  return follower ? follower->leader : -1;
}

bool Partition::is_leader() const {
  ReadLock lock(mutex_);
  return as_leader() != nullptr;
}

bool Partition::under_min_isr() const {
  ReadLock lock(mutex_);
  const auto* leader = as_leader();
  return leader && log_ && leader->isr.committed().size() < static_cast<size_t>(min_isr());
}

bool Partition::is_in_sync(int32_t replica) const {
  ReadLock lock(mutex_);
  const auto* leader = as_leader();
  return leader && leader->isr.in_committed(replica);
}

PartitionView Partition::view() const {
  ReadLock lock(mutex_);
  PartitionView view;
  view.leader_epoch = leader_epoch_;
  view.partition_epoch = partition_epoch_;
  view.replicas = replicas_;
  view.adding = adding_;
  if (const auto* follower = std::get_if<Follower>(&role_)) view.leader = follower->leader;
  if (const auto* leader = as_leader()) {
    view.leader = env_.broker_id;
    view.is_leader = true;
    view.isr = leader->isr.committed();
    view.min_isr = min_isr();
    MutexLock remotes_lock(remotes_mutex_);
    view.remotes = remotes_;
  }
  return view;
}

int32_t Partition::min_isr() const {
  const int32_t configured = log_ ? log_->config()->min_insync_replicas : 1;
  return std::min(configured, static_cast<int32_t>(std::max<size_t>(replicas_.size(), 1)));
}

Outcome<storage::Log*> Partition::checked_log(int32_t current_leader_epoch, bool only_leader) const {
  if (current_leader_epoch >= 0 && current_leader_epoch < leader_epoch_) return refuse(ErrorCode::fenced_leader_epoch);
  if (current_leader_epoch >= 0 && current_leader_epoch > leader_epoch_) return refuse(ErrorCode::unknown_leader_epoch);
  if (offline()) return refuse(ErrorCode::kafka_storage_error);
  if (!log_ || (only_leader && !as_leader())) return refuse(ErrorCode::not_leader_or_follower);
  return log_.get();
}

Outcome<storage::EpochEndOffset> Partition::end_offset_for_epoch(int32_t epoch, int32_t current_leader_epoch,
                                                                 bool only_leader) const {
  ReadLock lock(mutex_);
  auto log = checked_log(current_leader_epoch, only_leader);
  if (!log) return log.failure();
  return (*log)->end_offset_for_epoch(epoch);
}

}  // namespace meerkat::replica
