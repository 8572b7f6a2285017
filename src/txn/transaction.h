// A transactional id and its transaction, as plain data. What happens to it is in events.h.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/topic_partition.h"

namespace meerkat::txn {

/// With their numbers in records. Dead and PrepareEpochFence are never entered and never written: an id that expires is
/// removed, and fencing a producer leads to PrepareAbort in one step.
enum class State : int8_t {
  empty = 0,
  ongoing = 1,
  prepare_commit = 2,
  prepare_abort = 3,
  complete_commit = 4,
  complete_abort = 5,
  dead = 6,
  prepare_epoch_fence = 7,
};
inline constexpr int kStates = 8;
/// As on the wire: "Empty", "PrepareCommit", …
std::string_view name(State state);
/// The state of that name, upper and lower case distinguished.
std::optional<State> state_named(std::string_view name);
/// Whether a transaction may go from one state to the other.
bool may_follow(State from, State to);

struct Producer {
  int64_t id = -1;
  int16_t epoch = -1;
  auto operator<=>(const Producer&) const = default;
};

/// Epochs from here on are not given out any more: the last one is kept for fencing the producer that has this one.
inline constexpr int16_t kLastEpoch = INT16_MAX - 1;
inline bool is_exhausted(int16_t epoch) { return epoch >= kLastEpoch; }

/// What a record of __transaction_state says. Of last_producer it says nothing: a coordinator that takes over does not
/// know it (KIP-360).
struct Details {
  State state = State::empty;
  Producer producer;
  /// What the producer was before it last asked for a new epoch, so that it may repeat that request; epoch -1 if nobody
  /// may.
  Producer last_producer;
  int32_t timeout_ms = 0;
  /// That have to hear of the end of the transaction.
  std::set<TopicPartition> partitions;
  int64_t start_ms = -1;        // wall; when the first partition was added
  int64_t last_update_ms = -1;  // wall
  bool operator==(const Details&) const = default;
};

/// A step that becomes true once it is in the log.
struct Write {
  enum class Why { init, add, end, fence, complete };
  Why why = Why::init;
  Details next;
};

struct Transaction {
  std::string id;
  Details now;
  /// Where a write that is under way leads, or markers that are being sent; nothing else may happen meanwhile.
  std::optional<State> pending;
  /// In PrepareCommit and PrepareAbort: what is left to be written when all partitions have their marker.
  std::optional<Write> completion;
  /// A fencing epoch that was perhaps not written: the next fencing takes it again, or every try would use up one.
  bool has_failed_fence = false;
};

}  // namespace meerkat::txn
