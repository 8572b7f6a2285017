#include "client/assignor_sticky.h"

#include <algorithm>
#include <numeric>

namespace meerkat::client {
namespace {

using Owners = std::map<TopicPartition, std::string>;

/// Who had which partition. A newer generation's claim beats an older one; of two equal claims neither counts.
Owners former_owners(const Subscriptions& members) {
  struct Claim {
    int32_t generation;
    std::string member;
    bool disputed;
  };
  std::map<TopicPartition, Claim> claims;
  for (const auto& [id, member] : members) {
    for (const auto& p : member.owned) {
      auto [it, is_new] = claims.try_emplace(p, Claim{member.generation, id, false});
      if (is_new || it->second.member == id || member.generation < it->second.generation) continue;
      it->second = {member.generation, id, member.generation == it->second.generation};
    }
  }
  Owners owners;
  for (const auto& [partition, claim] : claims) {
    if (!claim.disputed) owners[partition] = claim.member;
  }
  return owners;
}

class Sticky {
 public:
  Sticky(const TopicRacks& topics, const Subscriptions& members) : members_(members), owners_(former_owners(members)) {
    for (const auto& [id, m] : members) {
      out_[id];
      wanted_[id].insert(m.topics.begin(), m.topics.end());
      for (const auto& topic : wanted_[id]) takers_[topic].push_back(id);
    }
    for (const auto& [topic, racks] : topics) {
      if (!takers_.contains(topic)) continue;
      for (size_t p = 0; p < racks.size(); ++p) partitions_[{topic, static_cast<int32_t>(p)}] = &racks[p];
    }
  }

  Assignments run() {
    const bool alike = std::all_of(wanted_.begin(), wanted_.end(),
                                   [&](const auto& entry) { return entry.second == wanted_.begin()->second; });
    alike ? keep_up_to_quota() : keep_all();
    give_out_the_rest();
    level();
    for (auto& [member, partitions] : out_) std::sort(partitions.begin(), partitions.end());
    return std::move(out_);
  }

 private:
  std::vector<TopicPartition> still_owned(const std::string& member) const {
    std::vector<TopicPartition> kept;
    for (const auto& [partition, owner] : owners_) {
      if (owner == member && partitions_.contains(partition) && wanted_.at(member).contains(partition.topic)) {
        kept.push_back(partition);
      }
    }
    return kept;
  }
  void give(const TopicPartition& partition, const std::string& member) {
    out_[member].push_back(partition);
    given_.insert(partition);
  }
  size_t load(const std::string& member) const { return out_.at(member).size(); }
  bool in_rack(const std::string& member, const TopicPartition& partition) const {
    const auto& rack = members_.at(member).rack;
    return rack && partitions_.at(partition)->contains(*rack);
  }

  /// All want the same: each keeps what it had up to its fair share. Those with more than the lower share may keep the
  /// higher one, as many as there are to be.
  void keep_up_to_quota() {
    const size_t each = partitions_.size() / members_.size();
    size_t with_more = partitions_.size() % members_.size();
    for (const auto& [id, m] : members_) {
      auto kept = still_owned(id);
      size_t quota = each;
      if (kept.size() > each && with_more > 0) {
        --with_more;
        ++quota;
      }
      if (kept.size() > quota) kept.resize(quota);
      for (const auto& p : kept) give(p, id);
    }
  }
  void keep_all() {
    for (const auto& [id, m] : members_) {
      for (const auto& p : still_owned(id)) give(p, id);
    }
  }
  /// The hardest to place first; each to the member with the least, among equals to one in a replica's rack.
  void give_out_the_rest() {
    std::vector<TopicPartition> rest;
    for (const auto& [partition, racks] : partitions_) {
      if (!given_.contains(partition)) rest.push_back(partition);
    }
    std::stable_sort(rest.begin(), rest.end(), [&](const TopicPartition& a, const TopicPartition& b) {
      return takers_.at(a.topic).size() < takers_.at(b.topic).size();
    });
    for (const auto& partition : rest) {
      const auto& takers = takers_.at(partition.topic);
      give(partition, *std::min_element(takers.begin(), takers.end(), [&](const auto& a, const auto& b) {
             return std::pair(load(a), !in_rack(a, partition)) < std::pair(load(b), !in_rack(b, partition));
           }));
    }
  }
  /// Moves single partitions while that makes the loads more even; new ones before those that stayed where they were.
  void level() {
    for (bool moved = true; moved;) {
      moved = false;
      std::vector<std::string> by_load;
      for (const auto& [id, m] : members_) by_load.push_back(id);
      std::stable_sort(by_load.begin(), by_load.end(), [&](const auto& a, const auto& b) { return load(a) > load(b); });
      for (const auto& from : by_load) moved = relieve(from) || moved;
    }
  }
  bool relieve(const std::string& from) {
    auto& has = out_[from];
    std::stable_partition(has.begin(), has.end(), [&](const TopicPartition& p) {
      auto owner = owners_.find(p);
      return owner == owners_.end() || owner->second != from;
    });
    for (size_t i = 0; i < has.size(); ++i) {
      const auto& takers = takers_.at(has[i].topic);
      const auto& to = *std::min_element(takers.begin(), takers.end(),
                                         [&](const auto& a, const auto& b) { return load(a) < load(b); });
      if (load(from) <= load(to) + 1) continue;
      out_[to].push_back(has[i]);
      has.erase(has.begin() + static_cast<std::ptrdiff_t>(i));
      return true;
    }
    return false;
  }

  const Subscriptions& members_;
  const Owners owners_;
  std::map<std::string, std::set<std::string>> wanted_;     // topics by member
  std::map<std::string, std::vector<std::string>> takers_;  // members by topic
  std::map<TopicPartition, const std::set<std::string>*> partitions_;
  std::set<TopicPartition> given_;
  Assignments out_;
};

}  // namespace

Assignments assign_sticky(const TopicRacks& topics, const Subscriptions& members) {
  if (members.empty()) return {};
  return Sticky(topics, members).run();
}

void hold_back_moving(const Subscriptions& members, Assignments& assignments) {
  std::map<TopicPartition, std::set<std::string>> holders;
  for (const auto& [id, member] : members) {
    for (const auto& p : member.owned) holders[p].insert(id);
  }
  for (auto& [id, partitions] : assignments) {
    std::erase_if(partitions, [&, &id = id](const TopicPartition& p) {
      auto it = holders.find(p);
      return it != holders.end() && !it->second.contains(id);
    });
  }
}

}  // namespace meerkat::client
