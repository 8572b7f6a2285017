#include "controller/shutdown_events.h"

#include <glog/logging.h>

#include "controller/transitions.h"

namespace meerkat::controller {

wire::ControlledShutdownResponse controlled_shutdown(Term& term, const wire::ControlledShutdownRequest& request) {
  wire::ControlledShutdownResponse response;
  Context& context = term.context;
  const int32_t id = request.broker_id;
  const auto broker = context.brokers.find(id);
  if (broker == context.brokers.end()) {
    response.error_code = wire::ErrorCode::broker_not_available;
    return response;
  }
  if (request.broker_epoch != -1 && request.broker_epoch < broker->second.epoch) {
    response.error_code = wire::ErrorCode::stale_broker_epoch;
    return response;
  }
  LOG(INFO) << "Broker " << id << " shuts down.";
  broker->second.shutting_down = true;

  const auto is_led = [&](const Partition& p) { return p.leader() == id; };
  const auto concerned = [&](const TopicPartition& tp, const Partition& p) {
    return p.assignment.contains(id) && p.assignment.replicas.size() > 1 && p.leadership &&
           !context.queued_for_deletion(tp.topic);
  };
  std::vector<TopicPartition> led;
  std::vector<Replica> followed;
  context.for_each([&](const TopicPartition& tp, const Partition& p) {
    if (!concerned(tp, p)) return;
    if (is_led(p)) {
      led.push_back(tp);
    } else {
      followed.push_back({tp, id});
    }
  });
  elect_leaders(term, std::move(led), Strategy::controlled_shutdown);
  term.flush();
  take_replicas_offline(term, followed);
  term.flush();
  if (term.store.lost()) {
    response.error_code = wire::ErrorCode::stale_controller_epoch;
    return response;
  }
  context.for_each([&](const TopicPartition& tp, const Partition& p) {
    if (!concerned(tp, p) || !is_led(p)) return;
    auto& remaining = response.remaining_partitions.emplace_back();
    remaining.topic_name = tp.topic;
    remaining.partition_index = tp.partition;
  });
  return response;
}

}  // namespace meerkat::controller
