#include "controller/suspicion_events.h"

#include <glog/logging.h>

#include <algorithm>
#include <set>

#include "controller/broker_events.h"
#include "controller/deletion_events.h"
#include "controller/shutdown_events.h"
#include "controller/transitions.h"

namespace meerkat::controller {
namespace {

Broker* of_epoch(Context& context, int32_t id, int64_t broker_epoch) {
  const auto broker = context.brokers.find(id);
  return broker == context.brokers.end() || broker->second.epoch != broker_epoch ? nullptr : &broker->second;
}

}  // namespace

void on_broker_vanished(Term& term, int32_t id, int64_t broker_epoch) {
  Context& context = term.context;
  Broker* broker = of_epoch(context, id, broker_epoch);
  if (broker == nullptr || broker->suspected) return;
  LOG(WARNING) << "Broker " << id << " refuses connections: its process is gone, most likely. Its leaderships move to "
               << "replicas in sync before its session ends.";
  broker->suspected = true;
  context.for_each([&](const TopicPartition& tp, const Partition& p) {
    const auto& replicas = p.assignment.replicas;
    if (p.leader() == id && replicas.size() > 1 && replicas.front() == id) broker->to_restore.push_back(tp);
  });
  move_away(term, id);
  // Also without a change of any partition: clients shall not try it any more.
  term.requests.metadata_to_all();
  term.flush();
  std::vector<Replica> deleting;
  for (auto& replica : context.replicas_on({id})) {
    if (context.queued_for_deletion(replica.partition.topic)) deleting.push_back(std::move(replica));
  }
  if (deleting.empty()) return;
  fail_deletion(term, deleting);
  advance_deletions(term);
}

void on_broker_back(Term& term, int32_t id, int64_t broker_epoch) {
  Broker* broker = of_epoch(term.context, id, broker_epoch);
  if (broker == nullptr || !broker->suspected) return;
  LOG(WARNING) << "Broker " << id << " is there after all.";
  broker->suspected = false;
  on_brokers_up(term, {id});
}

bool restore_leaders(Term& term, size_t limit) {
  std::vector<TopicPartition> ready;
  bool left = false;
  for (auto& [id, broker] : term.context.brokers) {
    if (broker.suspected) continue;
    std::erase_if(broker.to_restore, [&, id = id](const TopicPartition& tp) {
      const Partition* partition = term.context.find(tp);
      const bool wanted = partition != nullptr && partition->leadership && partition->leader() != id &&
                          partition->assignment.replicas.front() == id && !term.context.queued_for_deletion(tp.topic);
      if (!wanted) return true;
      if (ready.size() == limit || !partition->leadership->in_isr(id)) return false;
      ready.push_back(tp);
      return true;
    });
    left = left || !broker.to_restore.empty();
  }
  if (!ready.empty()) {
    LOG(INFO) << "Giving " << ready.size() << " leaderships back that were taken on suspicion.";
    elect_leaders(term, std::move(ready), Strategy::preferred);
    term.flush();
  }
  return left;
}

}  // namespace meerkat::controller
