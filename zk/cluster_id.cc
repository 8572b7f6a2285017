#include "zk/cluster_id.h"

#include "base/uuid.h"
#include "zk/paths.h"
#include "zk/payloads.h"
#include "zk/tree.h"

namespace meerkat::zk {

ZkResult<std::optional<std::string>> read_cluster_id(Session& session) {
  auto node = get_if_exists(session, paths::kClusterId);
  if (!node) return node.failure();
  if (!*node) return std::optional<std::string>();
  auto id = decode_cluster_id((**node).data.value_or(""));
  if (!id) return zk_fail(Code::malformed, id.error().message);
  return std::optional<std::string>(std::move(*id));
}

ZkResult<std::string> create_or_get_cluster_id(Session& session) {
  auto found = read_cluster_id(session);
  if (!found) return found.failure();
  if (*found) return std::move(**found);
  std::string id = Uuid::random().to_string();
  ZkStatus made = create_with_parents(session, paths::kClusterId, encode_cluster_id(id));
  if (made.ok()) return id;
  if (made.error().code != Code::node_exists) return made.failure();
  found = read_cluster_id(session);  // another broker was faster
  if (!found) return found.failure();
  if (!*found) return zk_fail(Code::no_node, std::string(paths::kClusterId) + " was deleted while it was read");
  return std::move(**found);
}

}  // namespace meerkat::zk
