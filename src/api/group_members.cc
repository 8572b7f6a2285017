// JoinGroup v0–9, Heartbeat v0–4, LeaveGroup v0–5, SyncGroup v0–5: what the versions change; the rest is the group
// coordinator's.
#include "api/authorization.h"
#include "api/handlers.h"
#include "api/peer_address.h"
#include "api/replica_request.h"
#include "api/services.h"
#include "group/coordinator.h"
#include "wire/messages/11_join_group.h"
#include "wire/messages/12_heartbeat.h"
#include "wire/messages/13_leave_group.h"
#include "wire/messages/14_sync_group.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;

constexpr int16_t kFirstWithNullProtocol = 7;  // of JoinGroup

/// Whether the client may be a member of the group; if not, it is answered.
template <class Response>
bool may_join(const Services& services, const RequestContext& context, const std::string& group,
              Reply<Response>& reply) {
  if (Gate(services, context).group(security::Operation::read, group)) return true;
  Response response;
  response.error_code = ErrorCode::group_authorization_failed;
  if constexpr (std::is_same_v<Response, wire::JoinGroupResponse>) {
    if (context.version() >= kFirstWithNullProtocol) response.protocol_name = std::nullopt;
  }
  reply.send(response);
  return false;
}

}  // namespace

void join_group(Services& services, RequestContext context, wire::JoinGroupRequest request,
                Reply<wire::JoinGroupResponse> reply) {
  if (!may_join(services, context, request.group_id, reply)) return;
  const int16_t version = context.version();
  services.groups.join({version, context.client_id(), "/" + java_address(context.peer->host)}, std::move(request),
                       [version, reply = std::move(reply)](wire::JoinGroupResponse response) mutable {
                         if (version < kFirstWithNullProtocol && !response.protocol_name) response.protocol_name = "";
                         reply.send(response);
                       });
}

void sync_group(Services& services, RequestContext context, wire::SyncGroupRequest request,
                Reply<wire::SyncGroupResponse> reply) {
  constexpr int16_t kFirstWithProtocol = 5;
  if (context.version() >= kFirstWithProtocol && !(request.protocol_type && request.protocol_name)) {
    wire::SyncGroupResponse response;
    response.error_code = ErrorCode::inconsistent_group_protocol;
    return reply.send(response);
  }
  if (!may_join(services, context, request.group_id, reply)) return;
  services.groups.sync(std::move(request), answer(std::move(reply)));
}

void heartbeat(Services& services, RequestContext context, wire::HeartbeatRequest request,
               Reply<wire::HeartbeatResponse> reply) {
  if (!may_join(services, context, request.group_id, reply)) return;
  services.groups.heartbeat(std::move(request), answer(std::move(reply)));
}

void leave_group(Services& services, RequestContext context, wire::LeaveGroupRequest request,
                 Reply<wire::LeaveGroupResponse> reply) {
  if (!may_join(services, context, request.group_id, reply)) return;
  constexpr int16_t kFirstWithList = 3;
  if (context.version() >= kFirstWithList) {
    return services.groups.leave(std::move(request), answer(std::move(reply)));
  }
  request.members = {{request.member_id, std::nullopt, std::nullopt}};
  services.groups.leave(std::move(request), [reply = std::move(reply)](wire::LeaveGroupResponse response) mutable {
    if (response.error_code == ErrorCode::none && !response.members.empty()) {
      response.error_code = response.members.front().error_code;
    }
    response.members.clear();
    reply.send(response);
  });
}

}  // namespace meerkat::api
