#include "replica/rack_selector.h"

#include <algorithm>
#include <tuple>

namespace meerkat::replica {

std::optional<int32_t> RackSelector::select(const ReplicaChoice& choice) const {
  if (choice.client_rack.empty()) return {};
  const auto in_rack = [&](int32_t id) {
    const auto* broker = choice.metadata.broker(id);
    return broker && broker->endpoint(choice.listener) && broker->rack == choice.client_rack;
  };
  const auto& partition = choice.partition;
  if (in_rack(partition.leader)) return {};
  const RemoteReplica* best = nullptr;
  const auto rank = [](const RemoteReplica& r) { return std::tuple(r.log_end_offset, r.last_caught_up_ms, r.id); };
  for (const auto& remote : partition.remotes) {
    const bool in_sync = std::find(partition.isr.begin(), partition.isr.end(), remote.id) != partition.isr.end();
    const bool holds_offset =
        remote.log_start_offset <= choice.fetch_offset && choice.fetch_offset <= remote.log_end_offset;
    if (!in_sync || !holds_offset || !in_rack(remote.id)) continue;
    if (!best || rank(*best) < rank(remote)) best = &remote;
  }
  return best ? std::optional(best->id) : std::nullopt;
}

}  // namespace meerkat::replica
