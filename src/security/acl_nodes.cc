#include "security/acl_nodes.h"

#include <algorithm>

#include "security/acl_store.h"
#include "zk/paths.h"
#include "zk/payloads.h"
#include "zk/request.h"

namespace meerkat::security {

const char* acl_root(PatternType pattern) {
  return pattern == PatternType::literal ? zk::paths::kLiteralAcls : zk::paths::kPrefixedAcls;
}

const char* change_folder(PatternType pattern) {
  return pattern == PatternType::literal ? zk::paths::kLiteralAclChanges : zk::paths::kExtendedAclChanges;
}

std::string acl_path(const ResourcePattern& resource) {
  return std::string(acl_root(resource.pattern)) + "/" + std::string(name(resource.type)) + "/" + resource.name;
}

std::string encode_entries(const std::vector<AccessControlEntry>& entries) {
  std::vector<zk::AclEntry> out;
  for (const auto& e : entries) {
    out.push_back({e.principal, std::string(name(e.permission)), e.host, std::string(name(e.operation))});
  }
  return zk::encode_acls(out);
}

zk::ZkResult<ResourceAcls> decode_entries(const zk::Response& response) {
  if (response.code == zk::Code::no_node) return ResourceAcls{{}, -1};
  if (!response.ok()) return Fail(response.error());
  auto entries = zk::decode_acls(response.path, response.data.value_or(""));
  if (!entries) return zk::zk_fail(zk::Code::malformed, entries.error().message);
  ResourceAcls acls{{}, response.stat.version};
  for (auto& e : *entries) {
    if (!is_principal(e.principal)) {
      return zk::zk_fail(zk::Code::malformed,
                         response.path + ": the principal " + e.principal + " is not of the form TYPE:NAME");
    }
    acls.entries.push_back({std::move(e.principal), std::move(e.host), operation_of_name(e.operation),
                            permission_of_name(e.permission_type)});
  }
  std::sort(acls.entries.begin(), acls.entries.end());
  acls.entries.erase(std::unique(acls.entries.begin(), acls.entries.end()), acls.entries.end());
  return acls;
}

std::string encode_change(const ResourcePattern& resource) {
  const zk::AclChange change{constant_name(resource.type), resource.name, constant_name(resource.pattern)};
  return resource.pattern == PatternType::literal ? zk::encode_literal_acl_change(change)
                                                  : zk::encode_acl_change(change);
}

Result<ResourcePattern> decode_change(PatternType pattern, const std::string& path, const std::string& data) {
  auto change =
      pattern == PatternType::literal ? zk::decode_literal_acl_change(path, data) : zk::decode_acl_change(path, data);
  if (!change) return change.failure();
  ResourcePattern resource{resource_type_of_constant(change->resource_type), change->name,
                           pattern_type_of_constant(change->pattern_type)};
  const bool known = resource.type != ResourceType::unknown && resource.type != ResourceType::any &&
                     (resource.pattern == PatternType::literal || resource.pattern == PatternType::prefixed);
  if (!known) return fail(path + ": " + data + " names no resource pattern");
  return resource;
}

}  // namespace meerkat::security
