// AlterReplicaLogDirs v0–2 (KIP-113): moves replicas between this broker's log directories.
#include "wire/messages/34_alter_replica_log_dirs.h"

#include <map>

#include "api/handlers.h"
#include "api/services.h"
#include "replica/apply.h"
#include "replica/dir_mover.h"

namespace meerkat::api {

void alter_replica_log_dirs(Services& services, RequestContext, wire::AlterReplicaLogDirsRequest request,
                            Reply<wire::AlterReplicaLogDirsResponse> reply) {
  services.state_changes.run([&services, request = std::move(request), reply = std::move(reply)]() mutable {
    std::map<TopicPartition, std::string> wanted;  // named twice, the last one counts
    for (const auto& dir : request.dirs) {
      for (const auto& topic : dir.topics) {
        for (int32_t partition : topic.partitions) wanted[{topic.name, partition}] = dir.path;
      }
    }
    wire::AlterReplicaLogDirsResponse response;
    for (const auto& [tp, dir] : wanted) {
      if (response.results.empty() || response.results.back().topic_name != tp.topic) {
        response.results.emplace_back().topic_name = tp.topic;
      }
      auto& out = response.results.back().partitions.emplace_back();
      out.partition_index = tp.partition;
      out.error_code = services.dir_mover.alter(tp, dir);
    }
    reply.send(response);
  });
}

}  // namespace meerkat::api
