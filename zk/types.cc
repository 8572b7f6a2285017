#include "zk/types.h"

namespace meerkat::zk {

const char* name(Code code) {
  switch (code) {
    case Code::ok:
      return "ok";
    case Code::system_error:
      return "system error";
    case Code::runtime_inconsistency:
      return "not tried, as another operation of the multi failed";
    case Code::connection_loss:
      return "connection to ZooKeeper lost";
    case Code::marshalling_error:
      return "not to be encoded, or larger than the ZooKeeper servers take (jute.maxbuffer)";
    case Code::unimplemented:
      return "operation unknown to this ZooKeeper";
    case Code::operation_timeout:
      return "no answer from ZooKeeper within the time given";
    case Code::bad_arguments:
      return "bad arguments";
    case Code::no_node:
      return "node does not exist";
    case Code::no_auth:
      return "not authorized by the node's access list";
    case Code::bad_version:
      return "node has another version";
    case Code::no_children_for_ephemerals:
      return "ephemeral nodes cannot have children";
    case Code::node_exists:
      return "node exists already";
    case Code::not_empty:
      return "node has children";
    case Code::session_expired:
      return "ZooKeeper session expired";
    case Code::invalid_acl:
      return "invalid access list";
    case Code::auth_failed:
      return "authentication with ZooKeeper failed";
    case Code::closing:
      return "ZooKeeper session closed by this process";
    case Code::session_moved:
      return "session moved to another server";
    case Code::malformed:
      return "unexpected content";
    case Code::controller_moved:
      return "another broker has become controller";
  }
  return "unknown ZooKeeper error";
}

namespace {

bool below(std::string_view path, std::string_view root) {
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

}  // namespace

AclList default_acl(std::string_view path, bool secure) {
  if (!secure || below(path, "/consumers")) return {Acl{}};
  AclList acl{{31, "auth", ""}};
  for (std::string_view sensitive : {"/config/users", "/config/brokers", "/delegation_token/tokens"}) {
    if (below(path, sensitive)) return acl;
  }
  acl.push_back({1, "world", "anyone"});
  return acl;
}

}  // namespace meerkat::zk
