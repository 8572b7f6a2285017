// ZooKeeper's vocabulary as plain values: result codes, stat, create modes, access lists.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace meerkat::zk {

/// Result codes. The numbers are ZooKeeper's own (KeeperException.Code); `controller_moved` is ours.
enum class Code : int {
  ok = 0,
  system_error = -1,
  runtime_inconsistency = -2,  // in a multi: an operation after the one that failed
  connection_loss = -4,        // never seen by callers of Session: it resends
  marshalling_error = -5,      // also: a request that no server takes for its size
  unimplemented = -6,          // the server does not know the operation
  operation_timeout = -7,      // the batch's deadline passed; a write may or may not have happened
  bad_arguments = -8,
  no_node = -101,
  no_auth = -102,
  bad_version = -103,
  no_children_for_ephemerals = -108,
  node_exists = -110,
  not_empty = -111,
  session_expired = -112,  // the session ended before an answer; a write may or may not have happened
  invalid_acl = -114,
  auth_failed = -115,
  closing = -116,  // Session::close() was called
  session_moved = -118,
  malformed = -1000,         // the znode's content is not what it should be
  controller_moved = -1001,  // the check of /controller_epoch failed: another broker is controller now
};

/// A short text for a code, for example "node does not exist".
const char* name(Code code);

/// What went wrong in a recipe: the code to act on and a sentence that names the znode.
struct ZkError {
  Code code = Code::system_error;
  std::string message;
};

template <class T>
using ZkResult = Result<T, ZkError>;
using ZkStatus = Result<void, ZkError>;

inline Fail<ZkError> zk_fail(Code code, std::string message) { return Fail<ZkError>({code, std::move(message)}); }

/// A znode's metadata. Times are wall milliseconds of the ZooKeeper server.
struct Stat {
  int64_t czxid = 0;  // transaction that created it (a broker's epoch is the czxid of its registration)
  int64_t mzxid = 0;  // transaction of the last change of data
  int64_t ctime_ms = 0;
  int64_t mtime_ms = 0;
  int32_t version = 0;          // changes of data; "zkVersion"
  int32_t cversion = 0;         // changes of children
  int32_t aversion = 0;         // changes of the access list
  int64_t ephemeral_owner = 0;  // session id, or 0 for a persistent node
  int32_t num_children = 0;
};

/// What makes a session: with both, another connection can take the session over or close it.
struct SessionId {
  int64_t id = 0;
  std::array<uint8_t, 16> password{};
  bool operator==(const SessionId&) const = default;
};

enum class CreateMode { persistent, ephemeral, persistent_sequential, ephemeral_sequential };

/// One entry of an access list. `permissions` is a sum of read 1, write 2, create 4, delete 8, admin 16.
struct Acl {
  int permissions = 31;
  std::string scheme = "world";
  std::string id = "anyone";
  bool operator==(const Acl&) const = default;
};
using AclList = std::vector<Acl>;

/// The access list for a new node at `path`. Open unless `secure` (zookeeper.set.acl): then everything for the
/// creator and reading for the world, but for sensitive paths (users, brokers, tokens), which nobody else may read.
/// /consumers stays open always, as old clients write there.
AclList default_acl(std::string_view path, bool secure);

}  // namespace meerkat::zk
