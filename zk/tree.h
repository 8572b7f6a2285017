// Small helpers over Session for nodes and their parents. All block; not from the event thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "zk/session.h"

namespace meerkat::zk {

struct NodeData {
  std::optional<std::string> data;
  Stat stat;
};

/// Data and stat of a node; nothing if there is no such node.
ZkResult<std::optional<NodeData>> get_if_exists(Session& session, const std::string& path);
/// Names of the children; an empty list if the node is missing.
ZkResult<std::vector<std::string>> children_or_none(Session& session, const std::string& path);

/// Creates a persistent node, its missing parents first (with null data). A node_exists error stands for somebody
/// else's node; if a copy of our own request made it, that is success.
ZkStatus create_with_parents(Session& session, const std::string& path, std::optional<std::string> data);
/// Creates a persistent node with null data and its parents; success if it is there already.
ZkStatus ensure_path(Session& session, const std::string& path);
/// Deletes a node and everything below it; success if there is none.
ZkStatus delete_recursive(Session& session, const std::string& path);

}  // namespace meerkat::zk
