// DescribeUserScramCredentials v0 (KIP-554): which users have SCRAM credentials in /config/users, never the secrets.
#include "wire/messages/50_describe_user_scram_credentials.h"

#include <map>

#include "api/config_resource.h"
#include "api/handlers.h"
#include "api/scram_credential.h"
#include "api/services.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;
using Response = wire::DescribeUserScramCredentialsResponse;
using Result = Response::DescribeUserScramCredentialsResult;

std::vector<Response::CredentialInfo> credentials(const cluster::ConfigMap& settings) {
  std::vector<Response::CredentialInfo> infos;
  int8_t mechanism = 1;  // the numbers of KIP-554
  for (const char* name : {"SCRAM-SHA-256", "SCRAM-SHA-512"}) {
    if (auto it = settings.find(name); it != settings.end()) infos.push_back({mechanism, scram_iterations(it->second)});
    ++mechanism;
  }
  return infos;
}

}  // namespace

void describe_user_scram_credentials(Services& services, RequestContext,
                                     wire::DescribeUserScramCredentialsRequest request, Reply<Response> reply) {
  Response response;
  response.error_message = std::nullopt;
  auto image = read_configs(services, {cluster::ConfigType::users});
  if (!image) {
    response.error_code = image.error().code;
    response.error_message = image.error().message;
    return reply.send(response);
  }
  auto describe = [&](const std::string& user) {
    Result result;
    result.user = user;
    result.error_message = std::nullopt;
    result.credential_infos = credentials((*image)->of({cluster::ConfigType::users, user, {}}));
    return result;
  };
  if (!request.users || request.users->empty()) {
    for (const auto& entity : (*image)->entities(cluster::ConfigType::users)) {
      if (entity.client || entity.name == cluster::kDefaultEntity) continue;
      Result result = describe(entity.name);
      if (!result.credential_infos.empty()) response.results.push_back(std::move(result));
    }
    return reply.send(response);
  }
  std::map<std::string, int> asked;
  for (const auto& user : *request.users) ++asked[user.name];
  for (const auto& [user, times] : asked) {
    Result result = describe(user);
    if (times > 1) {
      result.error_code = ErrorCode::duplicate_resource;
      result.error_message = "The request names this user more than once.";
      result.credential_infos.clear();
    } else if (result.credential_infos.empty()) {
      result.error_code = ErrorCode::resource_not_found;
      result.error_message = "There is no SCRAM credential of the user '" + user + "'.";
    }
    response.results.push_back(std::move(result));
  }
  reply.send(response);
}

}  // namespace meerkat::api
