#include <glog/logging.h>

#include <utility>

#include "group/shard.h"
#include "replica/record_load.h"

namespace meerkat::group {

using wire::ErrorCode;

void Shard::on_leader(int32_t partition, int32_t leader_epoch) {
  auto [it, is_new] = partitions_.try_emplace(partition);
  Partition& state = it->second;
  state.leader_epoch = std::max(state.leader_epoch, leader_epoch);
  // It was led here before under an older epoch: what is in memory is what the log says.
  if (!is_new) return;
  LOG(INFO) << "Loading the groups of " << kOffsetsTopic << "-" << partition << ", leader epoch " << leader_epoch;
  load(partition);
}

void Shard::load(int32_t partition) {
  const uint64_t load = partitions_.at(partition).load = ++last_load_;
  replica::load_in_background<Loader>(
      log_, std::string(kOffsetsTopic), partition, workers_, loop_,
      [this, partition, load](wire::Outcome<Groups> groups) { install(partition, load, std::move(groups)); });
}

void Shard::install(int32_t partition, uint64_t load, wire::Outcome<Groups> groups) {
  auto it = partitions_.find(partition);
  if (it == partitions_.end() || it->second.load != load) return;  // led elsewhere meanwhile
  if (!groups) {
    // Mostly leadership is lost again, or the disk is, which come here as a resignation. What else it is may pass.
    constexpr std::chrono::milliseconds kRetry{1000};
    LOG(ERROR) << "The groups of " << kOffsetsTopic << "-" << partition
               << " cannot be loaded, which is tried again: " << groups.error().message;
    it->second.retry = loop_.after(kRetry, [this, partition] { this->load(partition); });
    return;
  }
  it->second.loading = false;
  for (auto& [id, group] : *groups) {
    auto entry = std::make_shared<Entry>(std::move(group), partition);
    if (!entry->group->state_timestamp_ms) entry->group->state_timestamp_ms = clock_.wall_ms();
    groups_[id] = entry;
    Actions actions;
    loaded(*entry->group, now(), actions);
    carry_out(entry, std::move(actions));
  }
  for (const auto& [producer_id, committed] : std::exchange(it->second.ended, {})) {
    end_transaction(partition, producer_id, committed);
  }
  LOG(INFO) << "Loaded " << groups->size() << " groups of " << kOffsetsTopic << "-" << partition;
}

void Shard::on_resigned(int32_t partition, int32_t leader_epoch) {
  auto it = partitions_.find(partition);
  if (it == partitions_.end() || (leader_epoch >= 0 && leader_epoch < it->second.leader_epoch)) return;
  partitions_.erase(it);
  std::vector<EntryPtr> gone;
  for (const auto& [id, entry] : groups_) {
    if (entry->partition == partition) gone.push_back(entry);
  }
  for (const auto& entry : gone) drop(entry, ErrorCode::not_coordinator);
  LOG(INFO) << "No coordinator of " << kOffsetsTopic << "-" << partition << " any more; " << gone.size()
            << " groups unloaded";
}

}  // namespace meerkat::group
