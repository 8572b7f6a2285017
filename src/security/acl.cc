#include "security/acl.h"

#include <array>
#include <cctype>
#include <span>

namespace meerkat::security {
namespace {

using std::string_view;

// By the protocol's numbers.
constexpr string_view kResourceNames[] = {"Unknown",         "Any", "Topic", "Group", "Cluster", "TransactionalId",
                                          "DelegationToken", "User"};
constexpr string_view kPatternNames[] = {"Unknown", "Any", "Match", "Literal", "Prefixed"};
constexpr string_view kOperationNames[] = {
    "Unknown",         "Any",          "All",           "Read",          "Write",           "Create",
    "Delete",          "Alter",        "Describe",      "ClusterAction", "DescribeConfigs", "AlterConfigs",
    "IdempotentWrite", "CreateTokens", "DescribeTokens"};
constexpr string_view kPermissionNames[] = {"Unknown", "Any", "Deny", "Allow"};

template <class Enum>
Enum of_code(int8_t code, std::span<const string_view> names) {
  return code >= 0 && static_cast<size_t>(code) < names.size() ? static_cast<Enum>(code) : Enum::unknown;
}

std::string upper(string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

/// "TransactionalId" to "TRANSACTIONAL_ID".
std::string constant(string_view camel) {
  std::string out;
  for (char c : camel) {
    if (std::isupper(static_cast<unsigned char>(c)) && !out.empty()) out += '_';
    out += c;
  }
  return upper(out);
}

template <class Enum>
Enum of_name(string_view name, std::span<const string_view> names) {
  const std::string capitals = upper(name);
  for (size_t i = 0; i < names.size(); ++i) {
    if (capitals == upper(names[i])) return static_cast<Enum>(i);
  }
  return Enum::unknown;
}

template <class Enum>
Enum of_constant(string_view name, std::span<const string_view> names) {
  const std::string capitals = upper(name);
  for (size_t i = 0; i < names.size(); ++i) {
    if (capitals == constant(names[i])) return static_cast<Enum>(i);
  }
  return Enum::unknown;
}

}  // namespace

ResourceType resource_type(int8_t code) { return of_code<ResourceType>(code, kResourceNames); }
PatternType pattern_type(int8_t code) { return of_code<PatternType>(code, kPatternNames); }
Operation operation(int8_t code) { return of_code<Operation>(code, kOperationNames); }
Permission permission(int8_t code) { return of_code<Permission>(code, kPermissionNames); }

string_view name(ResourceType type) { return kResourceNames[static_cast<size_t>(type)]; }
string_view name(Operation operation) { return kOperationNames[static_cast<size_t>(operation)]; }
string_view name(Permission permission) { return kPermissionNames[static_cast<size_t>(permission)]; }
std::string constant_name(ResourceType type) { return constant(name(type)); }
std::string constant_name(PatternType type) { return constant(kPatternNames[static_cast<size_t>(type)]); }

ResourceType resource_type_of_name(string_view name) { return of_name<ResourceType>(name, kResourceNames); }
Operation operation_of_name(string_view name) { return of_name<Operation>(name, kOperationNames); }
Permission permission_of_name(string_view name) { return of_name<Permission>(name, kPermissionNames); }
ResourceType resource_type_of_constant(string_view name) { return of_constant<ResourceType>(name, kResourceNames); }
PatternType pattern_type_of_constant(string_view name) { return of_constant<PatternType>(name, kPatternNames); }

bool is_principal(string_view text) { return text.find(':') != string_view::npos; }

bool AclFilter::matches(const ResourcePattern& resource) const {
  if (type != ResourceType::any && type != resource.type) return false;
  if (pattern != PatternType::any && pattern != PatternType::match && pattern != resource.pattern) return false;
  if (!name || name == resource.name) return true;
  if (pattern != PatternType::match) return false;
  return resource.pattern == PatternType::prefixed ? name->starts_with(resource.name)
                                                   : resource.name == kWildcardResource;
}

bool AclFilter::matches(const AccessControlEntry& entry) const {
  return (!principal || principal == entry.principal) && (!host || host == entry.host) &&
         (operation == Operation::any || operation == entry.operation) &&
         (permission == Permission::any || permission == entry.permission);
}

std::vector<ResourcePattern> AclFilter::named_resources() const {
  if (type == ResourceType::any || type == ResourceType::unknown || !name) return {};
  switch (pattern) {
    case PatternType::literal:
    case PatternType::prefixed:
      return {{type, *name, pattern}};
    case PatternType::any:
      return {{type, *name, PatternType::literal}, {type, *name, PatternType::prefixed}};
    default:
      return {};
  }
}

}  // namespace meerkat::security
