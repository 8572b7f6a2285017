#include "group/shard.h"

#include <glog/logging.h>

#include <algorithm>

#include "group/records.h"

namespace meerkat::group {

using wire::ErrorCode;

Shard::Shard(const Settings& settings, event::Loop& loop, OffsetsLog& log, event::Pool& workers, Clock& clock,
             TopicFeed* topics)
    : settings_(settings), loop_(loop), log_(log), workers_(workers), clock_(clock), topics_feed_(topics) {}

void Shard::start() {
  retention_timer_ =
      loop_.every(std::chrono::milliseconds(settings_.retention_check_interval_ms), [this] { expire_all_offsets(); });
}

void Shard::stop() {
  retention_timer_.cancel();
  const auto groups = groups_;
  for (const auto& [id, entry] : groups) drop(entry, ErrorCode::not_coordinator);
  partitions_.clear();
}

replica::RecordLog::Terms Shard::terms(storage::VerificationGuard guard) const {
  return {loop_, std::chrono::milliseconds(settings_.commit_timeout_ms), settings_.required_acks, guard};
}

Moment Shard::now() const { return {settings_, clock_.mono_ms(), clock_.wall_ms()}; }

ErrorCode Shard::check(int32_t partition) const {
  auto it = partitions_.find(partition);
  if (it == partitions_.end()) return ErrorCode::not_coordinator;
  return it->second.loading ? ErrorCode::coordinator_load_in_progress : ErrorCode::none;
}

Shard::EntryPtr Shard::find(const std::string& group) const {
  auto it = groups_.find(group);
  return it == groups_.end() ? nullptr : it->second;
}

Shard::EntryPtr Shard::find_or_make(int32_t partition, const std::string& group) {
  EntryPtr& entry = groups_[group];
  if (!entry) {
    entry = std::make_shared<Entry>(std::make_shared<Group>(group), partition);
    entry->group->state_timestamp_ms = clock_.wall_ms();
  }
  return entry;
}

void Shard::carry_out(const EntryPtr& entry, Actions actions) {
  for (auto& answer : actions.joins) {
    auto waiting = joins_.extract(answer.request);
    if (!waiting.empty()) waiting.mapped()(std::move(answer.response));
  }
  for (auto& answer : actions.syncs) {
    auto waiting = syncs_.extract(answer.request);
    if (!waiting.empty()) waiting.mapped()(std::move(answer.response));
  }
  // Dropped unused, a reply closes its connection.
  for (const RequestId request : actions.closed_syncs) syncs_.erase(request);
  for (auto& w : actions.writes) write(entry, std::move(w));
  follow_topics(entry);
  arm(entry);
}

void Shard::write(const EntryPtr& entry, GroupWrite write) {
  const Moment moment = now();
  GroupBatch batch(settings_, moment.wall_ms);
  batch.put(group_key(entry->group->id), group_value(*entry->group, write.assignments, settings_.versions));
  log_.append(entry->partition, terms(), batch.build(),
              [this, entry, write = std::move(write)](wire::Outcome<int64_t> appended) mutable {
                ErrorCode error = ErrorCode::none;
                if (!appended) {
                  error = replica::coordinator_error(appended.error().code, ErrorCode::unknown_server_error);
                  // The generation is void then, and the next one may succeed.
                  if (error == ErrorCode::request_timed_out) error = ErrorCode::rebalance_in_progress;
                }
                Actions actions;
                stored(*entry->group, std::move(write), error, now(), actions);
                carry_out(entry, std::move(actions));
              });
}

void Shard::arm(const EntryPtr& entry) {
  const int64_t wake = entry->group->state == GroupState::dead ? kNever : entry->group->wake_ms();
  if (wake >= entry->armed_for) return;
  entry->armed_for = wake;
  const auto delay = std::chrono::milliseconds(std::max<int64_t>(wake - clock_.mono_ms(), 0));
  entry->timer = loop_.after(delay, [this, weak = std::weak_ptr(entry)] {
    const EntryPtr due = weak.lock();
    if (!due) return;
    due->armed_for = kNever;
    Actions actions;
    expire(*due->group, now(), actions);
    carry_out(due, std::move(actions));
  });
}

void Shard::clean_up(const EntryPtr& entry, const std::vector<TopicPartition>& removed, Callback<ErrorCode> done) {
  Group& group = *entry->group;
  const Moment moment = now();
  GroupBatch batch(settings_, moment.wall_ms);
  for (const auto& partition : removed) batch.remove(offset_key(group.id, partition));
  const bool nothing_left = group.state == GroupState::empty && group.offsets.empty() && group.pending_members.empty();
  if (nothing_left) {
    drop(entry, ErrorCode::unknown_member_id);
    // Before its first generation it was never written.
    if (group.generation > 0) batch.remove(group_key(group.id));
  }
  if (batch.empty()) return done(ErrorCode::none);
  log_.append(entry->partition, terms(), batch.build(),
              [id = group.id, done = std::move(done)](wire::Outcome<int64_t> appended) mutable {
                if (appended) return done(ErrorCode::none);
                LOG(ERROR) << "Offsets of group " << id << " could not be deleted from the log and will be back after "
                           << "it is loaded again: " << appended.error().message;
                done(replica::coordinator_error(appended.error().code, ErrorCode::unknown_server_error));
              });
}

void Shard::drop(const EntryPtr& entry, ErrorCode error) {
  Actions actions;
  unload(*entry->group, error, now(), actions);
  entry->timer.cancel();
  groups_.erase(entry->group->id);
  carry_out(entry, std::move(actions));
}

}  // namespace meerkat::group
