// The answer to a request that is refused as a whole: the error where its clients look for it.
#pragma once

#include <string>

#include "wire/error.h"
#include "wire/messages/30_create_acls.h"
#include "wire/messages/31_delete_acls.h"
#include "wire/messages/34_alter_replica_log_dirs.h"
#include "wire/messages/43_elect_leaders.h"
#include "wire/messages/48_describe_client_quotas.h"
#include "wire/messages/49_alter_client_quotas.h"
#include "wire/messages/51_alter_user_scram_credentials.h"

namespace meerkat::api {

/// For most APIs the error stands once; `refuse_parts` is for those that answer part by part.
template <class Request, class Response>
void refuse_parts(const Request&, wire::ErrorCode, Response&) {
  static_assert(
      requires(Response r) { r.error_code; }, "tell refusal.h where this answer has its errors");
}

inline void refuse_parts(const wire::CreateAclsRequest& request, wire::ErrorCode code,
                         wire::CreateAclsResponse& response) {
  response.results.assign(request.creations.size(), {code, std::string(wire::default_message(code))});
}

inline void refuse_parts(const wire::DeleteAclsRequest& request, wire::ErrorCode code,
                         wire::DeleteAclsResponse& response) {
  response.filter_results.assign(request.filters.size(), {code, std::string(wire::default_message(code)), {}});
}

inline void refuse_parts(const wire::AlterReplicaLogDirsRequest& request, wire::ErrorCode code,
                         wire::AlterReplicaLogDirsResponse& response) {
  for (const auto& dir : request.dirs) {
    for (const auto& topic : dir.topics) {
      auto& out = response.results.emplace_back();
      out.topic_name = topic.name;
      for (int32_t partition : topic.partitions) out.partitions.push_back({partition, code});
    }
  }
}

inline void refuse_parts(const wire::ElectLeadersRequest& request, wire::ErrorCode code,
                         wire::ElectLeadersResponse& response) {
  if (!request.topic_partitions) return;
  for (const auto& topic : *request.topic_partitions) {
    auto& out = response.replica_election_results.emplace_back();
    out.topic = topic.topic;
    for (int32_t partition : topic.partitions) out.partition_result.push_back({partition, code, std::nullopt});
  }
}

inline void refuse_parts(const wire::DescribeClientQuotasRequest&, wire::ErrorCode,
                         wire::DescribeClientQuotasResponse& response) {
  response.entries.reset();
}

inline void refuse_parts(const wire::AlterClientQuotasRequest& request, wire::ErrorCode code,
                         wire::AlterClientQuotasResponse& response) {
  for (const auto& entry : request.entries) {
    auto& out = response.entries.emplace_back();
    out.error_code = code;
    out.error_message = wire::default_message(code);
    for (const auto& part : entry.entity) out.entity.push_back({part.entity_type, part.entity_name});
  }
}

inline void refuse_parts(const wire::AlterUserScramCredentialsRequest& request, wire::ErrorCode code,
                         wire::AlterUserScramCredentialsResponse& response) {
  auto refuse = [&](const std::string& user) {
    for (const auto& result : response.results) {
      if (result.user == user) return;
    }
    auto& out = response.results.emplace_back();
    out.user = user;
    out.error_code = code;
    out.error_message = wire::default_message(code);
  };
  for (const auto& deletion : request.deletions) refuse(deletion.name);
  for (const auto& upsertion : request.upsertions) refuse(upsertion.name);
}

template <class Response, class Request>
Response refusal(const Request& request, wire::ErrorCode code) {
  Response response;
  if constexpr (requires { response.error_code = code; }) response.error_code = code;
  if constexpr (requires { response.error_message = std::string(); }) {
    response.error_message = std::string(wire::default_message(code));
  }
  refuse_parts(request, code, response);
  return response;
}

}  // namespace meerkat::api
