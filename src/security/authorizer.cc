#include "security/authorizer.h"

#include <glog/logging.h>

#include <algorithm>

namespace meerkat::security {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr char kBlank[] = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace

Result<std::vector<std::string>> parse_super_users(std::string_view text) {
  std::vector<std::string> users;
  std::string_view rest = trimmed(text);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view user = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!is_principal(user)) {
      return fail("Invalid value " + std::string(text) + " for configuration super.users: '" + std::string(user) +
                  "' is no principal; write TYPE:NAME;TYPE:NAME, for example User:admin;User:backup");
    }
    users.emplace_back(user);
  }
  return users;
}

Authorizer::Authorizer(AuthorizerSettings settings, AclStore& store) : settings_(std::move(settings)), store_(store) {}

bool Authorizer::is_super_user(std::string_view principal) const {
  return std::find(settings_.super_users.begin(), settings_.super_users.end(), principal) !=
         settings_.super_users.end();
}

bool Authorizer::authorize(const Subject& subject, Operation operation, ResourceType type,
                           std::string_view name) const {
  if (is_super_user(subject.principal)) return true;
  const Verdict verdict = store_.image()->decide(subject, operation, type, name);
  const bool allowed =
      verdict == Verdict::allowed || (verdict == Verdict::no_acls && settings_.allow_everyone_if_no_acl_found);
  VLOG_IF(1, !allowed) << subject.principal << " at " << subject.host << " may not " << security::name(operation) << " "
                       << security::name(type) << " " << name;
  return allowed;
}

bool Authorizer::authorize_any(const Subject& subject, Operation operation, ResourceType type) const {
  return is_super_user(subject.principal) ||
         store_.image()->allows_any(subject, operation, type, settings_.allow_everyone_if_no_acl_found);
}

}  // namespace meerkat::security
