// What a locked call on a partition brought about, to be carried out when the lock is gone.
#pragma once

#include <optional>
#include <utility>

#include "replica/isr.h"
#include "replica/purgatory.h"

namespace meerkat::replica {

struct Effects {
  Progress progress = 0;
  std::optional<IsrProposal> proposal;

  void merge(Effects other) {
    progress |= other.progress;
    if (other.proposal) proposal = std::move(other.proposal);
  }
};

}  // namespace meerkat::replica
