// The in-sync replicas as the leader sees them: what the controller committed, and at most one change on its way to it
// (KIP-497). Pure data and rules.
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "base/task.h"
#include "base/topic_partition.h"
#include "base/uuid.h"
#include "wire/error.h"

namespace meerkat::replica {

/// A change of the ISR that a leader asks the controller for: an AlterPartition request's part for one partition.
struct IsrProposal {
  TopicPartition partition;
  Uuid topic_id;
  int32_t leader_epoch = -1;
  int32_t partition_epoch = -1;  // the one to be replaced
  std::vector<int32_t> isr;
};

/// What the controller made of it.
struct CommittedIsr {
  int32_t leader = -1;
  int32_t leader_epoch = -1;
  int32_t partition_epoch = -1;
  std::vector<int32_t> isr;
};

/// Carries proposals to the controller (AlterPartition), batched, one request in flight. Top-level errors and broken
/// connections are its own to retry; `answer` gets the partition's own outcome. Thread-safe.
class IsrChanges {
 public:
  virtual ~IsrChanges() = default;
  /// `answer` is called exactly once, on any thread, never before submit() has returned; it may be dropped at shutdown.
  virtual void submit(IsrProposal proposal, Callback<wire::Outcome<CommittedIsr>> answer) = 0;
};

/// The ISR with nothing on its way.
struct SettledIsr {
  std::vector<int32_t> isr;
};

/// One replica is to join; until the controller answers, acks=all and the high watermark count it as a member already.
struct PendingExpand {
  SettledIsr last;
  int32_t joining = -1;
};

/// Some are to leave; until the controller answers, they still count.
struct PendingShrink {
  SettledIsr last;
  std::vector<int32_t> leaving;
};

class Isr {
 public:
  Isr() = default;
  explicit Isr(std::vector<int32_t> isr) : state_(SettledIsr{std::move(isr)}) {}

  /// As the controller last committed it.
  const std::vector<int32_t>& committed() const;
  /// Committed plus pending joiners: who may be elected without our knowing, so who must have a record.
  std::vector<int32_t> maximal() const;
  size_t maximal_size() const;
  bool in_committed(int32_t replica) const;
  bool in_maximal(int32_t replica) const;
  /// A proposal is on its way; no other may be made.
  bool in_flight() const { return !std::holds_alternative<SettledIsr>(state_); }

  /// Begins a change and returns the ISR to propose. Only when nothing is in flight; `replica` not in it yet.
  std::vector<int32_t> expand(int32_t replica);
  /// `leaving` is a part of it.
  std::vector<int32_t> shrink(std::vector<int32_t> leaving);
  /// The ISR to propose again when the controller gave no verdict. Only in flight.
  std::vector<int32_t> proposed() const;
  /// The controller has decided; nothing is in flight any more.
  void commit(std::vector<int32_t> isr) { state_ = SettledIsr{std::move(isr)}; }
  /// The proposal was turned down for good: back to what was committed.
  void revert();

 private:
  std::variant<SettledIsr, PendingExpand, PendingShrink> state_;
};

}  // namespace meerkat::replica
