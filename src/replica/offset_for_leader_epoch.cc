#include "replica/offset_for_leader_epoch.h"

#include <utility>

#include "wire/messages/23_offset_for_leader_epoch.h"

namespace meerkat::replica {

void handle_offset_for_leader_epoch(ReplicaContext& context, const RequestContext&,
                                    const wire::OffsetForLeaderEpochRequest& request,
                                    Callback<wire::OffsetForLeaderEpochResponse> reply) {
  const auto map = context.partitions.current();
  wire::OffsetForLeaderEpochResponse response;
  for (const auto& topic : request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.topic = topic.topic;
    for (const auto& asked : topic.partitions) {
      auto& answer = answers.partitions.emplace_back();
      answer.partition = asked.partition;
      auto partition = hosted_partition(context, *map, topic.topic, asked.partition);
      if (!partition) {
        answer.error_code = partition.error().code;
        continue;
      }
      auto end = (*partition)->end_offset_for_epoch(asked.leader_epoch, asked.current_leader_epoch, true);
      if (!end) {
        answer.error_code = end.error().code;
        continue;
      }
      answer.leader_epoch = end->leader_epoch;
      answer.end_offset = end->end_offset;
    }
  }
  reply(std::move(response));
}

}  // namespace meerkat::replica
