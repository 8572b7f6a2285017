#include "client/zookeeper_consumer.h"

#include <glog/logging.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/uuid.h"
#include "zk/paths.h"
#include "zk/tree.h"

namespace meerkat::client {

using std::chrono::steady_clock;
using wire::ErrorCode;

namespace {

constexpr std::chrono::milliseconds kTurn{100};
constexpr std::chrono::milliseconds kPatience{5000};

/// GROUP_HOST-MILLISECONDS-EIGHT HEX DIGITS.
std::string new_consumer_id(const std::string& group) {
  char host[256] = "localhost";
  gethostname(host, sizeof host - 1);
  char chance[9];
  const Uuid uuid = Uuid::random();
  std::snprintf(chance, sizeof chance, "%02x%02x%02x%02x", uuid.bytes[0], uuid.bytes[1], uuid.bytes[2], uuid.bytes[3]);
  return group + "_" + host + "-" + std::to_string(Clock::system().wall_ms()) + "-" + chance;
}

Fail<wire::Failure> failure(const Error& error) { return wire::refuse(ErrorCode::unknown_server_error, error.message); }

}  // namespace

struct ZookeeperConsumer::Flags {
  std::atomic<bool> dirty{true};  // the division may have changed
};

ZookeeperConsumer::ZookeeperConsumer(zk::Session& session, Cluster& cluster, ZookeeperConsumerOptions options)
    : session_(session),
      cluster_(cluster),
      options_(std::move(options)),
      id_(options_.consumer_id.empty() ? new_consumer_id(options_.group_id)
                                       : options_.group_id + "_" + options_.consumer_id),
      group_(session, options_.group_id),
      offsets_(cluster, options_.group_id, kPatience),
      flags_(std::make_shared<Flags>()),
      fetcher_(std::make_shared<Fetcher>(cluster, options_, signal_)) {}

ZookeeperConsumer::~ZookeeperConsumer() {
  if (!closed_) (void)close();
}

wire::Outcome<void> ZookeeperConsumer::close() {
  closed_ = true;
  wire::Outcome<void> committed;
  if (options_.auto_commit_enable) committed = commit();
  for (const auto& [path, id] : watches_) session_.unwatch(id);
  if (handler_ != 0) session_.remove_handler(handler_);
  for (const auto& partition : fetcher_->partitions()) group_.release(partition);
  if (registered_in_ == session_.generation()) group_.remove_member(id_);
  fetcher_->stop();
  return committed;
}

Status ZookeeperConsumer::subscribe(const std::set<std::string>& topics) {
  for (const auto& topic : topics) registration_.subscription[topic] = 1;
  return start();
}

Status ZookeeperConsumer::subscribe_pattern(const std::string& white_list) {
  registration_.subscription[white_list] = 1;
  registration_.pattern = "white_list";
  return start();
}

Status ZookeeperConsumer::start() {
  registration_.timestamp_ms = Clock::system().wall_ms();
  // A new session knows nothing of us: membership and claims are to be made again.
  handler_ = session_.add_handler({.before_new_session = [] {},
                                   .after_new_session =
                                       [flags = flags_, signal = signal_] {
                                         flags->dirty = true;
                                         signal->poke();
                                       }});
  next_commit_ = steady_clock::now() + options_.auto_commit_interval;
  return rebalance();
}

void ZookeeperConsumer::watch(const std::string& path, zk::WatchKind kind) {
  if (watches_.contains(path)) return;
  watches_[path] = session_.watch(path, kind, [flags = flags_, signal = signal_](const zk::WatchEvent&) {
    flags->dirty = true;
    signal->poke();
  });
}

Result<std::set<std::string>> ZookeeperConsumer::all_topics() {
  if (registration_.pattern != "static") watch(zk::paths::kTopics, zk::WatchKind::children);
  auto names = zk::children_or_none(session_, zk::paths::kTopics);
  if (!names) return fail(names.error().message);
  return std::set<std::string>(names->begin(), names->end());
}

Status ZookeeperConsumer::rebalance() {
  flags_->dirty = false;  // what changes from here on makes another one
  look_again_ = {};
  if (registered_in_ != session_.generation()) {
    const uint64_t generation = session_.generation();
    // The claims went with the session they were made in.
    if (registered_in_ != 0) fetcher_->keep_only({});
    if (auto added = group_.add_member(id_, registration_); !added) return added;
    registered_in_ = generation;
  }
  watch(zk::paths::consumer_ids(options_.group_id), zk::WatchKind::children);
  auto registered = group_.members();
  if (!registered) return registered.failure();
  auto names = all_topics();
  if (!names) return names.failure();
  OldMembers members;
  std::set<std::string> topics;
  for (const auto& [member, what] : *registered) {
    members[member] = resolve(what, *names);
    for (const auto& [topic, streams] : members[member]) topics.insert(topic);
  }
  for (const auto& [topic, streams] : members[id_]) watch(zk::paths::topic(topic), zk::WatchKind::node);
  auto partitions = zookeeper_topics(session_, topics);
  if (!partitions) return partitions.failure();
  auto division = divide_by_streams(options_.assignor, std::move(*partitions), members);
  if (!division) return division.failure();
  std::set<TopicPartition> mine;
  for (const auto& [partition, stream] : *division) {
    if (member_of(stream) == id_) mine.insert(partition);
  }
  return take_over(mine);
}

/// Gives up what is not ours any more, then claims what is. A partition that its former owner still has is claimed
/// later; what we have is kept meanwhile, so that the group settles step by step.
Status ZookeeperConsumer::take_over(const std::set<TopicPartition>& mine) {
  std::set<TopicPartition> held = fetcher_->partitions(), given_up;
  std::set_difference(held.begin(), held.end(), mine.begin(), mine.end(), std::inserter(given_up, given_up.end()));
  if (!given_up.empty()) {
    if (options_.auto_commit_enable) (void)commit(given_up);
    for (const auto& partition : given_up) held.erase(partition);
    fetcher_->keep_only(held);
    for (const auto& partition : given_up) group_.release(partition);
  }
  std::set<std::string> topics;
  for (const auto& partition : mine) {
    if (held.contains(partition)) continue;
    auto claimed = group_.claim(partition, id_ + "-0");
    if (!claimed) return claimed.failure();
    if (!*claimed) {
      look_again_ = steady_clock::now() + options_.rebalance_backoff;
      continue;
    }
    held.insert(partition);
    topics.insert(partition.topic);
  }
  fetcher_->keep_only(held);
  if (!topics.empty()) (void)cluster_.refresh(std::vector<std::string>(topics.begin(), topics.end()));
  VLOG(1) << id_ << " reads " << held.size() << " of its " << mine.size() << " partitions";
  return {};
}

wire::Outcome<std::map<TopicPartition, int64_t>> ZookeeperConsumer::committed(
    const std::set<TopicPartition>& partitions) {
  if (options_.offsets_storage == ZookeeperConsumerOptions::Storage::zookeeper) {
    auto offsets = group_.offsets(partitions);
    if (!offsets) return failure(offsets.error());
    return std::move(*offsets);
  }
  auto offsets = offsets_.fetch(partitions);
  if (!offsets) return offsets.failure();
  std::map<TopicPartition, int64_t> out;
  for (const auto& [partition, value] : *offsets) out[partition] = value.offset;
  return out;
}

wire::Outcome<void> ZookeeperConsumer::find_positions() {
  std::set<TopicPartition> unknown, out_of_range;
  for (const auto& lost : fetcher_->without_position()) {
    (lost.out_of_range ? out_of_range : unknown).insert(lost.partition);
  }
  if (!unknown.empty()) {
    auto offsets = committed(unknown);
    if (!offsets) return offsets.failure();
    for (const auto& [partition, offset] : *offsets) {
      fetcher_->seek(partition, offset);
      unknown.erase(partition);
    }
  }
  unknown.merge(out_of_range);
  if (unknown.empty()) return {};
  const bool earliest = options_.auto_offset_reset == ConsumerOptions::Reset::earliest;
  auto offsets = list_offsets(cluster_, {unknown.begin(), unknown.end()}, earliest ? kEarliest : kLatest);
  if (!offsets) return offsets.failure();
  for (const auto& [partition, offset] : *offsets) fetcher_->seek(partition, offset);
  return {};
}

wire::Outcome<std::vector<ConsumedRecord>> ZookeeperConsumer::poll(std::chrono::milliseconds timeout) {
  const Time deadline = steady_clock::now() + timeout;
  for (;;) {
    const uint64_t seen = signal_->count();
    if (signal_->take_wakeup()) return std::vector<ConsumedRecord>{};
    const Time now = steady_clock::now();
    const bool again = look_again_ != Time{} && now >= look_again_;
    if ((flags_->dirty || again) && session_.state() == zk::SessionState::connected) {
      if (auto done = rebalance(); !done) {
        if (session_.state() == zk::SessionState::connected) return failure(done.error());
        flags_->dirty = true;  // once ZooKeeper is back
      }
    }
    if (options_.auto_commit_enable && now >= next_commit_) {
      next_commit_ = now + options_.auto_commit_interval;
      if (auto done = commit(); !done) LOG(WARNING) << "Offsets could not be committed: " << done.error().message;
    }
    if (auto found = find_positions(); !found && !wire::retriable(found.error().code)) {
      LOG_EVERY_N(WARNING, 50) << "Where to begin is not known yet: " << found.error().message;
    }
    fetcher_->fetch();
    auto records = fetcher_->take(options_.max_poll_records);
    if (!records || !records->empty()) return records;
    if (steady_clock::now() >= deadline) return std::vector<ConsumedRecord>{};
    signal_->wait_past(seen, std::min(deadline, steady_clock::now() + kTurn));
  }
}

wire::Outcome<void> ZookeeperConsumer::commit() { return commit(fetcher_->partitions()); }

wire::Outcome<void> ZookeeperConsumer::commit(const std::set<TopicPartition>& partitions) {
  std::map<TopicPartition, int64_t> positions;
  for (const auto& partition : partitions) {
    const int64_t position = fetcher_->position(partition);
    if (position >= 0) positions[partition] = position;
  }
  if (options_.offsets_storage == ZookeeperConsumerOptions::Storage::zookeeper) {
    auto done = group_.commit(positions);
    if (!done) return failure(done.error());
    return {};
  }
  Offsets offsets;
  for (const auto& [partition, position] : positions) offsets[partition].offset = position;
  return offsets_.commit(offsets, {});
}

}  // namespace meerkat::client
