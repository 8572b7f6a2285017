// AlterUserScramCredentials v0 (KIP-554): the controller writes them to /config/users. A user's changes are made
// together or not at all.
#include "wire/messages/51_alter_user_scram_credentials.h"

#include <map>
#include <set>

#include "api/config_resource.h"
#include "api/handlers.h"
#include "api/scram_credential.h"
#include "api/services.h"
#include "controller/controller.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;
using Request = wire::AlterUserScramCredentialsRequest;
using Response = wire::AlterUserScramCredentialsResponse;

/// What the request asks for one user.
struct Changes {
  std::vector<const Request::ScramCredentialDeletion*> deletions;
  std::vector<const Request::ScramCredentialUpsertion*> upsertions;
};

std::map<std::string, Changes> by_user(const Request& request) {
  std::map<std::string, Changes> users;
  for (const auto& deletion : request.deletions) users[deletion.name].deletions.push_back(&deletion);
  for (const auto& upsertion : request.upsertions) users[upsertion.name].upsertions.push_back(&upsertion);
  return users;
}

wire::Outcome<void> check_iterations(int32_t iterations) {
  if (iterations < kMinScramIterations) return wire::refuse(ErrorCode::unacceptable_credential, "Too few iterations");
  if (iterations > kMaxScramIterations) return wire::refuse(ErrorCode::unacceptable_credential, "Too many iterations");
  return {};
}

/// What can be said without looking into ZooKeeper.
wire::Outcome<void> check(const std::string& user, const Changes& changes) {
  if (user.empty()) return wire::refuse(ErrorCode::unacceptable_credential, "A user's name must not be empty");
  std::multiset<ScramMechanism> mechanisms;
  for (const auto* deletion : changes.deletions) mechanisms.insert(scram_mechanism(deletion->mechanism));
  for (const auto* upsertion : changes.upsertions) mechanisms.insert(scram_mechanism(upsertion->mechanism));
  if (mechanisms.contains(ScramMechanism::unknown)) {
    return wire::refuse(ErrorCode::unsupported_sasl_mechanism, "Unknown SCRAM mechanism");
  }
  for (const auto* upsertion : changes.upsertions) {
    if (auto good = check_iterations(upsertion->iterations); !good) return good;
  }
  for (const ScramMechanism mechanism : mechanisms) {
    if (mechanisms.count(mechanism) > 1) {
      return wire::refuse(ErrorCode::duplicate_resource, "The request alters a credential more than once");
    }
  }
  return {};
}

wire::Outcome<void> alter(Services& services, const std::string& user, const Changes& changes) {
  if (auto good = check(user, changes); !good) return good;
  const cluster::ConfigEntity entity{cluster::ConfigType::users, user, {}};
  auto settings = read_config(services, entity);
  if (!settings) return settings.failure();
  for (const auto* deletion : changes.deletions) {
    if (settings->erase(std::string(scram_name(scram_mechanism(deletion->mechanism)))) == 0) {
      return wire::refuse(ErrorCode::resource_not_found, "The credential to be deleted does not exist");
    }
  }
  for (const auto* upsertion : changes.upsertions) {
    const ScramMechanism mechanism = scram_mechanism(upsertion->mechanism);
    settings->insert_or_assign(
        std::string(scram_name(mechanism)),
        scram_credential(mechanism, upsertion->salt, upsertion->salted_password, upsertion->iterations));
  }
  return write_config(services, entity, *settings);
}

}  // namespace

void alter_user_scram_credentials(Services& services, RequestContext, Request request, Reply<Response> reply) {
  Response response;
  const bool here = services.controller.is_active();
  for (const auto& [user, changes] : by_user(request)) {
    auto& result = response.results.emplace_back();
    result.user = user;
    result.error_message = std::nullopt;
    auto done = here ? alter(services, user, changes) : wire::refuse(ErrorCode::not_controller);
    if (done) continue;
    result.error_code = done.error().code;
    result.error_message = done.error().message;
  }
  reply.send(response);
}

}  // namespace meerkat::api
