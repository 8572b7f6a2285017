#include "client/group_admin.h"

#include "client/assignors.h"
#include "wire/messages/16_list_groups.h"
#include "wire/messages/42_delete_groups.h"
#include "wire/messages/47_offset_delete.h"

namespace meerkat::client {

using wire::ErrorCode;

namespace {

constexpr std::chrono::milliseconds kPatience{15'000};

}  // namespace

wire::Outcome<std::vector<ListedGroup>> GroupAdmin::list(const std::vector<std::string>& states) {
  auto view = cluster_.refresh(std::vector<std::string>{});
  if (!view) return wire::refuse(ErrorCode::network_exception, view.error().message);
  std::map<std::string, ListedGroup> found;
  for (const auto& [id, broker] : (*view)->brokers) {
    wire::ListGroupsRequest request;
    request.states_filter = states;
    auto answer = cluster_.network().ask<wire::ListGroupsRequest, wire::ListGroupsResponse>(broker, std::move(request));
    if (!answer) return wire::refuse(ErrorCode::network_exception, answer.error().message);
    if (answer->error_code != ErrorCode::none) return wire::refuse(answer->error_code);
    for (auto& group : answer->groups) {
      const std::string key = group.group_id;
      found[key] = {std::move(group.group_id), std::move(group.group_state), std::move(group.protocol_type)};
    }
  }
  std::vector<ListedGroup> groups;
  for (auto& [id, group] : found) groups.push_back(std::move(group));
  return groups;
}

wire::Outcome<GroupDescription> GroupAdmin::describe(const std::string& group) {
  CoordinatorClient coordinator(cluster_, group, kPatience);
  wire::DescribeGroupsRequest request;
  request.groups = {group};
  auto answer = coordinator.ask<wire::DescribeGroupsRequest, wire::DescribeGroupsResponse>(
      request,
      [](const wire::DescribeGroupsResponse& r) { return r.groups.empty() ? ErrorCode::none : r.groups[0].error_code; },
      GroupCall::fetch_offsets);
  if (!answer) return answer.failure();
  if (answer->groups.empty()) return wire::refuse(ErrorCode::unknown_server_error);
  auto& found = answer->groups[0];
  // From v6 on a group that is not there is an error (KIP-1043).
  if (found.error_code != ErrorCode::none && found.error_code != ErrorCode::group_id_not_found) {
    return wire::refuse(found.error_code);
  }
  GroupDescription out{group, found.group_state, found.protocol_data, -1, *coordinator.find(), {}};
  if (out.state.empty()) out.state = "Dead";
  for (const auto& [id, broker] : cluster_.view()->brokers) {
    if (broker == out.coordinator) out.coordinator_id = id;
  }
  for (auto& member : found.members) {
    GroupMember m{member.member_id, member.group_instance_id, member.client_id, member.client_host, {}};
    if (found.protocol_type == "consumer") {
      if (auto assignment = decode_assignment(member.member_assignment)) m.assignment = std::move(*assignment);
    }
    out.members.push_back(std::move(m));
  }
  return out;
}

wire::Outcome<Offsets> GroupAdmin::offsets(const std::string& group) {
  return CoordinatorClient(cluster_, group, kPatience).fetch(std::nullopt);
}

wire::Outcome<void> GroupAdmin::set_offsets(const std::string& group, const Offsets& offsets) {
  return CoordinatorClient(cluster_, group, kPatience).commit(offsets, {});
}

wire::Outcome<std::map<TopicPartition, ErrorCode>> GroupAdmin::delete_offsets(
    const std::string& group, const std::set<TopicPartition>& partitions) {
  wire::OffsetDeleteRequest request;
  request.group_id = group;
  for (const auto& partition : partitions) {
    if (request.topics.empty() || request.topics.back().name != partition.topic) {
      request.topics.emplace_back().name = partition.topic;
    }
    request.topics.back().partitions.emplace_back().partition_index = partition.partition;
  }
  auto answer =
      CoordinatorClient(cluster_, group, kPatience)
          .ask<wire::OffsetDeleteRequest, wire::OffsetDeleteResponse>(
              request, [](const wire::OffsetDeleteResponse& r) { return r.error_code; }, GroupCall::fetch_offsets);
  if (!answer) return answer.failure();
  if (answer->error_code != ErrorCode::none) return wire::refuse(answer->error_code);
  std::map<TopicPartition, ErrorCode> errors;
  for (const auto& topic : answer->topics) {
    for (const auto& p : topic.partitions) errors[{topic.name, p.partition_index}] = p.error_code;
  }
  return errors;
}

wire::Outcome<void> GroupAdmin::delete_group(const std::string& group) {
  wire::DeleteGroupsRequest request;
  request.groups_names = {group};
  const auto error_of = [](const wire::DeleteGroupsResponse& r) {
    return r.results.empty() ? ErrorCode::none : r.results[0].error_code;
  };
  auto answer =
      CoordinatorClient(cluster_, group, kPatience)
          .ask<wire::DeleteGroupsRequest, wire::DeleteGroupsResponse>(request, error_of, GroupCall::fetch_offsets);
  if (!answer) return answer.failure();
  if (const ErrorCode error = error_of(*answer); error != ErrorCode::none) return wire::refuse(error);
  return {};
}

}  // namespace meerkat::client
