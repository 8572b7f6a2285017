// The group coordinator of this broker: one for all groups whose partition of __consumer_offsets is led here.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "event/loop.h"
#include "event/pool.h"
#include "group/offsets_log.h"
#include "group/settings.h"
#include "group/shard.h"
#include "replica/apply.h"
#include "wire/messages/08_offset_commit.h"
#include "wire/messages/28_txn_offset_commit.h"
#include "wire/messages/42_delete_groups.h"
#include "wire/messages/47_offset_delete.h"

namespace meerkat::group {

/// Who sent a request.
struct Client {
  int16_t version = 0;  // of the request
  std::string id;
  std::string host;  // as Java prints an address: "/127.0.0.1"
};

/// Any thread may call; replies come once each, on the loop of the group, maybe much later (joins wait for a
/// rebalance). A partition's groups all live on one loop, so events of a group never race.
/// Authorization, and whether the topics exist, is the caller's to check.
class Coordinator : public replica::LeadershipListener {
 public:
  /// The loops are started, and stopped by stop(); everything outlives this. `workers` may block.
  /// `topics` tells of topics that change, for which groups rebalance; without it only members notice.
  Coordinator(Settings settings, std::vector<event::Loop*> loops, OffsetsLog& log, event::Pool& workers,
              Clock& clock = Clock::system(), TopicFeed* topics = nullptr);
  ~Coordinator() override;

  void on_leader(const TopicPartition& partition, int32_t leader_epoch) override;
  void on_resigned(const TopicPartition& partition, int32_t leader_epoch) override;
  /// Topics were deleted: so are the offsets for them.
  void on_deleted(const std::vector<TopicPartition>& partitions);
  /// Sends all members away (NOT_COORDINATOR) and stops the loops.
  void stop();

  void join(Client client, wire::JoinGroupRequest request, Callback<wire::JoinGroupResponse> reply);
  void sync(wire::SyncGroupRequest request, Callback<wire::SyncGroupResponse> reply);
  void heartbeat(wire::HeartbeatRequest request, Callback<wire::HeartbeatResponse> reply);
  /// With the members in the list, as from v3 on.
  void leave(wire::LeaveGroupRequest request, Callback<wire::LeaveGroupResponse> reply);

  void commit(wire::OffsetCommitRequest request, Callback<wire::OffsetCommitResponse> reply);
  /// Offsets that take effect with the producer's transaction; see on_transaction_end(). `version` of the request: from
  /// 4 on it may be answered TRANSACTION_ABORTABLE.
  void commit_transactional(int16_t version, wire::TxnOffsetCommitRequest request,
                            Callback<wire::TxnOffsetCommitResponse> reply);
  /// A marker was appended to a partition of __consumer_offsets that is led here.
  void on_transaction_end(int32_t offsets_partition, int64_t producer_id, bool committed);
  using FetchGroup = wire::OffsetFetchRequest::OffsetFetchRequestGroup;
  using FetchedGroup = wire::OffsetFetchResponse::OffsetFetchResponseGroup;
  void fetch(std::vector<FetchGroup> groups, bool require_stable, Callback<std::vector<FetchedGroup>> reply);
  void delete_offsets(wire::OffsetDeleteRequest request, Callback<wire::OffsetDeleteResponse> reply);

  void describe(std::vector<std::string> groups,
                Callback<std::vector<wire::DescribeGroupsResponse::DescribedGroup>> reply);
  void list(wire::ListGroupsRequest request, Callback<wire::ListGroupsResponse> reply);
  /// How far each group is behind, for metrics; partitions without a replica on this broker are left out. Worked out on
  /// the workers, as it may read the disk; `ends` outlives the call.
  void lags(PartitionEnds& ends, Callback<std::vector<GroupLag>> reply);
  void remove_groups(std::vector<std::string> groups, Callback<wire::DeleteGroupsResponse> reply);

 private:
  /// The group's partition, and the shard of that.
  std::pair<Shard*, int32_t> locate(const std::string& group) const;
  Shard& shard_of(int32_t partition) const;

  const Settings settings_;
  OffsetsLog& log_;
  Clock& clock_;
  event::Pool& workers_;
  TopicFeed* const topics_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace meerkat::group
