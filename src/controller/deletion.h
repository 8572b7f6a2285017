// Topic deletion, decided purely: a marked topic is taken from its brokers replica by replica (Offline →
// DeletionStarted → DeletionSuccessful), and leaves ZooKeeper when all are gone. A replica that cannot be reached or
// fails makes the topic ineligible, until its broker is back.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "controller/context.h"

namespace meerkat::controller {

/// What marked topics need next.
struct DeletionPlan {
  std::vector<std::string> complete;  // no replica is left: delete the znodes, forget the topic
  std::vector<Replica> retry;         // replicas that failed, of topics with none under way: Offline again
  std::vector<std::string> start;     // topics to tell brokers about
};
DeletionPlan plan_deletions(const Context& context);

/// How replicas of topics that start (or resume) deletion split.
struct DeletionStart {
  std::vector<Replica> reachable;          // to be stopped and deleted, those done already left out
  std::vector<Replica> unreachable;        // DeletionIneligible until their brokers are back
  std::vector<std::string> halted_topics;  // topics with unreachable ones
};
DeletionStart plan_deletion_start(const Context& context, std::span<const std::string> topics);

/// Topics that deletion cannot take yet when a term begins: a replica offline, or a reassignment in progress.
std::vector<std::string> topics_ineligible_for_deletion(const Context& context);

}  // namespace meerkat::controller
