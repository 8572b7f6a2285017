// AlterPartition: carries ISR changes of the partitions led here to the controller (KIP-497).
#pragma once

#include <atomic>
#include <map>
#include <vector>

#include "base/mutex.h"
#include "broker/controller_client.h"
#include "replica/isr.h"
#include "wire/messages/56_alter_partition.h"

namespace meerkat::broker {

/// One request in flight with all proposals that came up meanwhile; errors of the request as a whole, and broken
/// connections, are tried again for ever.
class IsrSender : public replica::IsrChanges {
 public:
  IsrSender(ControllerClient& client, int32_t broker_id, const std::atomic<int64_t>& broker_epoch);
  void submit(replica::IsrProposal proposal, Callback<wire::Outcome<replica::CommittedIsr>> answer) override;

 private:
  struct Pending {
    replica::IsrProposal proposal;
    Callback<wire::Outcome<replica::CommittedIsr>> answer;
  };
  using Batch = std::map<TopicPartition, Pending>;

  void send_soon();
  void send();
  wire::AlterPartitionRequest request() const;
  void on_answer(Result<wire::AlterPartitionResponse> answer);

  ControllerClient& client_;
  const int32_t broker_id_;
  const std::atomic<int64_t>& broker_epoch_;
  Mutex mutex_;
  std::vector<Pending> waiting_ GUARDED_BY(mutex_);
  // Loop thread only.
  Batch in_flight_;
  event::Timer retry_;
};

}  // namespace meerkat::broker
