// APIs whose whole answer, on a broker in ZooKeeper mode and on listeners without SASL, is an error that tells the
// client so: SASL, delegation tokens, features, and the consumer protocol of KIP-848.
#include "api/handlers.h"
#include "api/services.h"
#include "controller/controller.h"
#include "wire/messages/17_sasl_handshake.h"
#include "wire/messages/36_sasl_authenticate.h"
#include "wire/messages/38_create_delegation_token.h"
#include "wire/messages/39_renew_delegation_token.h"
#include "wire/messages/40_expire_delegation_token.h"
#include "wire/messages/41_describe_delegation_token.h"
#include "wire/messages/57_update_features.h"
#include "wire/messages/58_envelope.h"
#include "wire/messages/68_consumer_group_heartbeat.h"
#include "wire/messages/69_consumer_group_describe.h"

namespace meerkat::api {
namespace {
using wire::ErrorCode;
/// Tokens are for authenticated connections; on a PLAINTEXT listener each of their APIs is refused alike.
template <class Response>
void refuse_token_request(Reply<Response>& reply) {
  Response response;
  response.error_code = ErrorCode::delegation_token_request_not_allowed;
  reply.send(response);
}
}  // namespace

/// Brokers forward requests only while a cluster moves to KRaft; otherwise nobody is answered.
void envelope(Services&, RequestContext, wire::EnvelopeRequest, Reply<wire::EnvelopeResponse> reply) { reply.close(); }

void sasl_handshake(Services&, RequestContext, wire::SaslHandshakeRequest, Reply<wire::SaslHandshakeResponse> reply) {
  wire::SaslHandshakeResponse response;
  response.error_code = ErrorCode::illegal_sasl_state;
  reply.send(response);
}

void sasl_authenticate(Services&, RequestContext, wire::SaslAuthenticateRequest,
                       Reply<wire::SaslAuthenticateResponse> reply) {
  wire::SaslAuthenticateResponse response;
  response.error_code = ErrorCode::illegal_sasl_state;
  response.error_message = "SaslAuthenticate came without a handshake before it.";
  reply.send(response);
}

void create_delegation_token(Services&, RequestContext, wire::CreateDelegationTokenRequest,
                             Reply<wire::CreateDelegationTokenResponse> reply) {
  refuse_token_request(reply);
}

void renew_delegation_token(Services&, RequestContext, wire::RenewDelegationTokenRequest,
                            Reply<wire::RenewDelegationTokenResponse> reply) {
  refuse_token_request(reply);
}

void expire_delegation_token(Services&, RequestContext, wire::ExpireDelegationTokenRequest,
                             Reply<wire::ExpireDelegationTokenResponse> reply) {
  refuse_token_request(reply);
}

void describe_delegation_token(Services&, RequestContext, wire::DescribeDelegationTokenRequest,
                               Reply<wire::DescribeDelegationTokenResponse> reply) {
  refuse_token_request(reply);
}

void update_features(Services& services, RequestContext, wire::UpdateFeaturesRequest request,
                     Reply<wire::UpdateFeaturesResponse> reply) {
  wire::UpdateFeaturesResponse response;
  if (!services.controller.is_active()) {
    response.error_code = ErrorCode::not_controller;
    response.error_message = std::string(wire::default_message(ErrorCode::not_controller));
    return reply.send(response);
  }
  response.error_message = std::nullopt;
  for (const auto& update : request.feature_updates) {
    auto& result = response.results.emplace_back();
    result.feature = update.feature;
    result.error_code = ErrorCode::invalid_request;
    result.error_message = "Feature '" + update.feature + "' is not one that a broker in ZooKeeper mode supports.";
  }
  reply.send(response);
}

void consumer_group_heartbeat(Services&, RequestContext, wire::ConsumerGroupHeartbeatRequest,
                              Reply<wire::ConsumerGroupHeartbeatResponse> reply) {
  wire::ConsumerGroupHeartbeatResponse response;
  response.error_code = ErrorCode::unsupported_version;
  reply.send(response);
}

void consumer_group_describe(Services&, RequestContext, wire::ConsumerGroupDescribeRequest request,
                             Reply<wire::ConsumerGroupDescribeResponse> reply) {
  wire::ConsumerGroupDescribeResponse response;
  for (auto& id : request.group_ids) {
    auto& group = response.groups.emplace_back();
    group.group_id = std::move(id);
    group.error_code = ErrorCode::unsupported_version;
  }
  reply.send(response);
}

}  // namespace meerkat::api
