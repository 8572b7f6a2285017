#include "group/shard.h"

namespace meerkat::group {

using wire::ErrorCode;

void Shard::join(int32_t partition, JoinEvent event, Callback<wire::JoinGroupResponse> reply) {
  const auto refuse = [&](ErrorCode error) {
    wire::JoinGroupResponse response;
    response.error_code = error;
    response.member_id = event.body.member_id;
    response.protocol_name = std::nullopt;
    reply(std::move(response));
  };
  if (auto error = check(partition); error != ErrorCode::none) return refuse(error);
  const int32_t session = event.body.session_timeout_ms;
  if (session < settings_.min_session_timeout_ms || session > settings_.max_session_timeout_ms) {
    return refuse(ErrorCode::invalid_session_timeout);
  }
  const bool may_make = event.body.member_id.empty();
  const EntryPtr entry = may_make ? find_or_make(partition, event.body.group_id) : find(event.body.group_id);
  if (!entry) return refuse(ErrorCode::unknown_member_id);
  event.request = ++last_request_;
  joins_.emplace(event.request, std::move(reply));
  Actions actions;
  group::join(*entry->group, std::move(event), now(), actions);
  carry_out(entry, std::move(actions));
}

void Shard::sync(int32_t partition, wire::SyncGroupRequest request, Callback<wire::SyncGroupResponse> reply) {
  ErrorCode error = check(partition);
  // The member then joins again, and hears the rest there.
  if (error == ErrorCode::coordinator_load_in_progress) error = ErrorCode::rebalance_in_progress;
  const EntryPtr entry = find(request.group_id);
  if (error == ErrorCode::none && !entry) error = ErrorCode::unknown_member_id;
  if (error != ErrorCode::none) {
    wire::SyncGroupResponse response;
    response.error_code = error;
    return reply(std::move(response));
  }
  const RequestId id = ++last_request_;
  syncs_.emplace(id, std::move(reply));
  Actions actions;
  group::sync(*entry->group, {id, std::move(request)}, now(), actions);
  carry_out(entry, std::move(actions));
}

ErrorCode Shard::heartbeat(int32_t partition, const wire::HeartbeatRequest& request) {
  const ErrorCode error = check(partition);
  // A member that only shows that it lives need not be troubled.
  if (error == ErrorCode::coordinator_load_in_progress) return ErrorCode::none;
  if (error != ErrorCode::none) return error;
  const EntryPtr entry = find(request.group_id);
  if (!entry) return ErrorCode::unknown_member_id;
  const ErrorCode answer =
      group::heartbeat(*entry->group, request.member_id, request.group_instance_id, request.generation_id, now());
  arm(entry);
  return answer;
}

wire::LeaveGroupResponse Shard::leave(int32_t partition, const wire::LeaveGroupRequest& request) {
  wire::LeaveGroupResponse response;
  response.error_code = check(partition);
  if (response.error_code != ErrorCode::none) return response;
  const EntryPtr entry = find(request.group_id);
  Actions actions;
  for (const auto& who : request.members) {
    const ErrorCode error = entry ? group::leave(*entry->group, who, now(), actions) : ErrorCode::unknown_member_id;
    response.members.push_back({who.member_id, who.group_instance_id, error});
  }
  if (entry) carry_out(entry, std::move(actions));
  return response;
}

}  // namespace meerkat::group
