// ApiVersions v0–4 (KIP-35, KIP-511): the table, and an answer even to versions that nobody has yet.
#include "wire/messages/18_api_versions.h"

#include <algorithm>

#include "api/handlers.h"
#include "api/services.h"
#include "api/table.h"
#include "cluster/kin.h"

namespace meerkat::api {
namespace {

/// KIP-511: letters, digits, '-' and '.', beginning and ending with a letter or digit.
bool valid_software_word(std::string_view word) {
  auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !word.empty() && alnum(word.front()) && alnum(word.back()) &&
         std::all_of(word.begin(), word.end(), [&](char c) { return alnum(c) || c == '-' || c == '.'; });
}

wire::ApiVersionsResponse::ApiVersion row(const Api& api) {
  wire::ApiVersionsResponse::ApiVersion out;
  out.api_key = static_cast<int16_t>(api.key);
  out.min_version = api.versions.first;
  out.max_version = api.versions.last;
  return out;
}

}  // namespace

void api_versions(Services& services, RequestContext context, wire::ApiVersionsRequest request,
                  Reply<wire::ApiVersionsResponse> reply) {
  wire::ApiVersionsResponse response;
  const Api& self = *find_api(wire::ApiVersionsRequest::kKey);
  if (!self.versions.has(context.version())) {
    // The client cannot read our newest form either: version 0, naming this API alone, lets it try again.
    response.error_code = wire::ErrorCode::unsupported_version;
    response.api_keys.push_back(row(self));
    return reply.send_as(0, response);
  }
  if (context.version() >= 3 &&
      !(valid_software_word(request.client_software_name) && valid_software_word(request.client_software_version))) {
    response.error_code = wire::ErrorCode::invalid_request;
    return reply.send(response);
  }
  if (context.version() >= 3) {
    context.peer->session = ConnectionState{request.client_software_name, request.client_software_version};
  }
  for (const Api& api : apis()) response.api_keys.push_back(row(api));
  if (request.client_software_name == cluster::kKinSoftware) {
    response.supported_features.push_back({cluster::kKinFeature, 1, 1});
  }
  response.finalized_features_epoch = services.finalized_features_epoch();
  reply.send(response);
}

}  // namespace meerkat::api
