#include "client/assignor_range.h"

#include <algorithm>

namespace meerkat::client {
namespace {

/// One topic while its partitions are given out.
struct TopicShare {
  std::string topic;
  std::vector<std::string> members;
  std::vector<std::set<std::string>> racks;  // by partition
  std::set<int32_t> left;
  std::map<std::string, size_t> given;
  size_t each = 0;       // what every member gets
  size_t with_more = 0;  // and how many get one more
  bool by_rack = false;  // racks make a difference

  size_t room(const std::string& member) const {
    const size_t limit = each + (with_more > 0 ? 1 : 0);
    const size_t has = given.at(member);
    return has < limit ? limit - has : 0;
  }
  void give(const std::string& member, const std::vector<int32_t>& partitions, Assignments& out) {
    for (const int32_t p : partitions) {
      out[member].push_back({topic, p});
      left.erase(p);
    }
    given[member] += partitions.size();
    if (given[member] > each) --with_more;
  }
};

bool rack_matters(const TopicShare& share, const Subscriptions& members) {
  std::set<std::string> of_members, of_partitions;
  for (const auto& m : share.members) {
    if (members.at(m).rack) of_members.insert(*members.at(m).rack);
  }
  for (const auto& racks : share.racks) of_partitions.insert(racks.begin(), racks.end());
  const bool any_match =
      std::any_of(of_members.begin(), of_members.end(), [&](const auto& r) { return of_partitions.contains(r); });
  // Where all partitions are in all racks there is nothing to choose.
  return any_match && !std::all_of(share.racks.begin(), share.racks.end(),
                                   [&](const auto& racks) { return racks == of_partitions; });
}

bool matches(const TopicShare& share, const Subscription& member, int32_t partition) {
  return !member.rack || share.racks[static_cast<size_t>(partition)].contains(*member.rack);
}

void give_ranges(TopicShare& share, const Subscriptions& members, bool by_rack, Assignments& out) {
  for (const auto& member : share.members) {
    std::vector<int32_t> range;
    const size_t room = share.room(member);
    for (const int32_t p : share.left) {
      if (range.size() == room) break;
      if (!by_rack || matches(share, members.at(member), p)) range.push_back(p);
    }
    if (!range.empty()) share.give(member, range, out);
  }
}

/// Topics of one size and with the same members: partition n of all of them goes to one member.
void give_together(std::vector<TopicShare*>& shares, const Subscriptions& members, Assignments& out) {
  const auto size = static_cast<int32_t>(shares.front()->racks.size());
  for (int32_t p = 0; p < size; ++p) {
    for (const auto& member : shares.front()->members) {
      const bool fits = std::all_of(shares.begin(), shares.end(), [&](const TopicShare* s) {
        return matches(*s, members.at(member), p) && s->room(member) > 0;
      });
      if (!fits) continue;
      for (TopicShare* s : shares) s->give(member, {p}, out);
      break;
    }
  }
}

std::vector<TopicShare> shares_of(const TopicRacks& topics, const Subscriptions& members,
                                  const std::vector<std::string>& order) {
  std::vector<TopicShare> shares;
  for (const auto& [topic, racks] : topics) {
    TopicShare share;
    share.topic = topic;
    share.racks = racks;
    for (const auto& member : order) {
      const auto& wanted = members.at(member).topics;
      if (std::find(wanted.begin(), wanted.end(), topic) == wanted.end()) continue;
      share.members.push_back(member);
      share.given[member] = 0;
    }
    if (racks.empty() || share.members.empty()) continue;
    for (size_t p = 0; p < racks.size(); ++p) share.left.insert(static_cast<int32_t>(p));
    share.each = racks.size() / share.members.size();
    share.with_more = racks.size() % share.members.size();
    share.by_rack = rack_matters(share, members);
    shares.push_back(std::move(share));
  }
  return shares;
}

}  // namespace

std::vector<std::string> in_order(const Subscriptions& members) {
  std::vector<std::string> order;
  for (const auto& [id, m] : members) order.push_back(id);
  std::sort(order.begin(), order.end(), [&](const std::string& a, const std::string& b) {
    const auto& ia = members.at(a).instance_id;
    const auto& ib = members.at(b).instance_id;
    if (ia && ib) return *ia < *ib;
    if (ia || ib) return ia.has_value();
    return a < b;
  });
  return order;
}

Assignments assign_range(const TopicRacks& topics, const Subscriptions& members) {
  Assignments out;
  for (const auto& [id, m] : members) out[id];
  std::vector<TopicShare> shares = shares_of(topics, members, in_order(members));
  const bool by_rack = std::any_of(shares.begin(), shares.end(), [](const TopicShare& s) { return s.by_rack; });
  if (by_rack) {
    std::map<std::pair<std::vector<std::string>, size_t>, std::vector<TopicShare*>> alike;
    for (auto& share : shares) alike[{share.members, share.racks.size()}].push_back(&share);
    for (auto& [key, together] : alike) {
      if (together.size() > 1) {
        give_together(together, members, out);
      } else if (together.front()->by_rack) {
        give_ranges(*together.front(), members, true, out);
      }
    }
  }
  for (auto& share : shares) give_ranges(share, members, false, out);
  for (auto& [member, partitions] : out) std::sort(partitions.begin(), partitions.end());
  return out;
}

Assignments assign_round_robin(const TopicRacks& topics, const Subscriptions& members) {
  Assignments out;
  for (const auto& [id, m] : members) out[id];
  const std::vector<std::string> order = in_order(members);
  std::map<std::string, std::set<std::string>> wanted;
  std::set<std::string> subscribed;
  for (const auto& [id, m] : members) {
    wanted[id].insert(m.topics.begin(), m.topics.end());
    subscribed.insert(m.topics.begin(), m.topics.end());
  }
  size_t next = 0;
  for (const auto& [topic, racks] : topics) {
    if (!subscribed.contains(topic)) continue;
    for (size_t p = 0; p < racks.size(); ++p) {
      while (!wanted[order[next]].contains(topic)) next = (next + 1) % order.size();
      out[order[next]].push_back({topic, static_cast<int32_t>(p)});
      next = (next + 1) % order.size();
    }
  }
  return out;
}

}  // namespace meerkat::client
