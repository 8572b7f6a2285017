#include "zk/tree.h"

#include "zk/paths.h"

namespace meerkat::zk {

ZkResult<std::optional<NodeData>> get_if_exists(Session& session, const std::string& path) {
  Response r = session.run(Get{path});
  if (r.code == Code::no_node) return std::optional<NodeData>();
  if (!r.ok()) return Fail(r.error());
  return std::optional<NodeData>(NodeData{std::move(r.data), r.stat});
}

ZkResult<std::vector<std::string>> children_or_none(Session& session, const std::string& path) {
  Response r = session.run(Children{path});
  if (r.code == Code::no_node) return std::vector<std::string>();
  if (!r.ok()) return Fail(r.error());
  return std::move(r.children);
}

ZkStatus create_with_parents(Session& session, const std::string& path, std::optional<std::string> data) {
  Response r = session.run(Create{path, data, CreateMode::persistent, {}});
  if (r.code == Code::no_node) {
    if (ZkStatus made = ensure_path(session, std::string(paths::parent(path))); !made) return made;
    r = session.run(Create{path, data, CreateMode::persistent, {}});
  }
  if (r.code == Code::node_exists && r.resent) {
    auto now = get_if_exists(session, path);
    if (!now) return now.failure();
    if (*now && (**now).data == data && (**now).stat.version == 0) return {};
  }
  if (!r.ok()) return Fail(r.error());
  return {};
}

ZkStatus ensure_path(Session& session, const std::string& path) {
  if (path == "/") return {};
  Response r = session.run(Create{path, std::nullopt, CreateMode::persistent, {}});
  if (r.code == Code::no_node) {
    if (ZkStatus made = ensure_path(session, std::string(paths::parent(path))); !made) return made;
    r = session.run(Create{path, std::nullopt, CreateMode::persistent, {}});
  }
  if (r.ok() || r.code == Code::node_exists) return {};
  return Fail(r.error());
}

ZkStatus delete_recursive(Session& session, const std::string& path) {
  while (true) {
    Response r = session.run(Delete{path, -1});
    if (r.ok() || r.code == Code::no_node) return {};
    if (r.code != Code::not_empty) return Fail(r.error());
    auto children = children_or_none(session, path);
    if (!children) return children.failure();
    for (const auto& child : *children) {
      if (ZkStatus deleted = delete_recursive(session, path + "/" + child); !deleted) return deleted;
    }
  }
}

}  // namespace meerkat::zk
