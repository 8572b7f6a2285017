// Events around topic deletion: marks in /admin/delete_topics, answers to StopReplica, replicas that come and go.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "controller/term.h"

namespace meerkat::controller {

/// The children of /admin/delete_topics have changed.
void on_deletion_marks_changed(Term& term);

/// A broker has answered a StopReplica that deletes: which replicas it deleted, and which not.
void on_replicas_deleted(Term& term, std::span<const Replica> deleted, std::span<const Replica> failed);

/// Replicas of marked topics have become unreachable: their deletion has to wait.
void fail_deletion(Term& term, std::span<const Replica> replicas);

/// Marked topics are held back, for example by a reassignment.
void hold_deletion(Term& term, const std::string& topic);

/// What held these topics back is over, as far as is known.
void resume_deletion(Term& term, const std::set<std::string>& topics);

/// Does what plan_deletions() says until there is nothing left to do at once.
void advance_deletions(Term& term);

}  // namespace meerkat::controller
