#include "controller/election.h"

#include <algorithm>

namespace meerkat::controller {
namespace {

std::vector<int32_t> keep(const std::vector<int32_t>& list, const std::function<bool(int32_t)>& wanted) {
  std::vector<int32_t> out;
  std::copy_if(list.begin(), list.end(), std::back_inserter(out), wanted);
  return out;
}

std::optional<int32_t> first(const std::vector<int32_t>& list, const std::function<bool(int32_t)>& wanted) {
  const auto it = std::find_if(list.begin(), list.end(), wanted);
  return it == list.end() ? std::nullopt : std::optional(*it);
}

Elected lead(const Leadership& current, int32_t leader, std::vector<int32_t> isr, std::vector<int32_t> recipients) {
  Elected out{current, std::move(recipients)};
  out.leadership.leader = leader;
  out.leadership.leader_epoch = current.leader_epoch + 1;
  out.leadership.isr = std::move(isr);
  return out;
}

std::optional<Elected> elect_offline(const Ballot& b) {
  auto recipients = keep(b.assignment->replicas, b.online);
  const auto in_sync = first(recipients, [&](int32_t r) { return b.current->in_isr(r); });
  if (in_sync) return lead(*b.current, *in_sync, keep(b.current->isr, b.online), std::move(recipients));
  if (!b.unclean_allowed || recipients.empty()) return std::nullopt;
  const int32_t leader = recipients.front();
  auto elected = lead(*b.current, leader, {leader}, std::move(recipients));
  elected.leadership.recovering = true;
  return elected;
}

std::optional<Elected> elect_preferred(const Ballot& b) {
  if (b.assignment->replicas.empty()) return std::nullopt;
  const int32_t preferred = b.assignment->replicas.front();
  if (!b.online(preferred) || !b.current->in_isr(preferred)) return std::nullopt;
  return lead(*b.current, preferred, b.current->isr, b.assignment->replicas);
}

std::optional<Elected> elect_reassign(const Ballot& b) {
  auto target = b.assignment->target();
  const auto leader = first(target, [&](int32_t r) { return b.online(r) && b.current->in_isr(r); });
  if (!leader) return std::nullopt;
  return lead(*b.current, *leader, b.current->isr, std::move(target));
}

std::optional<Elected> elect_controlled_shutdown(const Ballot& b) {
  auto recipients = keep(b.assignment->replicas, b.online);
  const auto stays = [&](int32_t r) { return !b.leaving(r); };
  const auto leader = first(recipients, [&](int32_t r) { return b.current->in_isr(r) && stays(r); });
  if (!leader) return std::nullopt;
  return lead(*b.current, *leader, keep(b.current->isr, stays), std::move(recipients));
}

}  // namespace

std::optional<Elected> elect(Strategy strategy, const Ballot& ballot) {
  switch (strategy) {
    case Strategy::offline:
      return elect_offline(ballot);
    case Strategy::preferred:
      return elect_preferred(ballot);
    case Strategy::reassign:
      return elect_reassign(ballot);
    case Strategy::controlled_shutdown:
      return elect_controlled_shutdown(ballot);
  }
  return std::nullopt;
}

Ballot ballot_for(const Context& context, const TopicPartition& tp, Strategy strategy) {
  const Partition* partition = context.find(tp);
  Ballot ballot;
  ballot.assignment = &partition->assignment;
  ballot.current = &*partition->leadership;
  const bool include_leaving = strategy == Strategy::controlled_shutdown;
  ballot.online = [&context, tp, include_leaving](int32_t broker) {
    return context.is_online(broker, tp, include_leaving);
  };
  ballot.leaving = [&context](int32_t broker) {
    const auto it = context.brokers.find(broker);
    return it != context.brokers.end() && it->second.leaving();
  };
  return ballot;
}

std::optional<Leadership> first_leadership(const Assignment& assignment, const std::function<bool(int32_t)>& online) {
  Leadership out;
  out.isr = keep(assignment.replicas, online);
  if (out.isr.empty()) return std::nullopt;
  out.leader = out.isr.front();
  return out;
}

std::optional<Leadership> without_replica(const Leadership& current, int32_t broker) {
  if (!current.in_isr(broker)) return std::nullopt;
  Leadership out = current;
  if (current.leader == broker) out.leader = kNoLeader;
  if (current.isr.size() > 1) std::erase(out.isr, broker);
  out.leader_epoch = current.leader_epoch + 1;
  return out;
}

}  // namespace meerkat::controller
