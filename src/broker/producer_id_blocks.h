// Ids for idempotent producers, out of blocks that the controller gives (KIP-730).
#pragma once

#include <atomic>
#include <deque>

#include "api/services.h"
#include "base/mutex.h"
#include "broker/controller_client.h"

namespace meerkat::broker {

/// Thread-safe. Asks for the next block when this one is nearly used up, so that producers seldom wait.
class ProducerIdBlocks : public api::ProducerIds {
 public:
  /// `broker_epoch` is what requests carry.
  ProducerIdBlocks(ControllerClient& client, int32_t broker_id, const std::atomic<int64_t>& broker_epoch);

  void next(Callback<wire::Outcome<int64_t>> done) override;

 private:
  struct Block {
    int64_t next = 0;
    int64_t end = 0;  // exclusive
    int64_t left() const { return end - next; }
  };
  using Waiter = Callback<wire::Outcome<int64_t>>;

  /// Gives ids to those who wait, as far as they last; to be called back without the lock.
  std::vector<std::pair<Waiter, int64_t>> serve() REQUIRES(mutex_);
  void request_block();
  void on_block(Result<wire::AllocateProducerIdsResponse> answer);

  ControllerClient& client_;
  const int32_t broker_id_;
  const std::atomic<int64_t>& broker_epoch_;
  Mutex mutex_;
  Block block_ GUARDED_BY(mutex_);
  Block following_ GUARDED_BY(mutex_);
  bool requested_ GUARDED_BY(mutex_) = false;
  std::deque<Waiter> waiters_ GUARDED_BY(mutex_);
};

}  // namespace meerkat::broker
