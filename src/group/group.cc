#include "group/group.h"

#include <algorithm>
#include <cassert>

#include "wire/codec.h"
#include "wire/messages/consumer_protocol.h"

namespace meerkat::group {

std::string_view name(GroupState state) {
  switch (state) {
    case GroupState::empty:
      return "Empty";
    case GroupState::preparing_rebalance:
      return "PreparingRebalance";
    case GroupState::completing_rebalance:
      return "CompletingRebalance";
    case GroupState::stable:
      return "Stable";
    case GroupState::dead:
      break;
  }
  return "Dead";
}

const Bytes& Member::metadata(std::string_view protocol) const {
  static const Bytes kNone;
  for (const auto& p : protocols) {
    if (p.name == protocol) return p.metadata;
  }
  return kNone;
}

Member* Group::find(std::string_view member_id) {
  auto it = members_.find(std::string(member_id));
  return it == members_.end() ? nullptr : &it->second;
}

const std::string* Group::static_member(const std::string& instance_id) const {
  auto it = static_members_.find(instance_id);
  return it == static_members_.end() ? nullptr : &it->second;
}

void Group::count_protocols(const Member& member, int by) {
  // A protocol named twice counts once, or it would never look as if all members had it.
  std::set<std::string_view> names;
  for (const auto& p : member.protocols) names.insert(p.name);
  for (const auto& name : names) {
    auto it = supporters_.try_emplace(std::string(name), 0).first;
    it->second += static_cast<size_t>(by);
    if (it->second == 0) supporters_.erase(it);
  }
}

Member& Group::add(Member member, std::string_view protocol_type_of_group) {
  assert(!members_.contains(member.id));
  if (members_.empty()) protocol_type = protocol_type_of_group;
  if (member.instance_id) static_members_[*member.instance_id] = member.id;
  if (!leader) leader = member.id;
  pending_members.erase(member.id);
  std::string member_id = member.id;
  Member& added = members_.emplace(std::move(member_id), std::move(member)).first->second;
  count_protocols(added, 1);
  if (added.join_request != 0) ++joined_;
  wake_at(added.session_deadline_ms);
  return added;
}

void Group::remove(const std::string& member_id) {
  pending_members.erase(member_id);
  pending_sync.erase(member_id);
  auto it = members_.find(member_id);
  if (it != members_.end()) {
    const Member& member = it->second;
    count_protocols(member, -1);
    if (member.join_request != 0) --joined_;
    if (member.instance_id) static_members_.erase(*member.instance_id);
    members_.erase(it);
  }
  if (is_leader(member_id)) {
    leader.reset();
    if (!members_.empty()) leader = members_.begin()->first;
  }
}

void Group::set_protocols(Member& member, std::vector<Protocol> protocols) {
  count_protocols(member, -1);
  member.protocols = std::move(protocols);
  count_protocols(member, 1);
}

Member& Group::rename(const std::string& old_id, const std::string& new_id) {
  auto node = members_.extract(old_id);
  assert(!node.empty());
  node.key() = new_id;
  node.mapped().id = new_id;
  if (node.mapped().instance_id) static_members_[*node.mapped().instance_id] = new_id;
  if (is_leader(old_id)) leader = new_id;
  if (pending_sync.erase(old_id) > 0) pending_sync.insert(new_id);
  return members_.insert(std::move(node)).position->second;
}

void Group::set_join_request(Member& member, RequestId request) {
  if (member.join_request != 0) --joined_;
  member.join_request = request;
  if (member.join_request != 0) ++joined_;
}

int32_t Group::rebalance_timeout_ms() const {
  int32_t longest = 0;
  for (const auto& [id, member] : members_) longest = std::max(longest, member.rebalance_timeout_ms);
  return longest;
}

bool Group::supports(std::string_view type, const std::vector<Protocol>& protocols) const {
  if (state == GroupState::empty) return !type.empty() && !protocols.empty();
  if (protocol_type != type) return false;
  return std::any_of(protocols.begin(), protocols.end(), [&](const Protocol& p) {
    auto it = supporters_.find(p.name);
    return (it == supporters_.end() ? 0 : it->second) == members_.size();
  });
}

std::string Group::select_protocol() const {
  assert(!members_.empty());
  std::map<std::string_view, size_t> votes;
  for (const auto& [id, member] : members_) {
    for (const auto& p : member.protocols) {
      auto it = supporters_.find(p.name);
      if (it == supporters_.end() || it->second != members_.size()) continue;
      ++votes[p.name];
      break;
    }
  }
  auto best =
      std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return best == votes.end() ? std::string() : std::string(best->first);
}

void Group::update_subscribed_topics() {
  subscribed_.reset();
  if (!is_consumer_group()) return;
  if (members_.empty()) {
    subscribed_.emplace();
    return;
  }
  if (!protocol) return;
  std::set<std::string> topics;
  for (const auto& [id, member] : members_) {
    // All versions begin alike, and the topics are what we are after.
    const ByteView metadata = member.metadata(*protocol);
    if (metadata.size() < sizeof(int16_t)) return;
    auto subscription = wire::decode<wire::ConsumerProtocolSubscription>(metadata.subspan(sizeof(int16_t)), 0);
    if (!subscription) return;
    topics.insert(subscription->topics.begin(), subscription->topics.end());
  }
  subscribed_ = std::move(topics);
}

void Group::recompute_wake() {
  wake_ = sync_deadline_ms;
  if (join_wait) wake_at(join_wait->deadline_ms);
  for (const auto& [id, deadline] : pending_members) wake_at(deadline);
  for (const auto& [id, member] : members_) wake_at(member.session_deadline_ms);
}

}  // namespace meerkat::group
