// JoinGroup v0–9, Heartbeat v0–4, LeaveGroup v0–5, SyncGroup v0–5: what the versions change; the rest is the group
// coordinator's.
#include <arpa/inet.h>

#include "api/handlers.h"
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

/// An address as Java prints it, which is how groups keep it: "/127.0.0.1", "/0:0:0:0:0:0:0:1".
std::string java_address(const std::string& host) {
  in6_addr address{};
  if (inet_pton(AF_INET6, host.c_str(), &address) != 1) return "/" + host;
  std::string text = "/";
  for (size_t i = 0; i < sizeof address.s6_addr; i += 2) {
    char part[6];
    std::snprintf(part, sizeof part, "%x", address.s6_addr[i] << 8 | address.s6_addr[i + 1]);
    if (i > 0) text += ':';
    text += part;
  }
  return text;
}

}  // namespace

void join_group(Services& services, RequestContext context, wire::JoinGroupRequest request,
                Reply<wire::JoinGroupResponse> reply) {
  const int16_t version = context.version();
  services.groups.join({version, context.client_id(), java_address(context.peer->host)}, std::move(request),
                       [version, reply = std::move(reply)](wire::JoinGroupResponse response) mutable {
                         constexpr int16_t kFirstWithNullProtocol = 7;
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
  services.groups.sync(std::move(request), answer(std::move(reply)));
}

void heartbeat(Services& services, RequestContext, wire::HeartbeatRequest request,
               Reply<wire::HeartbeatResponse> reply) {
  services.groups.heartbeat(std::move(request), answer(std::move(reply)));
}

void leave_group(Services& services, RequestContext context, wire::LeaveGroupRequest request,
                 Reply<wire::LeaveGroupResponse> reply) {
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
