// Carries state machine plans out: writes the planned states, applies what was written, and plans again for partitions
// that had changed meanwhile. Requests are collected in the term, not sent: call Term::flush().
#pragma once

#include <string>
#include <vector>

#include "controller/election.h"
#include "controller/term.h"

namespace meerkat::controller {

struct ElectionResult {
  std::vector<TopicPartition> elected;
  std::vector<TopicPartition> failed;
};

/// Moves partitions to Online: New ones get their first leadership, others are re-elected by `strategy`.
/// `force_unclean` allows any live replica to lead whatever the topic's config says.
ElectionResult elect_leaders(Term& term, std::vector<TopicPartition> partitions, Strategy strategy,
                             bool force_unclean = false);

/// Tries again to find a leader for all partitions New or Offline (of one topic, if not empty).
ElectionResult elect_missing_leaders(Term& term, const std::string& topic = {});

/// Moves replicas to Offline: stopped, and out of the ISR.
void take_replicas_offline(Term& term, const std::vector<Replica>& replicas);

/// Raises a partition's leader epoch without another change, so that its replicas take the next LeaderAndIsr.
/// The caller says who hears of it. False if there is no leadership.
bool raise_leader_epoch(Term& term, const TopicPartition& partition);

/// Reads the states of partitions from ZooKeeper into the context.
void refresh_leadership(Term& term, const std::vector<TopicPartition>& partitions);

}  // namespace meerkat::controller
