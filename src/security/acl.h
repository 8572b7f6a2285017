// Access control lists as values: what they are about, whom they allow or deny what, and filters over them (KIP-140,
// KIP-290). Numbers are the protocol's.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meerkat::security {

/// What kind of thing is protected. `unknown` and `any` only occur in requests.
enum class ResourceType : int8_t {
  unknown = 0,
  any = 1,
  topic = 2,
  group = 3,
  cluster = 4,
  transactional_id = 5,
  delegation_token = 6,
  user = 7
};

/// How an ACL's resource name is meant; `any` and `match` are for filters: the latter finds all patterns, literal,
/// wildcard and prefixed, that cover a name.
enum class PatternType : int8_t { unknown = 0, any = 1, match = 2, literal = 3, prefixed = 4 };

enum class Operation : int8_t {
  unknown = 0,
  any = 1,
  all = 2,
  read = 3,
  write = 4,
  create = 5,
  remove = 6,
  alter = 7,
  describe = 8,
  cluster_action = 9,
  describe_configs = 10,
  alter_configs = 11,
  idempotent_write = 12,
  create_tokens = 13,
  describe_tokens = 14
};

enum class Permission : int8_t { unknown = 0, any = 1, deny = 2, allow = 3 };

/// The kinds of resource that ACLs may be about.
inline constexpr ResourceType kResourceTypes[] = {ResourceType::topic,
                                                  ResourceType::group,
                                                  ResourceType::cluster,
                                                  ResourceType::transactional_id,
                                                  ResourceType::delegation_token,
                                                  ResourceType::user};
/// The kinds of pattern that ACLs may have.
inline constexpr PatternType kPatternTypes[] = {PatternType::literal, PatternType::prefixed};

/// The literal name that stands for every resource of a type.
inline constexpr std::string_view kWildcardResource = "*";
/// The principal and the host that stand for everybody.
inline constexpr std::string_view kWildcardPrincipal = "User:*";
inline constexpr std::string_view kWildcardHost = "*";
/// The only name of the resource type `cluster`.
inline constexpr std::string_view kClusterName = "kafka-cluster";

/// A number off the wire; `unknown` for one that has no meaning.
ResourceType resource_type(int8_t code);
PatternType pattern_type(int8_t code);
Operation operation(int8_t code);
Permission permission(int8_t code);

/// "TransactionalId": the name in paths and ACL nodes of ZooKeeper.
std::string_view name(ResourceType type);
std::string_view name(Operation operation);
std::string_view name(Permission permission);
/// "TRANSACTIONAL_ID": the name in change notifications.
std::string constant_name(ResourceType type);
std::string constant_name(PatternType type);

/// The other way; `unknown` for a name that has no meaning. Kafka also takes names all in capitals.
ResourceType resource_type_of_name(std::string_view name);
Operation operation_of_name(std::string_view name);
Permission permission_of_name(std::string_view name);
/// The value of a constant_name(), in any case.
ResourceType resource_type_of_constant(std::string_view name);
PatternType pattern_type_of_constant(std::string_view name);

/// Whether the text is TYPE:NAME, as every principal must be.
bool is_principal(std::string_view text);

/// The resources that an ACL is about: one of them, all (literal `*`), or all whose names begin alike.
struct ResourcePattern {
  ResourceType type = ResourceType::unknown;
  std::string name;
  PatternType pattern = PatternType::literal;
  auto operator<=>(const ResourcePattern&) const = default;
};

/// Whom an ACL allows or denies what.
struct AccessControlEntry {
  std::string principal;  // "User:alice", or "User:*"
  std::string host;       // an address, or "*"
  Operation operation = Operation::unknown;
  Permission permission = Permission::unknown;
  auto operator<=>(const AccessControlEntry&) const = default;
};

struct AclBinding {
  ResourcePattern resource;
  AccessControlEntry entry;
  auto operator<=>(const AclBinding&) const = default;
};

/// Which ACLs are meant: an absent name, principal or host, and `any`, stand for all.
struct AclFilter {
  ResourceType type = ResourceType::any;
  std::optional<std::string> name;
  PatternType pattern = PatternType::any;
  std::optional<std::string> principal;
  std::optional<std::string> host;
  Operation operation = Operation::any;
  Permission permission = Permission::any;

  bool matches(const ResourcePattern& resource) const;
  bool matches(const AccessControlEntry& entry) const;
  /// The resource patterns that the filter names outright, whether they have ACLs or not; none if it does not.
  std::vector<ResourcePattern> named_resources() const;
};

}  // namespace meerkat::security
