#include "cluster/placement.h"

#include <algorithm>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace meerkat::cluster {
namespace {

using wire::ErrorCode;

struct Start {
  int32_t index = 0;  // where the leader of partition 0 sits
  int32_t shift = 0;  // distance from the leader to the first follower, less one
};

size_t follower_index(size_t leader, size_t shift, size_t nth, size_t brokers) {
  return (leader + 1 + (shift + nth) % (brokers - 1)) % brokers;
}

Assignment spread(const std::vector<BrokerRack>& brokers, int32_t partitions, int32_t replication_factor, Start start,
                  int32_t first_partition) {
  const size_t n = brokers.size();
  size_t shift = static_cast<size_t>(start.shift);
  Assignment out;
  for (int32_t p = first_partition; p < first_partition + partitions; ++p) {
    if (p > 0 && p % n == 0) ++shift;
    const size_t leader = (static_cast<size_t>(p) + static_cast<size_t>(start.index)) % n;
    std::vector<int32_t> replicas{brokers[leader].id};
    for (int32_t j = 0; j < replication_factor - 1; ++j) {
      replicas.push_back(brokers[follower_index(leader, shift, static_cast<size_t>(j), n)].id);
    }
    out.emplace(p, std::move(replicas));
  }
  return out;
}

// One broker of each rack in turn, racks by name, brokers of a rack by id.
std::vector<BrokerRack> alternate_racks(const std::vector<BrokerRack>& brokers) {
  std::map<std::string, std::set<int32_t>> by_rack;
  for (const auto& b : brokers) by_rack[*b.rack].insert(b.id);
  std::vector<BrokerRack> out;
  while (!by_rack.empty()) {
    for (auto it = by_rack.begin(); it != by_rack.end();) {
      auto& ids = it->second;
      out.push_back({*ids.begin(), it->first});
      ids.erase(ids.begin());
      it = ids.empty() ? by_rack.erase(it) : std::next(it);
    }
  }
  return out;
}

Assignment spread_over_racks(const std::vector<BrokerRack>& unordered, int32_t partitions, int32_t replication_factor,
                             Start start, int32_t first_partition) {
  const auto brokers = alternate_racks(unordered);
  std::set<std::string> all_racks;
  for (const auto& b : brokers) all_racks.insert(*b.rack);
  const size_t n = brokers.size();
  size_t shift = static_cast<size_t>(start.shift);
  Assignment out;
  for (int32_t p = first_partition; p < first_partition + partitions; ++p) {
    if (p > 0 && p % n == 0) ++shift;
    const size_t leader = (static_cast<size_t>(p) + static_cast<size_t>(start.index)) % n;
    std::vector<int32_t> replicas{brokers[leader].id};
    std::set<std::string> racks{*brokers[leader].rack};
    std::set<int32_t> ids{brokers[leader].id};
    size_t step = 0;
    while (replicas.size() < static_cast<size_t>(replication_factor)) {
      const auto& candidate = brokers[follower_index(leader, shift * all_racks.size(), step++, n)];
      const bool rack_is_free = !racks.contains(*candidate.rack) || racks.size() == all_racks.size();
      if (rack_is_free && ids.insert(candidate.id).second) {
        replicas.push_back(candidate.id);
        racks.insert(*candidate.rack);
      }
    }
    out.emplace(p, std::move(replicas));
  }
  return out;
}

// What can be refused before any random number is drawn; with racks only if all brokers name theirs.
wire::Outcome<bool> use_racks(const std::vector<BrokerRack>& brokers, int32_t partitions, int32_t replication_factor) {
  if (partitions <= 0) return refuse(ErrorCode::invalid_partitions, "Number of partitions must be larger than 0.");
  if (replication_factor <= 0) {
    return refuse(ErrorCode::invalid_replication_factor, "Replication factor must be larger than 0.");
  }
  if (static_cast<size_t>(replication_factor) > brokers.size()) {
    return refuse(ErrorCode::invalid_replication_factor,
                  absl::StrCat("Replication factor: ", replication_factor,
                               " larger than available brokers: ", brokers.size(), "."));
  }
  const auto with_rack =
      std::count_if(brokers.begin(), brokers.end(), [](const auto& b) { return b.rack.has_value(); });
  if (with_rack == 0) return false;
  if (static_cast<size_t>(with_rack) != brokers.size()) {
    return refuse(ErrorCode::unknown_server_error,
                  "Some brokers have a rack and some have none, so replicas cannot be spread over racks: "
                  "set broker.rack on all brokers or on none.");
  }
  return true;
}

}  // namespace

Draw random_draw() {
  return [](int32_t bound) {
    thread_local std::mt19937 engine{std::random_device{}()};
    return std::uniform_int_distribution<int32_t>(0, bound - 1)(engine);
  };
}

wire::Outcome<Assignment> assign_replicas(std::vector<BrokerRack> brokers, int32_t partitions,
                                          int32_t replication_factor, const Draw& draw, int32_t first_partition) {
  auto racks = use_racks(brokers, partitions, replication_factor);
  if (!racks) return racks.failure();
  const auto n = static_cast<int32_t>(brokers.size());
  const Start start{draw(n), draw(n)};
  return *racks ? spread_over_racks(brokers, partitions, replication_factor, start, first_partition)
                : spread(brokers, partitions, replication_factor, start, first_partition);
}

wire::Outcome<Assignment> assign_replicas_from(std::vector<BrokerRack> brokers, int32_t partitions,
                                               int32_t replication_factor, int32_t start_index,
                                               int32_t first_partition) {
  return assign_replicas(
      std::move(brokers), partitions, replication_factor, [&](int32_t) { return start_index; }, first_partition);
}

wire::Outcome<Assignment> assign_added_partitions(const Assignment& existing, int32_t new_count,
                                                  std::vector<BrokerRack> brokers) {
  const auto first = existing.find(0);
  if (first == existing.end() || first->second.empty()) {
    return refuse(ErrorCode::unknown_server_error,
                  "The topic's node in ZooKeeper has no replicas for partition 0, so no place can be derived.");
  }
  const auto begin =
      std::find_if(brokers.begin(), brokers.end(), [&](const auto& b) { return b.id >= first->second.front(); });
  const auto start = begin == brokers.end() ? 0 : static_cast<int32_t>(begin - brokers.begin());
  const auto old_count = static_cast<int32_t>(existing.size());
  return assign_replicas_from(std::move(brokers), new_count - old_count, static_cast<int32_t>(first->second.size()),
                              start, old_count);
}

wire::Outcome<void> check_manual_assignment(const Assignment& assignment) {
  const auto invalid = [](std::string why) { return refuse(ErrorCode::invalid_replica_assignment, std::move(why)); };
  std::set<size_t> sizes;
  for (const auto& [partition, replicas] : assignment) sizes.insert(replicas.size());
  if (sizes.size() != 1) return invalid("All partitions should have the same number of replicas.");
  if (sizes.contains(0)) return invalid("A partition needs at least one replica.");
  int32_t expected = 0;
  for (const auto& [partition, replicas] : assignment) {
    if (std::set<int32_t>(replicas.begin(), replicas.end()).size() != replicas.size()) {
      return invalid(absl::StrCat("Duplicate replica assignment found: partition ", partition, " has replicas ",
                                  absl::StrJoin(replicas, ", "), "."));
    }
    if (partition != expected++) return invalid("Partitions should be a consecutive 0-based integer sequence.");
  }
  return {};
}

wire::Outcome<void> check_added_assignment(const Assignment& added, size_t replication_factor,
                                           std::span<const BrokerRack> brokers) {
  for (const auto& [partition, replicas] : added) {
    const auto invalid = [&, p = partition](std::string why) {
      return refuse(ErrorCode::invalid_replica_assignment, absl::StrCat("Partition ", p, ": ", why));
    };
    if (replicas.empty()) return invalid("a replication factor of 0 is not possible.");
    if (std::set<int32_t>(replicas.begin(), replicas.end()).size() != replicas.size()) {
      return invalid(absl::StrCat("duplicate brokers in replica assignment ", absl::StrJoin(replicas, ", "), "."));
    }
    for (int32_t id : replicas) {
      if (std::none_of(brokers.begin(), brokers.end(), [&](const auto& b) { return b.id == id; })) {
        return invalid(absl::StrCat("unknown broker ", id, " in replica assignment."));
      }
    }
    if (replicas.size() != replication_factor) {
      return invalid(absl::StrCat("inconsistent replication factor: ", replicas.size(),
                                  " replicas, but partition 0 of the topic has ", replication_factor, "."));
    }
  }
  return {};
}

}  // namespace meerkat::cluster
