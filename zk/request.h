// Requests to ZooKeeper as values, and the answer to one.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "zk/types.h"

namespace meerkat::zk {

/// Data and stat. Arms the watch if a node handler is registered for the path (not on no_node: use Exists then).
struct Get {
  std::string path;
};
/// Stat, or no_node. Arms the watch if a node handler is registered for the path, also when there is no node.
struct Exists {
  std::string path;
};
/// Names of the children (unsorted) and stat. Arms the watch if a child handler is registered for the path.
struct Children {
  std::string path;
};
/// Null data and empty data differ: Kafka's empty parents have null. An empty `acl` means the session's default
/// for the path. Sequential modes: the response's `path` ends in the ten digits.
struct Create {
  std::string path;
  std::optional<std::string> data;
  CreateMode mode = CreateMode::persistent;
  AclList acl;
};
/// Version -1: whatever the version is.
struct SetData {
  std::string path;
  std::optional<std::string> data;
  int32_t version = -1;
};
struct Delete {
  std::string path;
  int32_t version = -1;
};
/// Only inside a Multi: fails with bad_version or no_node.
struct Check {
  std::string path;
  int32_t version = -1;
};
using Op = std::variant<Create, SetData, Delete, Check>;
/// All or nothing.
struct Multi {
  std::vector<Op> ops;
};
/// Brings the connected server up to date with the ensemble's leader.
struct Sync {
  std::string path = "/";
};
struct GetAcl {
  std::string path;
};
struct SetAcl {
  std::string path;
  AclList acl;
  int32_t version = -1;
};

using Request = std::variant<Get, Exists, Children, Create, SetData, Delete, Multi, Sync, GetAcl, SetAcl>;

/// The path of a request; of a Multi, that of its first operation.
const std::string& path_of(const Request& request);
const std::string& path_of(const Op& op);

/// The answer to one operation of a Multi. After a failure: ok before the culprit, runtime_inconsistency after it.
struct OpResponse {
  Code code = Code::ok;
  std::string path;  // of a Create: the name made
  Stat stat;         // of a SetData
};

/// The answer to one request.
struct Response {
  Code code = Code::ok;
  std::string path;  // the request's; of a Create: the name made
  std::optional<std::string> data;
  std::vector<std::string> children;
  Stat stat;  // of Get, Exists, Children, SetData, GetAcl
  AclList acl;
  std::vector<OpResponse> ops;
  /// The request was sent more than once, as the connection broke before the answer. Then node_exists, bad_version
  /// or no_node on a write may be the doing of its own first copy: look before you believe it.
  bool resent = false;
  /// The generation of the session that answered.
  uint64_t generation = 0;

  bool ok() const { return code == Code::ok; }
  /// The error as a sentence: "PATH: node does not exist".
  ZkError error() const;
};

}  // namespace meerkat::zk
