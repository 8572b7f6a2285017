#include "controller/shutdown_events.h"

#include <glog/logging.h>

#include "controller/transitions.h"

namespace meerkat::controller {
namespace {

// Whether a partition has a replica there, and another one that may take over.
bool concerned(const Context& context, const TopicPartition& tp, const Partition& p, int32_t broker) {
  return p.assignment.contains(broker) && p.assignment.replicas.size() > 1 && p.leadership &&
         !context.queued_for_deletion(tp.topic);
}

}  // namespace

void move_away(Term& term, int32_t broker) {
  std::vector<TopicPartition> led;
  std::vector<Replica> followed;
  term.context.for_each([&](const TopicPartition& tp, const Partition& p) {
    if (!concerned(term.context, tp, p, broker)) return;
    if (p.leader() == broker) {
      led.push_back(tp);
    } else {
      followed.push_back({tp, broker});
    }
  });
  elect_leaders(term, std::move(led), Strategy::controlled_shutdown);
  term.flush();
  take_replicas_offline(term, followed);
  term.flush();
}

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

  move_away(term, id);
  if (term.store.lost()) {
    response.error_code = wire::ErrorCode::stale_controller_epoch;
    return response;
  }
  context.for_each([&](const TopicPartition& tp, const Partition& p) {
    if (p.leader() != id || !concerned(context, tp, p, id)) return;
    auto& remaining = response.remaining_partitions.emplace_back();
    remaining.topic_name = tp.topic;
    remaining.partition_index = tp.partition;
  });
  return response;
}

}  // namespace meerkat::controller
