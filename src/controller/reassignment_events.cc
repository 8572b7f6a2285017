#include "controller/reassignment_events.h"

#include <glog/logging.h>

#include <algorithm>
#include <functional>

#include "absl/strings/str_join.h"
#include "controller/deletion_events.h"
#include "controller/reassignment.h"
#include "controller/replica_state_machine.h"
#include "controller/transitions.h"
#include "zk/paths.h"

namespace meerkat::controller {
namespace {

using wire::ErrorCode;

std::vector<Replica> replicas_of(const TopicPartition& tp, const std::vector<int32_t>& brokers) {
  std::vector<Replica> out;
  for (int32_t b : brokers) out.push_back({tp, b});
  return out;
}

bool write_assignment(Term& term, const TopicPartition& tp, const Assignment& assignment) {
  const auto topic = term.context.topics.find(tp.topic);
  if (topic == term.context.topics.end()) return false;
  Topic changed = topic->second;
  changed.partitions[tp.partition].assignment = assignment;
  return term.store.write_topic(tp.topic, topic_node(changed));
}

// Out of the ISR, then stopped and deleted. Nobody waits for the answer: a broker that is down keeps its copy, which
// does no harm as it is in no assignment.
void remove_replicas(Term& term, const TopicPartition& tp, const std::vector<int32_t>& brokers) {
  const auto replicas = replicas_of(tp, brokers);
  take_replicas_offline(term, replicas);
  term.flush();
  move_replicas_to_deletion_started(term.context, term.requests, replicas);
  term.flush();
  move_replicas(term.context, replicas, ReplicaState::deletion_successful);
  move_replicas(term.context, replicas, ReplicaState::non_existent);
}

// Takes finished or failed partitions out of /admin/reassign_partitions; the node goes with the last one.
void clean_reassignment_node(Term& term, const std::function<bool(const zk::PartitionReassignment&)>& done) {
  const auto data = term.store.read_data(zk::paths::kReassignPartitions);
  if (!data) return;
  auto wanted = zk::decode_reassignments(*data);
  if (!wanted) {
    LOG(ERROR) << "Deleting " << zk::paths::kReassignPartitions << ": " << wanted.error().message;
    wanted = std::vector<zk::PartitionReassignment>{};
  }
  const size_t before = wanted->size();
  std::erase_if(*wanted, done);
  if (wanted->empty()) {
    term.store.remove({zk::paths::kReassignPartitions});
    term.store.exists(zk::paths::kReassignPartitions);  // arms the watch for the next one
  } else if (wanted->size() != before) {
    term.store.put(zk::paths::kReassignPartitions, zk::encode_reassignments(*wanted));
  }
}

void complete(Term& term, const TopicPartition& tp) {
  Context& context = term.context;
  const Assignment before = context.find(tp)->assignment;
  const Assignment after{before.target(), {}, {}};
  LOG(INFO) << "Reassignment of " << tp.to_string() << " to " << absl::StrJoin(after.replicas, ", ")
            << " completes: all are in sync.";
  move_replicas_to_online(context, term.requests, replicas_of(tp, before.adding));
  const LeaderMove move = leader_move(context, tp, after);
  context.find(tp)->assignment = after;
  if (move == LeaderMove::elect) {
    elect_leaders(term, {tp}, Strategy::reassign);
  } else if (raise_leader_epoch(term, tp)) {
    term.requests.leader_and_isr(after.replicas, tp, false);
  }
  term.flush();
  remove_replicas(term, tp, before.removing);
  // ZooKeeper last: it is the only place that remembers the origin, should this controller die on the way.
  write_assignment(term, tp, after);
  context.reassigning.erase(tp);
  clean_reassignment_node(term, [&](const zk::PartitionReassignment& r) {
    return r.partition.topic == tp.topic && r.partition.partition == tp.partition && r.replicas == after.replicas;
  });
  term.requests.metadata_to_all(tp);
  term.flush();
  resume_deletion(term, {tp.topic});
}

// The reassignment as it shall be, from its beginning or from where a former controller left it.
bool reassign(Term& term, const TopicPartition& tp, const Assignment& wanted) {
  Context& context = term.context;
  const Assignment before = context.find(tp)->assignment;
  if (before != wanted) {
    if (!write_assignment(term, tp, wanted)) return false;
    context.find(tp)->assignment = wanted;
    std::vector<int32_t> dropped;
    for (int32_t b : before.replicas) {
      if (!wanted.contains(b)) dropped.push_back(b);
    }
    if (!dropped.empty()) remove_replicas(term, tp, dropped);
  }
  context.reassigning.insert(tp);
  hold_deletion(term, tp.topic);
  if (reassignment_complete(*context.find(tp))) {
    complete(term, tp);
    return !term.store.lost();
  }
  if (!raise_leader_epoch(term, tp)) return !term.store.lost();
  term.requests.leader_and_isr(wanted.origin(), tp, false);
  term.requests.leader_and_isr(wanted.adding, tp, true);
  std::vector<Replica> starting;
  for (const auto& replica : replicas_of(tp, wanted.adding)) {
    if (context.find(tp)->replica_state(replica.broker) == ReplicaState::non_existent) starting.push_back(replica);
  }
  move_replicas_to_new(context, term.requests, starting);
  term.flush();
  return !term.store.lost();
}

wire::Outcome<void> try_reassign(Term& term, const TopicPartition& tp, const Assignment& wanted) {
  if (term.context.queued_for_deletion(tp.topic) || term.context.find(tp) == nullptr) {
    return wire::refuse(ErrorCode::unknown_topic_or_partition, "The partition does not exist.");
  }
  if (!reassign(term, tp, wanted)) return wire::refuse(ErrorCode::unknown_server_error);
  return {};
}

}  // namespace

wire::AlterPartitionReassignmentsResponse alter_reassignments(Term& term,
                                                              const wire::AlterPartitionReassignmentsRequest& request) {
  std::map<TopicPartition, wire::Outcome<Assignment>> wanted;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      const TopicPartition tp{topic.name, partition.partition_index};
      const auto checked =
          partition.replicas ? check_target(term.context, tp, *partition.replicas) : wire::Outcome<void>();
      wanted.insert_or_assign(tp, checked ? build_reassignment(term.context, tp, partition.replicas)
                                          : wire::Outcome<Assignment>(checked.failure()));
    }
  }
  // The latest word counts: what the old node says of these partitions is void.
  clean_reassignment_node(term, [&](const zk::PartitionReassignment& r) {
    const auto it = wanted.find({r.partition.topic, r.partition.partition});
    return it != wanted.end() && it->second.ok();
  });
  wire::AlterPartitionReassignmentsResponse response;
  for (const auto& topic : request.topics) {
    auto& topic_out = response.responses.emplace_back();
    topic_out.name = topic.name;
    for (const auto& partition : topic.partitions) {
      const TopicPartition tp{topic.name, partition.partition_index};
      auto& out = topic_out.partitions.emplace_back();
      out.partition_index = partition.partition_index;
      const auto& assignment = wanted.at(tp);
      const auto done = assignment ? try_reassign(term, tp, *assignment) : wire::Outcome<void>(assignment.failure());
      if (!done) {
        out.error_code = done.error().code;
        out.error_message = done.error().message;
      }
    }
  }
  return response;
}

wire::ListPartitionReassignmentsResponse list_reassignments(const Term& term,
                                                            const wire::ListPartitionReassignmentsRequest& request) {
  std::set<TopicPartition> asked;
  if (request.topics) {
    for (const auto& topic : *request.topics) {
      for (int32_t partition : topic.partition_indexes) asked.insert({topic.name, partition});
    }
  } else {
    asked = term.context.reassigning;
  }
  wire::ListPartitionReassignmentsResponse response;
  for (const auto& tp : asked) {
    const Partition* partition = term.context.find(tp);
    if (partition == nullptr || !partition->assignment.reassigning()) continue;
    if (response.topics.empty() || response.topics.back().name != tp.topic) {
      response.topics.emplace_back().name = tp.topic;
    }
    auto& out = response.topics.back().partitions.emplace_back();
    out.partition_index = tp.partition;
    out.replicas = partition->assignment.replicas;
    out.adding_replicas = partition->assignment.adding;
    out.removing_replicas = partition->assignment.removing;
  }
  return response;
}

std::set<TopicPartition> on_reassignment_node(Term& term) {
  std::set<TopicPartition> begun;
  if (!term.store.exists(zk::paths::kReassignPartitions)) return begun;
  const auto data = term.store.read_data(zk::paths::kReassignPartitions);
  const auto wanted = zk::decode_reassignments(data.value_or(""));
  std::set<TopicPartition> failed;
  if (wanted) {
    for (const auto& r : *wanted) {
      const TopicPartition tp{r.partition.topic, r.partition.partition};
      const auto assignment = build_reassignment(term.context, tp, r.replicas);
      const auto done = assignment && !r.replicas.empty()
                            ? try_reassign(term, tp, *assignment)
                            : wire::Outcome<void>(wire::refuse(ErrorCode::invalid_replica_assignment));
      if (done) {
        begun.insert(tp);
      } else {
        LOG(ERROR) << "Cannot reassign " << tp.to_string() << ": " << done.error().message;
        failed.insert(tp);
      }
    }
  }
  if (!wanted || !failed.empty()) {
    clean_reassignment_node(term, [&](const zk::PartitionReassignment& r) {
      return failed.contains({r.partition.topic, r.partition.partition});
    });
  }
  return begun;
}

void resume_reassignments(Term& term, const std::set<int32_t>& brokers, const std::set<TopicPartition>& except) {
  const auto all = term.context.reassigning;
  for (const auto& tp : all) {
    const Partition* partition = term.context.find(tp);
    if (partition == nullptr || except.contains(tp)) continue;
    const auto target = partition->assignment.target();
    const bool concerned =
        brokers.empty() || std::any_of(target.begin(), target.end(), [&](int32_t b) { return brokers.contains(b); });
    if (concerned) reassign(term, tp, Assignment(partition->assignment));
  }
}

void maybe_complete_reassignment(Term& term, const TopicPartition& tp) {
  if (!term.context.reassigning.contains(tp)) return;
  const Partition* partition = term.context.find(tp);
  if (partition != nullptr && reassignment_complete(*partition)) reassign(term, tp, Assignment(partition->assignment));
}

}  // namespace meerkat::controller
