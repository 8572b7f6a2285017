// Notification nodes: persistent sequential children of a folder, each read once by every watcher and purged by age.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "zk/controller_lease.h"
#include "zk/session.h"

namespace meerkat::zk {

struct Notification {
  int64_t sequence = 0;
  std::string path;
  std::string data;        // empty for null
  int64_t created_ms = 0;  // wall time of the ZooKeeper server
};

/// Writes DIRECTORY/PREFIXnnnnnnnnnn (the folder is made if missing); returns the path made. Blocks. After a broken
/// connection there may be two of it: harmless, as readers act on what they read then.
ZkResult<std::string> create_notification(Session& session, const std::string& directory, std::string_view prefix,
                                          std::string data);

/// Out of a folder's children those with a sequence number above `after`, in rising order. Other names are left out.
std::vector<std::pair<int64_t, std::string>> newer_than(const std::vector<std::string>& children,
                                                        std::string_view prefix, int64_t after);

/// The notifications above `after`, in rising order; those deleted meanwhile are left out. Arms the child watch of the
/// folder if a handler is registered. Blocks.
ZkResult<std::vector<Notification>> read_notifications(Session& session, const std::string& directory,
                                                       std::string_view prefix, int64_t after = -1);

/// Deletes the given nodes, under the lease if one is given; nodes that are gone already do not matter. Blocks.
ZkStatus delete_notifications(Session& session, const std::vector<std::string>& paths,
                              const ControllerLease* lease = nullptr);

}  // namespace meerkat::zk
