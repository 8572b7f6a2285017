// The partition state machine: NonExistent → New → Online ⇄ Offline → NonExistent. Planning is pure: from the context
// to the leadership that shall stand in ZooKeeper; what was written is applied to the context afterwards.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "controller/context.h"
#include "controller/control_requests.h"
#include "controller/election.h"

namespace meerkat::controller {

/// A partition state to write, on condition of the partition epoch in `next`, and who hears of it afterwards.
struct StateWrite {
  TopicPartition partition;
  Leadership next;
  std::vector<int32_t> recipients;
  bool is_new = false;
};

/// What a round of elections comes to.
struct ElectionPlan {
  std::vector<StateWrite> writes;
  std::vector<TopicPartition> failed;  // nobody may lead, or there is no leadership to start from
};

/// Plans re-elections of partitions that are Online or Offline; others are left out. `unclean` tells of a topic
/// whether a replica outside the ISR may lead; only asked where no member of the ISR is alive.
ElectionPlan plan_elections(const Context& context, std::span<const TopicPartition> partitions, Strategy strategy,
                            const std::function<bool(const std::string& topic)>& unclean);

/// Plans the first leadership of partitions in state New: all live replicas are in sync, the first one leads.
ElectionPlan plan_first_elections(const Context& context, std::span<const TopicPartition> partitions);

/// Topics among `partitions` of which no ISR member is online: for them the unclean flag matters.
std::vector<std::string> topics_without_live_isr(const Context& context, std::span<const TopicPartition> partitions);

/// After the write: the context holds the new leadership with its new partition epoch and the partition is Online;
/// the recipients are told.
void apply_election(Context& context, ControlRequests& requests, const StateWrite& written, int32_t partition_epoch);

/// Moves partitions to New, Offline or NonExistent: no leadership changes. Transitions that do not exist are logged
/// and left out.
void move_partitions(Context& context, std::span<const TopicPartition> partitions, PartitionState to);

/// The states that partitions have when a term begins: New without a leadership, Online if the leader is alive.
void initialize_partition_states(Context& context);

/// Online partitions whose leader is gone, of topics that are not being deleted.
std::vector<TopicPartition> partitions_with_offline_leader(const Context& context);

/// Partitions New or Offline, of topics that are not being deleted (of one topic, if `topic` is not empty).
std::vector<TopicPartition> partitions_without_leader(const Context& context, const std::string& topic = {});

}  // namespace meerkat::controller
