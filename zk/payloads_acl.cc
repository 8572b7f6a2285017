// /kafka-acl…: access control lists, and the notes that they have changed
#include "zk/json.h"
#include "zk/payloads.h"
#include "zk/znodes.pb.h"

namespace meerkat::zk {

namespace {
constexpr int kAclVersion = 1;
constexpr int kAclChangeVersion = 1;
constexpr char kLiteral[] = "LITERAL";
}  // namespace

std::string encode_acls(const std::vector<AclEntry>& entries) {
  pb::Acls m;
  m.set_version(kAclVersion);
  for (const auto& entry : entries) {
    auto* out = m.add_acls();
    out->set_principal(valid_utf8(entry.principal));
    out->set_permissiontype(entry.permission_type);
    out->set_host(valid_utf8(entry.host));
    out->set_operation(entry.operation);
  }
  return to_json(m);
}

Result<std::vector<AclEntry>> decode_acls(std::string_view path, std::string_view json) {
  std::vector<AclEntry> entries;
  if (json.empty()) return entries;
  pb::Acls m;
  if (Status read = from_json(path, json, m); !read) return read.failure();
  if (m.version() != kAclVersion) return malformed(path, "version is not 1");
  for (const auto& entry : m.acls()) {
    if (!entry.has_principal() || !entry.has_permissiontype() || !entry.has_host() || !entry.has_operation()) {
      return malformed(path, "an entry lacks principal, permissionType, host or operation");
    }
    entries.push_back({entry.principal(), entry.permissiontype(), entry.host(), entry.operation()});
  }
  return entries;
}

std::string encode_literal_acl_change(const AclChange& change) { return change.resource_type + ":" + change.name; }

Result<AclChange> decode_literal_acl_change(std::string_view path, std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return malformed(path, "not a resource type, a colon and a name");
  return AclChange{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1)), kLiteral};
}

std::string encode_acl_change(const AclChange& change) {
  pb::AclChange m;
  m.set_version(kAclChangeVersion);
  m.set_resourcetype(change.resource_type);
  m.set_name(valid_utf8(change.name));
  m.set_patterntype(change.pattern_type);
  return to_json(m);
}

Result<AclChange> decode_acl_change(std::string_view path, std::string_view json) {
  pb::AclChange m;
  if (Status read = from_json(path, json, m); !read) return read.failure();
  if (m.version() > kAclChangeVersion) return malformed(path, "version is above 1");
  if (!m.has_resourcetype() || !m.has_name() || !m.has_patterntype()) {
    return malformed(path, "no resourceType, name or patternType");
  }
  return AclChange{m.resourcetype(), m.name(), m.patterntype()};
}

}  // namespace meerkat::zk
