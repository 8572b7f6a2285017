#include "group/shard.h"

namespace meerkat::group {

using wire::ErrorCode;

wire::DescribeGroupsResponse::DescribedGroup Shard::describe(int32_t partition, const std::string& group_id) {
  wire::DescribeGroupsResponse::DescribedGroup out;
  out.group_id = group_id;
  out.error_code = check(partition);
  if (out.error_code != ErrorCode::none) return out;
  const EntryPtr entry = find(group_id);
  if (!entry) {
    out.group_state = name(GroupState::dead);
    return out;
  }
  const Group& group = *entry->group;
  out.group_state = name(group.state);
  out.protocol_type = group.protocol_type.value_or("");
  // Only of a generation that is complete are protocol, metadata and assignments certain.
  const bool stable = group.state == GroupState::stable;
  if (stable) out.protocol_data = group.protocol.value_or("");
  for (const auto& [id, member] : group.members()) {
    auto& m = out.members.emplace_back();
    m.member_id = id;
    m.group_instance_id = member.instance_id;
    m.client_id = member.client_id;
    m.client_host = member.client_host;
    if (!stable) continue;
    m.member_metadata = member.metadata(out.protocol_data);
    m.member_assignment = member.assignment;
  }
  return out;
}

std::pair<std::vector<wire::ListGroupsResponse::ListedGroup>, bool> Shard::list() {
  std::vector<wire::ListGroupsResponse::ListedGroup> out;
  for (const auto& [id, entry] : groups_) {
    out.push_back({id, entry->group->protocol_type.value_or(""), std::string(name(entry->group->state)), "classic"});
  }
  bool loading = false;
  for (const auto& [index, partition] : partitions_) loading = loading || partition.loading;
  return {std::move(out), loading};
}

std::vector<GroupOffset> Shard::committed() const {
  std::vector<GroupOffset> out;
  for (const auto& [id, entry] : groups_) {
    for (const auto& [topic, partitions] : entry->group->offsets.topics()) {
      for (const auto& [index, stored] : partitions) out.push_back({id, {topic, index}, stored.value.offset});
    }
  }
  return out;
}

void Shard::remove_group(int32_t partition, const std::string& group_id, Callback<ErrorCode> done) {
  if (auto error = check(partition); error != ErrorCode::none) return done(error);
  const EntryPtr entry = find(group_id);
  if (!entry) return done(ErrorCode::group_id_not_found);
  if (entry->group->state != GroupState::empty) return done(ErrorCode::non_empty_group);
  entry->group->pending_members.clear();
  clean_up(entry, entry->group->offsets.remove_all(), std::move(done));
}

}  // namespace meerkat::group
