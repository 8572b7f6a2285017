#include "client/consumer.h"

#include <algorithm>

namespace meerkat::client {

using std::chrono::steady_clock;
using wire::ErrorCode;

namespace {

/// How long to wait between looks at what cannot be waited for.
constexpr std::chrono::milliseconds kTurn{100};

}  // namespace

Consumer::Consumer(Cluster& cluster, ConsumerOptions options)
    : cluster_(cluster), options_(std::move(options)), fetcher_(std::make_shared<Fetcher>(cluster, options_, signal_)) {
  if (options_.group.group_id.empty()) return;
  group_ = std::make_shared<GroupSession>(
      cluster, options_.group, signal_,
      GroupSession::Hooks{
          [this](Assignor assignor) { return subscription(assignor); },
          [this](Assignor assignor, const Subscriptions& members) { return divide(assignor, members); }});
}

Consumer::~Consumer() {
  if (!closed_) (void)close();
}

wire::Outcome<void> Consumer::close() {
  closed_ = true;
  wire::Outcome<void> committed;
  if (subscribed_ && options_.enable_auto_commit) committed = commit();
  if (subscribed_) revoke({});
  fetcher_->stop();
  if (group_) {
    if (subscribed_) group_->leave("the consumer is being closed");
    group_->run_callbacks();
    group_->stop();
  }
  return committed;
}

wire::Outcome<void> Consumer::assign(const std::map<TopicPartition, int64_t>& positions) {
  std::map<int64_t, std::set<TopicPartition>> specials;
  std::set<TopicPartition> partitions;
  for (const auto& [partition, position] : positions) {
    partitions.insert(partition);
    if (position < 0) specials[position].insert(partition);
  }
  fetcher_->keep_only(partitions);
  for (const auto& [partition, position] : positions) {
    if (position >= 0) fetcher_->seek(partition, position);
  }
  for (const auto& [special, those] : specials) {
    if (auto found = seek_to(those, special); !found) return found;
  }
  return {};
}

wire::Outcome<void> Consumer::seek_to(const std::set<TopicPartition>& partitions, int64_t timestamp) {
  const std::vector<TopicPartition> list(partitions.begin(), partitions.end());
  auto offsets = list_offsets(cluster_, list, timestamp, options_.read_committed);
  if (!offsets) return offsets.failure();
  std::set<TopicPartition> rest;
  for (const auto& partition : partitions) {
    auto found = offsets->find(partition);
    found != offsets->end() ? fetcher_->seek(partition, found->second) : void(rest.insert(partition));
  }
  // Nothing is that young.
  if (!rest.empty() && timestamp >= 0) return seek_to(rest, kLatest);
  return {};
}

wire::Outcome<void> Consumer::seek_to_beginning(const std::set<TopicPartition>& partitions) {
  return seek_to(partitions, kEarliest);
}
wire::Outcome<void> Consumer::seek_to_end(const std::set<TopicPartition>& partitions) {
  return seek_to(partitions, kLatest);
}
wire::Outcome<void> Consumer::seek_to_time(const std::set<TopicPartition>& partitions, int64_t timestamp) {
  return seek_to(partitions, timestamp);
}

wire::Outcome<std::vector<ConsumedRecord>> Consumer::poll(std::chrono::milliseconds timeout) {
  const Time deadline = steady_clock::now() + timeout;
  woken_ = false;
  for (;;) {
    const uint64_t seen = signal_->count();
    if (signal_->take_wakeup()) {
      woken_ = true;
      return std::vector<ConsumedRecord>{};
    }
    bool ready = true;
    if (subscribed_) {
      group_->run_callbacks();
      group_->touch();
      watch_metadata(steady_clock::now());
      auto joined = join_group(deadline);
      if (!joined) return joined.failure();
      ready = *joined;
      if (ready) maybe_auto_commit(steady_clock::now());
    }
    if (ready) {
      if (auto found = find_positions(); !found) return found.failure();
      fetcher_->fetch();
      auto records = fetcher_->take(options_.max_poll_records);
      if (!records || !records->empty()) {
        fetcher_->fetch();  // the next ones are under way while the caller works on these
        return records;
      }
    }
    if (steady_clock::now() >= deadline) return std::vector<ConsumedRecord>{};
    signal_->wait_past(seen, std::min(deadline, steady_clock::now() + kTurn));
  }
}

wire::Outcome<void> Consumer::find_positions() {
  std::set<TopicPartition> unknown, lost;
  for (const auto& [partition, out_of_range] : fetcher_->without_position()) {
    (out_of_range ? lost : unknown).insert(partition);
  }
  if (!unknown.empty() && group_) {
    auto offsets = committed(unknown);
    if (!offsets) {
      // Perhaps the coordinator moves; the next turn asks again.
      if (wire::retriable(offsets.error().code)) return {};
      return offsets.failure();
    }
    for (const auto& [partition, value] : *offsets) {
      fetcher_->seek(partition, value.offset);
      unknown.erase(partition);
    }
  }
  if (!lost.empty() && options_.auto_offset_reset == ConsumerOptions::Reset::none) {
    return wire::refuse(ErrorCode::offset_out_of_range, lost.begin()->to_string() + ": the position " +
                                                            std::to_string(position(*lost.begin())) +
                                                            " is not in the log, and auto.offset.reset is none");
  }
  if (!unknown.empty() && options_.auto_offset_reset == ConsumerOptions::Reset::none) {
    return wire::refuse(ErrorCode::offset_out_of_range,
                        unknown.begin()->to_string() + " has no committed offset, and auto.offset.reset is none");
  }
  lost.merge(unknown);
  if (lost.empty()) return {};
  auto found = seek_to(lost, options_.auto_offset_reset == ConsumerOptions::Reset::earliest ? kEarliest : kLatest);
  if (!found && !wire::retriable(found.error().code)) return found;
  return {};
}

Offsets Consumer::read_so_far() const {
  Offsets offsets;
  for (const auto& [partition, position] : fetcher_->positions()) offsets[partition].offset = position;
  return offsets;
}

wire::Outcome<void> Consumer::commit() { return commit(read_so_far()); }

wire::Outcome<void> Consumer::commit(const Offsets& offsets) {
  if (!group_) return wire::refuse(ErrorCode::invalid_group_id, "without a group there is nothing to commit to");
  group_->run_callbacks();
  return subscribed_ ? group_->commit(offsets) : group_->coordinator().commit(offsets, {});
}

void Consumer::commit_async(GroupSession::OnCommit done) { commit_async(read_so_far(), std::move(done)); }

void Consumer::commit_async(Offsets offsets, GroupSession::OnCommit done) {
  if (group_) return group_->commit_async(std::move(offsets), std::move(done));
  if (done) done(offsets, wire::refuse(ErrorCode::invalid_group_id, "without a group there is nothing to commit to"));
}

wire::Outcome<Offsets> Consumer::committed(const std::set<TopicPartition>& partitions) {
  if (!group_) return wire::refuse(ErrorCode::invalid_group_id, "without a group nothing is committed");
  return group_->coordinator().fetch(partitions, options_.read_committed);
}

void Consumer::maybe_auto_commit(Time now) {
  if (!options_.enable_auto_commit || now < next_auto_commit_) return;
  const bool first = next_auto_commit_ == Time{};
  next_auto_commit_ = now + options_.auto_commit_interval;
  if (first || group_->generation() < 0) return;
  group_->commit_async(read_so_far(), {});
}

}  // namespace meerkat::client
