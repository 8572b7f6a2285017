#include "controller/election_events.h"

#include <glog/logging.h>

#include <map>

#include "controller/transitions.h"
#include "zk/paths.h"

namespace meerkat::controller {
namespace {

using wire::ErrorCode;

constexpr int8_t kUncleanElection = 1;

struct Verdict {
  ErrorCode code = ErrorCode::none;
  const char* message = nullptr;
};

// Why a partition needs no election, or can have none; nothing if it is to be tried.
std::optional<Verdict> verdict_before(const Context& context, const TopicPartition& tp, bool unclean) {
  const Partition* partition = context.find(tp);
  if (partition == nullptr) return Verdict{ErrorCode::unknown_topic_or_partition, "The partition does not exist."};
  if (context.queued_for_deletion(tp.topic)) {
    return Verdict{ErrorCode::invalid_topic_exception, "The topic is being deleted."};
  }
  const int32_t leader = partition->leader();
  const bool gone = leader == kNoLeader || !context.is_live(leader);
  // To clients a partition whose leader is suspected has none.
  const bool needed = unclean ? gone : leader != partition->assignment.replicas.front() || context.is_suspected(leader);
  if (!needed) return Verdict{ErrorCode::election_not_needed, nullptr};
  return std::nullopt;
}

std::map<TopicPartition, Verdict> elect(Term& term, const std::vector<TopicPartition>& partitions, bool unclean) {
  std::map<TopicPartition, Verdict> out;
  std::vector<TopicPartition> electable;
  for (const auto& tp : partitions) {
    if (auto verdict = verdict_before(term.context, tp, unclean)) {
      out[tp] = *verdict;
    } else {
      electable.push_back(tp);
    }
  }
  const auto result =
      elect_leaders(term, std::move(electable), unclean ? Strategy::offline : Strategy::preferred, unclean);
  for (const auto& tp : result.elected) out[tp] = {};
  for (const auto& tp : result.failed) {
    out[tp] = unclean ? Verdict{ErrorCode::eligible_leaders_not_available, "No replica of the partition is alive."}
                      : Verdict{ErrorCode::preferred_leader_not_available,
                                "The preferred replica is not alive or not in sync."};
  }
  term.flush();
  return out;
}

}  // namespace

wire::ElectLeadersResponse elect_on_request(Term& term, const wire::ElectLeadersRequest& request) {
  std::vector<TopicPartition> partitions;
  if (request.topic_partitions) {
    for (const auto& topic : *request.topic_partitions) {
      for (int32_t partition : topic.partitions) partitions.push_back({topic.topic, partition});
    }
  } else {
    partitions = term.context.partitions_where([](const TopicPartition&, const Partition&) { return true; });
  }
  const auto verdicts = elect(term, partitions, request.election_type == kUncleanElection);
  wire::ElectLeadersResponse response;
  for (const auto& [tp, verdict] : verdicts) {
    if (!request.topic_partitions && verdict.code == ErrorCode::election_not_needed) continue;
    if (response.replica_election_results.empty() || response.replica_election_results.back().topic != tp.topic) {
      response.replica_election_results.emplace_back().topic = tp.topic;
    }
    auto& out = response.replica_election_results.back().partition_result.emplace_back();
    out.partition_id = tp.partition;
    out.error_code = verdict.code;
    if (verdict.message != nullptr) {
      out.error_message = verdict.message;
    } else if (verdict.code != ErrorCode::none) {
      out.error_message = std::string(wire::default_message(verdict.code));
    }
  }
  return response;
}

void on_preferred_election_node(Term& term) {
  if (!term.store.exists(zk::paths::kPreferredReplicaElection)) return;
  const auto data = term.store.read_data(zk::paths::kPreferredReplicaElection);
  const auto wanted = zk::decode_preferred_election(data.value_or(""));
  if (wanted) {
    std::vector<TopicPartition> partitions;
    for (const auto& p : *wanted) partitions.push_back({p.topic, p.partition});
    for (const auto& [tp, verdict] : elect(term, partitions, false)) {
      if (verdict.code != ErrorCode::none && verdict.code != ErrorCode::election_not_needed) {
        LOG(WARNING) << "No preferred leader for " << tp.to_string() << ": " << wire::name(verdict.code);
      }
    }
  } else {
    LOG(ERROR) << "Deleting " << zk::paths::kPreferredReplicaElection << ": " << wanted.error().message;
  }
  term.store.remove({zk::paths::kPreferredReplicaElection});
  term.store.exists(zk::paths::kPreferredReplicaElection);  // arms the watch for the next one
}

std::vector<TopicPartition> plan_rebalance(const Context& context, int32_t imbalance_percentage) {
  struct OfBroker {
    size_t preferred = 0;
    size_t led_by_others = 0;
    std::vector<TopicPartition> movable;
  };
  std::map<int32_t, OfBroker> brokers;
  context.for_each([&](const TopicPartition& tp, const Partition& partition) {
    if (context.queued_for_deletion(tp.topic) || partition.assignment.replicas.empty()) return;
    const int32_t preferred = partition.assignment.replicas.front();
    OfBroker& broker = brokers[preferred];
    ++broker.preferred;
    if (!partition.leadership || partition.leadership->leader == preferred) return;
    ++broker.led_by_others;
    if (context.is_online(preferred, tp) && partition.leadership->in_isr(preferred)) broker.movable.push_back(tp);
  });
  std::vector<TopicPartition> out;
  for (auto& [id, broker] : brokers) {
    if (broker.led_by_others * 100 <= broker.preferred * static_cast<size_t>(imbalance_percentage)) continue;
    for (auto& tp : broker.movable) out.push_back(std::move(tp));
  }
  return out;
}

bool rebalance_leaders(Term& term, size_t limit) {
  auto partitions = plan_rebalance(term.context, term.settings.imbalance_per_broker_percentage);
  const bool more = partitions.size() > limit;
  if (more) partitions.resize(limit);
  if (partitions.empty()) return false;
  LOG(INFO) << "Giving " << partitions.size() << " leaderships back to preferred replicas.";
  elect_leaders(term, std::move(partitions), Strategy::preferred);
  term.flush();
  return more;
}

}  // namespace meerkat::controller
