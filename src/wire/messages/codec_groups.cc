// Consumer groups.
#include "wire/codec_impl.h"
#include "wire/messages/08_offset_commit.h"
#include "wire/messages/09_offset_fetch.h"
#include "wire/messages/10_find_coordinator.h"
#include "wire/messages/11_join_group.h"
#include "wire/messages/12_heartbeat.h"
#include "wire/messages/13_leave_group.h"
#include "wire/messages/14_sync_group.h"
#include "wire/messages/15_describe_groups.h"
#include "wire/messages/16_list_groups.h"
#include "wire/messages/42_delete_groups.h"
#include "wire/messages/47_offset_delete.h"

MEERKAT_WIRE_CODEC(OffsetCommitRequest)
MEERKAT_WIRE_CODEC(OffsetCommitResponse)
MEERKAT_WIRE_CODEC(OffsetFetchRequest)
MEERKAT_WIRE_CODEC(OffsetFetchResponse)
MEERKAT_WIRE_CODEC(FindCoordinatorRequest)
MEERKAT_WIRE_CODEC(FindCoordinatorResponse)
MEERKAT_WIRE_CODEC(JoinGroupRequest)
MEERKAT_WIRE_CODEC(JoinGroupResponse)
MEERKAT_WIRE_CODEC(HeartbeatRequest)
MEERKAT_WIRE_CODEC(HeartbeatResponse)
MEERKAT_WIRE_CODEC(LeaveGroupRequest)
MEERKAT_WIRE_CODEC(LeaveGroupResponse)
MEERKAT_WIRE_CODEC(SyncGroupRequest)
MEERKAT_WIRE_CODEC(SyncGroupResponse)
MEERKAT_WIRE_CODEC(DescribeGroupsRequest)
MEERKAT_WIRE_CODEC(DescribeGroupsResponse)
MEERKAT_WIRE_CODEC(ListGroupsRequest)
MEERKAT_WIRE_CODEC(ListGroupsResponse)
MEERKAT_WIRE_CODEC(DeleteGroupsRequest)
MEERKAT_WIRE_CODEC(DeleteGroupsResponse)
MEERKAT_WIRE_CODEC(OffsetDeleteRequest)
MEERKAT_WIRE_CODEC(OffsetDeleteResponse)
