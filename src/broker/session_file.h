// The ZooKeeper session of this broker, kept beside meta.properties. A broker that was killed leaves a session behind
// whose registration keeps its id taken until the timeout; the next process on the same directories, holding their
// lock, knows by this file which session to close.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "zk/session.h"

namespace meerkat::broker {

/// In each of the log directories, so that any of them may be lost. Used by one thread at a time, under the
/// directories' lock. A file that cannot be written or read costs the waiting for the session's end, nothing else: it
/// is logged.
class SessionFile {
 public:
  static constexpr char kName[] = "zookeeper.session";

  SessionFile(FileSystem& files, std::vector<std::string> dirs) : files_(files), dirs_(std::move(dirs)) {}

  /// The session that is written there, if it is one with this ensemble (zookeeper.connect).
  std::optional<zk::SessionId> read(const std::string& connect) const;
  void write(const std::string& connect, const zk::SessionId& session);
  /// After the session has been closed.
  void remove();

 private:
  FileSystem& files_;
  const std::vector<std::string> dirs_;
};

}  // namespace meerkat::broker
