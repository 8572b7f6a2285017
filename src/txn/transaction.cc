#include "txn/transaction.h"

#include <array>

namespace meerkat::txn {

namespace {

constexpr std::array<std::string_view, kStates> kNames = {"Empty",        "Ongoing",          "PrepareCommit",
                                                          "PrepareAbort", "CompleteCommit",   "CompleteAbort",
                                                          "Dead",         "PrepareEpochFence"};

constexpr uint8_t bit(State state) { return static_cast<uint8_t>(1u << static_cast<uint8_t>(state)); }

constexpr uint8_t kAtRest = bit(State::empty) | bit(State::complete_commit) | bit(State::complete_abort);

/// By the state to be entered: from where.
constexpr std::array<uint8_t, kStates> kPrevious = {
    kAtRest,                                                // Empty
    kAtRest | bit(State::ongoing),                          // Ongoing
    bit(State::ongoing),                                    // PrepareCommit
    bit(State::ongoing) | bit(State::prepare_epoch_fence),  // PrepareAbort
    bit(State::prepare_commit),                             // CompleteCommit
    bit(State::prepare_abort),                              // CompleteAbort
    kAtRest,                                                // Dead
    bit(State::ongoing),                                    // PrepareEpochFence
};

}  // namespace

std::string_view name(State state) { return kNames[static_cast<size_t>(state)]; }

std::optional<State> state_named(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<State>(i);
  }
  return std::nullopt;
}

bool may_follow(State from, State to) { return (kPrevious[static_cast<size_t>(to)] & bit(from)) != 0; }

}  // namespace meerkat::txn
