#include "controller/broker_events.h"

#include <glog/logging.h>

#include "absl/strings/str_join.h"
#include "controller/deletion_events.h"
#include "controller/reassignment_events.h"
#include "controller/replica_state_machine.h"
#include "controller/transitions.h"
#include "zk/paths.h"

namespace meerkat::controller {
namespace {

void on_failure(Term& term, const std::set<int32_t>& ids) {
  LOG(INFO) << "Brokers gone: " << absl::StrJoin(ids, ", ") << ".";
  on_replicas_offline(term, term.context.replicas_on(ids));
}

std::set<int32_t> sorted_out(const std::map<int32_t, Broker>& there, const std::map<int32_t, Broker>& known,
                             bool (*wanted)(const Broker& now, const Broker* before)) {
  std::set<int32_t> out;
  for (const auto& [id, broker] : there) {
    const auto before = known.find(id);
    if (wanted(broker, before == known.end() ? nullptr : &before->second)) out.insert(id);
  }
  return out;
}

}  // namespace

void on_brokers_up(Term& term, const std::set<int32_t>& ids) {
  Context& context = term.context;
  std::vector<int32_t> others;
  for (int32_t id : context.broker_ids()) {
    if (!ids.contains(id)) others.push_back(id);
  }
  term.requests.metadata_to(others, {});
  term.flush();
  // A new broker needs to know the whole cluster before it can follow leaders.
  const std::vector<int32_t> joined(ids.begin(), ids.end());
  term.requests.metadata_to(joined, context.partitions_where([&](const TopicPartition& tp, const Partition& partition) {
    return partition.leadership && !context.queued_for_deletion(tp.topic);
  }));
  term.flush();
  const auto replicas = context.replicas_on(ids);
  std::vector<Replica> staying;
  std::set<std::string> deleting;
  for (const auto& replica : replicas) {
    if (context.queued_for_deletion(replica.partition.topic)) {
      deleting.insert(replica.partition.topic);
    } else {
      staying.push_back(replica);
    }
  }
  move_replicas_to_online(context, term.requests, staying);
  elect_missing_leaders(term);
  term.flush();
  resume_reassignments(term, ids);
  resume_deletion(term, deleting);
}

void on_brokers_changed(Term& term) {
  Context& context = term.context;
  for (const auto& child : term.store.read_children(zk::paths::kBrokerIds)) {
    if (const auto id = zk::paths::parse_id(child)) term.watcher.watch_broker(*id);
  }
  auto there = term.store.read_brokers();
  if (term.store.lost()) return;
  const auto joined =
      sorted_out(there, context.brokers, [](const Broker&, const Broker* before) { return before == nullptr; });
  const auto bounced = sorted_out(there, context.brokers, [](const Broker& now, const Broker* before) {
    return before != nullptr && now.epoch > before->epoch;
  });
  std::set<int32_t> gone;
  for (const auto& [id, broker] : context.brokers) {
    if (!there.contains(id)) gone.insert(id);
  }
  for (int32_t id : bounced) term.channels.remove(id);
  for (int32_t id : gone) term.channels.remove(id);
  const auto add = [&](const std::set<int32_t>& ids) {
    for (int32_t id : ids) {
      term.channels.add(there[id]);
      context.brokers[id] = there[id];
    }
  };
  if (!joined.empty()) {
    add(joined);
    LOG(INFO) << "Brokers joined: " << absl::StrJoin(joined, ", ") << ".";
    on_brokers_up(term, joined);
  }
  if (!bounced.empty()) {
    for (int32_t id : bounced) context.brokers.erase(id);
    LOG(INFO) << "Brokers restarted: " << absl::StrJoin(bounced, ", ") << ".";
    on_failure(term, bounced);
    add(bounced);
    on_brokers_up(term, bounced);
  }
  if (!gone.empty()) {
    for (int32_t id : gone) {
      context.brokers.erase(id);
      term.watcher.unwatch_broker(id);
    }
    on_failure(term, gone);
  }
}

void on_broker_modified(Term& term, int32_t id) {
  const auto now = term.store.read_broker(id);
  const auto known = term.context.brokers.find(id);
  if (!now || known == term.context.brokers.end() || now->epoch != known->second.epoch) return;
  Broker& broker = known->second;
  if (now->info.endpoints == broker.info.endpoints && now->info.features == broker.info.features) return;
  LOG(INFO) << "Broker " << id << " has changed its endpoints or features.";
  // The rack counts from the next registration on only, as replicas were placed by the one known.
  broker.info.endpoints = now->info.endpoints;
  broker.info.features = now->info.features;
  term.requests.metadata_to_all();
  term.flush();
}

void on_replicas_offline(Term& term, const std::vector<Replica>& replicas) {
  std::vector<Replica> staying;
  std::vector<Replica> deleting;
  for (const auto& replica : replicas) {
    (term.context.queued_for_deletion(replica.partition.topic) ? deleting : staying).push_back(replica);
  }
  move_partitions(term.context, partitions_with_offline_leader(term.context), PartitionState::offline);
  elect_missing_leaders(term);
  take_replicas_offline(term, staying);
  // Also without a change of any partition: the list of live brokers has changed.
  term.requests.metadata_to_all();
  term.flush();
  if (!deleting.empty()) {
    fail_deletion(term, deleting);
    advance_deletions(term);
  }
}

void on_log_dir_events(Term& term) {
  std::set<int32_t> brokers;
  std::vector<std::string> paths;
  for (const auto& child : term.store.read_children(zk::paths::kLogDirEventNotification)) {
    paths.push_back(std::string(zk::paths::kLogDirEventNotification) + "/" + child);
    const auto data = term.store.read_data(paths.back());
    if (!data) continue;
    const auto broker = zk::decode_log_dir_event(paths.back(), *data);
    if (broker) {
      brokers.insert(*broker);
    } else {
      LOG(ERROR) << "Passing over a log directory event: " << broker.error().message;
    }
  }
  if (paths.empty()) return;
  if (!brokers.empty()) {
    LOG(INFO) << "Brokers with a failed log directory: " << absl::StrJoin(brokers, ", ") << ".";
    move_replicas_to_online(term.context, term.requests, term.context.replicas_on(brokers));
    term.flush();
  }
  term.store.remove(std::move(paths));
}

void on_leader_and_isr_answer(Term& term, int32_t broker_id, const wire::LeaderAndIsrResponse& answer) {
  const auto broker = term.context.brokers.find(broker_id);
  if (broker == term.context.brokers.end()) return;
  if (answer.error_code != wire::ErrorCode::none) {
    LOG(WARNING) << "Broker " << broker_id << " refuses LeaderAndIsr: " << wire::name(answer.error_code) << ".";
    return;
  }
  auto& offline = broker->second.offline_dir_partitions;
  std::vector<Replica> newly_offline;
  for (const auto& topic : answer.topics) {
    const auto topic_name = term.context.topic_names.find(topic.topic_id);
    if (topic_name == term.context.topic_names.end()) continue;
    for (const auto& partition : topic.partition_errors) {
      TopicPartition tp{topic_name->second, partition.partition_index};
      if (partition.error_code == wire::ErrorCode::none) {
        offline.erase(tp);
      } else if (partition.error_code == wire::ErrorCode::kafka_storage_error && offline.insert(tp).second) {
        newly_offline.push_back({std::move(tp), broker_id});
      }
    }
  }
  if (newly_offline.empty()) return;
  LOG(WARNING) << newly_offline.size() << " replicas of broker " << broker_id << " are on a failed log directory.";
  on_replicas_offline(term, newly_offline);
}

}  // namespace meerkat::controller
