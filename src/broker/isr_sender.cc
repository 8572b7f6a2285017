#include "broker/isr_sender.h"

#include <glog/logging.h>

namespace meerkat::broker {
namespace {
constexpr int16_t kVersion = 3;  // topic ids and broker epochs of the ISR's members (KIP-903)
constexpr std::chrono::milliseconds kRetry{50};
}  // namespace

IsrSender::IsrSender(ControllerClient& client, int32_t broker_id, const std::atomic<int64_t>& broker_epoch)
    : client_(client), broker_id_(broker_id), broker_epoch_(broker_epoch) {}

void IsrSender::submit(replica::IsrProposal proposal, Callback<wire::Outcome<replica::CommittedIsr>> answer) {
  bool first = false;
  {
    MutexLock lock(mutex_);
    first = waiting_.empty();
    waiting_.push_back({std::move(proposal), std::move(answer)});
  }
  if (first) client_.loop().post([this] { send_soon(); });
}

void IsrSender::send_soon() {
  if (in_flight_.empty()) send();
}

void IsrSender::send() {
  {
    MutexLock lock(mutex_);
    for (Pending& pending : waiting_) {
      TopicPartition tp = pending.proposal.partition;
      in_flight_.insert_or_assign(std::move(tp), std::move(pending));
    }
    waiting_.clear();
  }
  if (in_flight_.empty()) return;
  client_.call<wire::AlterPartitionRequest, wire::AlterPartitionResponse>(
      request(), kVersion, [this](Result<wire::AlterPartitionResponse> answer) { on_answer(std::move(answer)); });
}

wire::AlterPartitionRequest IsrSender::request() const {
  wire::AlterPartitionRequest request;
  request.broker_id = broker_id_;
  request.broker_epoch = broker_epoch_.load();
  for (const auto& [tp, pending] : in_flight_) {  // sorted, so that a topic's partitions stand together
    const replica::IsrProposal& proposal = pending.proposal;
    if (request.topics.empty() || request.topics.back().topic_id != proposal.topic_id) {
      request.topics.emplace_back().topic_id = proposal.topic_id;
    }
    auto& partition = request.topics.back().partitions.emplace_back();
    partition.partition_index = tp.partition;
    partition.leader_epoch = proposal.leader_epoch;
    partition.partition_epoch = proposal.partition_epoch;
    for (int32_t id : proposal.isr) partition.new_isr_with_epochs.emplace_back().broker_id = id;
  }
  return request;
}

void IsrSender::on_answer(Result<wire::AlterPartitionResponse> answer) {
  if (!answer || answer->error_code != wire::ErrorCode::none) {
    LOG_EVERY_N(WARNING, 20) << "AlterPartition failed and is tried again: "
                             << (answer ? std::string(wire::name(answer->error_code)) : answer.error().message);
    retry_ = client_.loop().after(kRetry, [this] { send(); });
    return;
  }
  Batch done;
  done.swap(in_flight_);
  for (const auto& topic : answer->topics) {
    for (const auto& partition : topic.partitions) {
      for (auto it = done.begin(); it != done.end(); ++it) {
        if (it->first.partition != partition.partition_index || it->second.proposal.topic_id != topic.topic_id)
          continue;
        auto reply = std::move(it->second.answer);
        done.erase(it);
        if (partition.error_code != wire::ErrorCode::none) {
          reply(wire::refuse(partition.error_code));
        } else {
          reply(replica::CommittedIsr{partition.leader_id, partition.leader_epoch, partition.partition_epoch,
                                      partition.isr});
        }
        break;
      }
    }
  }
  // A controller answers for every partition; what it left out is as unknown as after a broken connection.
  for (auto& [tp, pending] : done) pending.answer(wire::refuse(wire::ErrorCode::unknown_server_error));
  send();
}

}  // namespace meerkat::broker
