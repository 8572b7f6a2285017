#include "zk/persistent_paths.h"

#include "zk/paths.h"
#include "zk/tree.h"

namespace meerkat::zk {

namespace {

constexpr const char* kPersistent[] = {
    paths::kConsumers,
    paths::kBrokerIds,
    paths::kTopics,
    paths::kConfigChanges,
    paths::kDeleteTopics,
    paths::kBrokerSequenceId,
    paths::kIsrChangeNotification,
    paths::kProducerIdBlock,
    paths::kLogDirEventNotification,
    "/config/topics",
    "/config/clients",
    "/config/users",
    "/config/brokers",
    "/config/ips",
};

}  // namespace

ZkStatus create_persistent_paths(Session& session) {
  std::vector<Request> looks;
  for (const char* path : kPersistent) looks.push_back(Exists{path});
  std::vector<Response> found = session.run(std::move(looks));
  for (size_t i = 0; i < found.size(); i++) {
    if (found[i].ok()) continue;
    if (found[i].code != Code::no_node) return Fail(found[i].error());
    if (ZkStatus made = ensure_path(session, kPersistent[i]); !made) return made;
  }
  return {};
}

}  // namespace meerkat::zk
