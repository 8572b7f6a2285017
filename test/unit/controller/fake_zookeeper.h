// ZooKeeper as a map, for tests of decisions: paths, versions, multis that are all or nothing.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "zk/paths.h"
#include "zk/request.h"

namespace meerkat::controller {

class FakeZooKeeper {
 public:
  struct Node {
    std::optional<std::string> data;
    zk::Stat stat;
  };

  FakeZooKeeper() { nodes_["/"] = {}; }

  /// Store::Run.
  std::vector<zk::Response> run(std::vector<zk::Request> batch) {
    if (before_batch) before_batch();
    ++batches;
    std::vector<zk::Response> out;
    for (auto& request : batch) {
      ++requests;
      out.push_back(expired ? failed(zk::Code::session_expired) : answer(request));
    }
    return out;
  }

  /// Makes a node with its parents, or overwrites it, outside of any session.
  void put(const std::string& path, std::optional<std::string> data = std::nullopt) {
    const std::string parent(zk::paths::parent(path));
    if (!nodes_.contains(parent)) put(parent);
    if (nodes_.contains(path)) {
      set(path, std::move(data), -1);
    } else {
      create(path, std::move(data));
    }
  }
  void erase(const std::string& path) { nodes_.erase(path); }
  const Node* find(const std::string& path) const {
    const auto it = nodes_.find(path);
    return it == nodes_.end() ? nullptr : &it->second;
  }
  bool has(const std::string& path) const { return find(path) != nullptr; }
  std::string data(const std::string& path) const {
    const Node* node = find(path);
    return node == nullptr ? "(no node)" : node->data.value_or("(null)");
  }

  std::function<void()> before_batch;  // somebody else's doing
  bool expired = false;
  std::map<std::string, zk::Code> unreadable;  // paths that cannot be read, and why
  int batches = 0;
  int requests = 0;
  std::vector<std::string> writes;  // "set PATH DATA", "create PATH DATA", "delete PATH"

 private:
  zk::Response failed(zk::Code code) {
    zk::Response r;
    r.code = code;
    return r;
  }

  zk::Code create(const std::string& path, std::optional<std::string> data) {
    if (nodes_.contains(path)) return zk::Code::node_exists;
    if (!nodes_.contains(std::string(zk::paths::parent(path)))) return zk::Code::no_node;
    Node& node = nodes_[path];
    node.stat.czxid = node.stat.mzxid = ++zxid_;
    writes.push_back("create " + path + (data ? " " + *data : ""));
    node.data = std::move(data);
    return zk::Code::ok;
  }

  zk::Code set(const std::string& path, std::optional<std::string> data, int32_t version) {
    const auto it = nodes_.find(path);
    if (it == nodes_.end()) return zk::Code::no_node;
    if (version != -1 && version != it->second.stat.version) return zk::Code::bad_version;
    writes.push_back("set " + path + (data ? " " + *data : ""));
    it->second.data = std::move(data);
    ++it->second.stat.version;
    it->second.stat.mzxid = ++zxid_;
    return zk::Code::ok;
  }

  zk::Code remove(const std::string& path, int32_t version) {
    const auto it = nodes_.find(path);
    if (it == nodes_.end()) return zk::Code::no_node;
    if (version != -1 && version != it->second.stat.version) return zk::Code::bad_version;
    if (!children(path).empty()) return zk::Code::not_empty;
    writes.push_back("delete " + path);
    nodes_.erase(it);
    return zk::Code::ok;
  }

  std::vector<std::string> children(const std::string& path) const {
    std::vector<std::string> out;
    const std::string prefix = path == "/" ? "/" : path + "/";
    for (auto it = nodes_.lower_bound(prefix); it != nodes_.end() && it->first.starts_with(prefix); ++it) {
      const std::string rest = it->first.substr(prefix.size());
      if (!rest.empty() && rest.find('/') == std::string::npos) out.push_back(rest);
    }
    return out;
  }

  zk::OpResponse apply(const zk::Op& op) {
    zk::OpResponse out;
    if (const auto* c = std::get_if<zk::Create>(&op)) {
      out.code = create(c->path, c->data);
      out.path = c->path;
    } else if (const auto* s = std::get_if<zk::SetData>(&op)) {
      out.code = set(s->path, s->data, s->version);
      if (out.code == zk::Code::ok) out.stat = nodes_[s->path].stat;
    } else if (const auto* d = std::get_if<zk::Delete>(&op)) {
      out.code = remove(d->path, d->version);
    } else if (const auto* k = std::get_if<zk::Check>(&op)) {
      const Node* node = find(k->path);
      if (node == nullptr) {
        out.code = zk::Code::no_node;
      } else if (k->version != -1 && k->version != node->stat.version) {
        out.code = zk::Code::bad_version;
      }
    }
    return out;
  }

  zk::Response answer(const zk::Request& request) {
    zk::Response out;
    out.path = zk::path_of(request);
    if (std::holds_alternative<zk::Get>(request) || std::holds_alternative<zk::Exists>(request) ||
        std::holds_alternative<zk::Children>(request)) {
      if (const auto trouble = unreadable.find(out.path); trouble != unreadable.end()) {
        out.code = trouble->second;
        return out;
      }
      const Node* node = find(out.path);
      if (node == nullptr) {
        out.code = zk::Code::no_node;
        return out;
      }
      out.stat = node->stat;
      if (std::holds_alternative<zk::Get>(request)) out.data = node->data;
      if (std::holds_alternative<zk::Children>(request)) out.children = children(out.path);
    } else if (const auto* multi = std::get_if<zk::Multi>(&request)) {
      const auto before = nodes_;
      const auto logged = writes.size();
      for (const auto& op : multi->ops) {
        out.ops.push_back(out.ok() ? apply(op) : zk::OpResponse{zk::Code::runtime_inconsistency, {}, {}});
        if (out.ok()) out.code = out.ops.back().code;
      }
      if (!out.ok()) {
        nodes_ = before;
        writes.resize(logged);
      }
    } else if (const auto* c = std::get_if<zk::Create>(&request)) {
      out.code = apply(*c).code;
    } else if (const auto* s = std::get_if<zk::SetData>(&request)) {
      const auto op = apply(*s);
      out.code = op.code;
      out.stat = op.stat;
    } else if (const auto* d = std::get_if<zk::Delete>(&request)) {
      out.code = apply(*d).code;
    }
    return out;
  }

  std::map<std::string, Node> nodes_;
  int64_t zxid_ = 100;
};

}  // namespace meerkat::controller
