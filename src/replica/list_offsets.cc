#include "replica/list_offsets.h"

#include <set>
#include <utility>

#include "replica/list_offsets_v0.h"
#include "wire/messages/02_list_offsets.h"

namespace meerkat::replica {

using storage::ReadBound;
using wire::ErrorCode;
using wire::ListOffsetsRequest;
using wire::ListOffsetsResponse;
using PartitionResponse = ListOffsetsResponse::ListOffsetsPartitionResponse;

namespace {

constexpr int32_t kConsumer = -1;
constexpr int32_t kDebugger = -2;  // reads from any replica, up to the log end

/// The special timestamps came one after the other.
bool version_knows(int64_t timestamp, int16_t version) {
  if (timestamp >= 0) return true;
  switch (timestamp) {
    case -1:
    case -2:
      return true;
    case -3:
      return version >= 7;
    case -4:
      return version >= 8;
    case -5:
      return version >= 9;
    default:
      return false;
  }
}

std::set<std::pair<std::string_view, int32_t>> duplicates(const ListOffsetsRequest& request) {
  std::set<std::pair<std::string_view, int32_t>> seen, twice;
  for (const auto& topic : request.topics) {
    for (const auto& p : topic.partitions) {
      if (!seen.emplace(topic.name, p.partition_index).second) twice.emplace(topic.name, p.partition_index);
    }
  }
  return twice;
}

void look_up(const ReplicaContext& context, const HostedPartitions& map, int16_t version,
             const ListOffsetsRequest& request, const std::string& topic,
             const ListOffsetsRequest::ListOffsetsPartition& asked, PartitionResponse& answer) {
  if (!version_knows(asked.timestamp, version)) {
    answer.error_code = ErrorCode::unsupported_version;
    return;
  }
  auto partition = hosted_partition(context, map, topic, asked.partition_index);
  if (!partition) {
    answer.error_code = partition.error().code;
    return;
  }
  const bool only_leader = request.replica_id != kDebugger;
  if (version == 0) {
    auto offsets = offsets_before(**partition, asked.timestamp, asked.max_num_offsets, request.replica_id == kConsumer,
                                  only_leader);
    if (offsets) {
      answer.old_style_offsets = std::move(*offsets);
    } else {
      answer.error_code = offsets.error().code;
    }
    return;
  }
  std::optional<ReadBound> bound;
  if (request.replica_id == kConsumer) {
    bound = request.isolation_level == 1 ? ReadBound::last_stable : ReadBound::high_watermark;
  }
  auto found = (*partition)->list_offset(asked.timestamp, asked.current_leader_epoch, bound, only_leader);
  if (!found) {
    const ErrorCode code = found.error().code;
    answer.error_code = code == ErrorCode::offset_not_available && version < 5 ? ErrorCode::leader_not_available : code;
    return;
  }
  if (!*found) return;
  answer.timestamp = (*found)->timestamp;
  answer.offset = (*found)->offset;
  if (version >= 4) answer.leader_epoch = (*found)->leader_epoch;
}

}  // namespace

void handle_list_offsets(ReplicaContext& context, const RequestContext& who, const ListOffsetsRequest& request,
                         Callback<ListOffsetsResponse> reply) {
  const auto map = context.partitions.current();
  const auto twice = who.version >= 1 ? duplicates(request) : decltype(duplicates(request)){};
  ListOffsetsResponse response;
  for (const auto& topic : request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const auto& asked : topic.partitions) {
      auto& answer = answers.partitions.emplace_back();
      answer.partition_index = asked.partition_index;
      if (twice.contains({topic.name, asked.partition_index})) {
        answer.error_code = ErrorCode::invalid_request;
      } else {
        look_up(context, *map, who.version, request, topic.name, asked, answer);
      }
    }
  }
  reply(std::move(response));
}

}  // namespace meerkat::replica
