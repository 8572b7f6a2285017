// Membership carried out: joins a group, answers for the leader's part, sends heartbeats on the network's loop,
// commits.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/assignors.h"
#include "client/coordinator_client.h"
#include "client/membership.h"
#include "wire/messages/14_sync_group.h"

namespace meerkat::client {

/// Names and defaults are those of Kafka's consumer.
struct GroupOptions {
  std::string group_id;
  std::optional<std::string> group_instance_id;  // a static member (KIP-345): it does not leave when it closes
  std::chrono::milliseconds session_timeout{45'000};
  std::chrono::milliseconds heartbeat_interval{3'000};
  std::chrono::milliseconds max_poll_interval{300'000};
  std::vector<Assignor> assignors = {Assignor::range, Assignor::cooperative_sticky};
};

/// One thread uses it, by step(); heartbeats run on the loop meanwhile.
class GroupSession : public std::enable_shared_from_this<GroupSession> {
 public:
  /// What the session asks of its owner, on the owner's thread within step().
  struct Hooks {
    std::function<Subscription(Assignor)> subscription;  // as that assignor is to see it; the generation is filled in
    std::function<wire::Outcome<Assignments>(Assignor, const Subscriptions&)> divide;
  };
  GroupSession(Cluster& cluster, GroupOptions options, std::shared_ptr<Signal> signal, Hooks hooks);
  /// Nothing happens on the loop any more.
  void stop();

  /// wait: an answer is awaited, or a retry (at most a tenth of a second away). again: call step() again.
  /// prepare: a rebalance begins; call prepared() when what must be done before it is done. assigned: take
  /// assignment(). lost: the partitions are somebody else's by now. stable: all is well.
  enum class Step { wait, again, prepare, assigned, lost, stable };
  /// Goes on as far as it can without waiting long. An error is final.
  wire::Outcome<Step> step();
  void prepared() { prepared_ = true; }
  const std::vector<TopicPartition>& assignment() const { return assignment_; }
  /// The subscription or the topics have changed.
  void want_rejoin();
  /// Tells the coordinator (static members do not), and forgets.
  void leave(const std::string& reason);
  /// Shows that the owner's thread lives (max.poll.interval.ms).
  void touch();

  bool leads() const;
  std::string member_id() const;
  int32_t generation() const;
  CoordinatorClient& coordinator() { return coordinator_; }

  wire::Outcome<void> commit(const Offsets& offsets);
  /// In whose name offsets are committed now.
  CommitIdentity identity() const;
  using OnCommit = std::function<void(const Offsets&, const wire::Outcome<void>&)>;
  /// `done` is called by run_callbacks().
  void commit_async(Offsets offsets, OnCommit done);
  /// Calls back for commits that were answered since; on the owner's thread.
  void run_callbacks();

 private:
  using Time = std::chrono::steady_clock::time_point;

  wire::Outcome<Step> send_join();
  wire::Outcome<Step> on_join(Result<wire::JoinGroupResponse> answer);
  wire::Outcome<Step> send_sync(const wire::JoinGroupResponse& joined);
  wire::Outcome<Step> on_sync(Result<wire::SyncGroupResponse> answer);
  Step back_off();
  wire::Outcome<Step> follow(Verdict verdict, wire::ErrorCode error);
  void note(Verdict verdict) REQUIRES(mutex_);
  /// What a heartbeat's or commit's answer means. While a join is under way the coordinator may be a generation ahead:
  /// then it means nothing for the membership.
  Verdict take_answer(GroupCall call, wire::ErrorCode error, int32_t generation) REQUIRES(mutex_);
  // Loop thread.
  void beat();
  void send_heartbeat(const HostPort& broker);
  void send_leave(const HostPort& broker, const std::string& member, const std::string& reason);

  Cluster& cluster_;
  const GroupOptions options_;
  const std::shared_ptr<Signal> signal_;
  const Hooks hooks_;
  CoordinatorClient coordinator_;
  // The owner's thread.
  bool prepared_ = false;
  Time not_before_{};
  std::optional<Answer<wire::JoinGroupResponse>> join_;
  std::optional<Answer<wire::SyncGroupResponse>> sync_;
  std::vector<TopicPartition> assignment_;
  bool beating_ = false;

  mutable Mutex mutex_;
  Membership membership_ GUARDED_BY(mutex_);
  bool joining_ GUARDED_BY(mutex_) = false;  // no heartbeats then
  bool lost_ GUARDED_BY(mutex_) = false;
  bool heartbeat_open_ GUARDED_BY(mutex_) = false;
  bool stopped_ GUARDED_BY(mutex_) = false;
  Time last_touch_ GUARDED_BY(mutex_) = std::chrono::steady_clock::now();
  std::deque<std::function<void()>> callbacks_ GUARDED_BY(mutex_);
  event::Timer timer_;  // loop thread
};

}  // namespace meerkat::client
