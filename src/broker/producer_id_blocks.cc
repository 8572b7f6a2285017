#include "broker/producer_id_blocks.h"

#include <glog/logging.h>

#include "wire/messages/67_allocate_producer_ids.h"

namespace meerkat::broker {

ProducerIdBlocks::ProducerIdBlocks(ControllerClient& client, int32_t broker_id,
                                   const std::atomic<int64_t>& broker_epoch)
    : client_(client), broker_id_(broker_id), broker_epoch_(broker_epoch) {}

void ProducerIdBlocks::next(Callback<wire::Outcome<int64_t>> done) {
  std::vector<std::pair<Waiter, int64_t>> served;
  bool ask = false;
  {
    constexpr int64_t kAskWhenLeft = 100;  // of the usual 1000
    MutexLock lock(mutex_);
    waiters_.push_back(std::move(done));
    served = serve();
    ask = !requested_ && following_.left() == 0 && (block_.left() <= kAskWhenLeft);
    requested_ = requested_ || ask;
  }
  for (auto& [waiter, id] : served) waiter(id);
  if (ask) client_.loop().post([this] { request_block(); });
}

std::vector<std::pair<ProducerIdBlocks::Waiter, int64_t>> ProducerIdBlocks::serve() {
  std::vector<std::pair<Waiter, int64_t>> served;
  while (!waiters_.empty()) {
    if (block_.left() == 0) block_ = std::exchange(following_, {});
    if (block_.left() == 0) break;
    served.emplace_back(std::move(waiters_.front()), block_.next++);
    waiters_.pop_front();
  }
  return served;
}

void ProducerIdBlocks::request_block() {
  wire::AllocateProducerIdsRequest request;
  request.broker_id = broker_id_;
  request.broker_epoch = broker_epoch_.load();
  client_.call<wire::AllocateProducerIdsRequest, wire::AllocateProducerIdsResponse>(
      request, 0, [this](Result<wire::AllocateProducerIdsResponse> answer) { on_block(std::move(answer)); });
}

void ProducerIdBlocks::on_block(Result<wire::AllocateProducerIdsResponse> answer) {
  const bool good = answer && answer->error_code == wire::ErrorCode::none && answer->producer_id_len > 0;
  std::vector<std::pair<Waiter, int64_t>> served;
  std::deque<Waiter> turned_away;
  {
    MutexLock lock(mutex_);
    requested_ = false;
    if (good) {
      following_ = {answer->producer_id_start, answer->producer_id_start + answer->producer_id_len};
      served = serve();
    } else {
      turned_away.swap(waiters_);
    }
  }
  for (auto& [waiter, id] : served) waiter(id);
  if (good) return;
  LOG(WARNING) << "no block of producer ids from the controller: "
               << (answer ? std::string(wire::name(answer->error_code)) : answer.error().message);
  // Clients take this error as a reason to try again soon.
  for (Waiter& waiter : turned_away) waiter(wire::refuse(wire::ErrorCode::coordinator_load_in_progress));
}

}  // namespace meerkat::broker
