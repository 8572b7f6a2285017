// The new group protocol, records of __consumer_offsets, and what consumers tell each other.
#include "wire/codec_impl.h"
#include "wire/messages/68_consumer_group_heartbeat.h"
#include "wire/messages/69_consumer_group_describe.h"
#include "wire/messages/consumer_protocol.h"
#include "wire/messages/group_metadata_record.h"
#include "wire/messages/offset_commit_record.h"

MEERKAT_WIRE_CODEC(ConsumerGroupHeartbeatRequest)
MEERKAT_WIRE_CODEC(ConsumerGroupHeartbeatResponse)
MEERKAT_WIRE_CODEC(ConsumerGroupDescribeRequest)
MEERKAT_WIRE_CODEC(ConsumerGroupDescribeResponse)
MEERKAT_WIRE_CODEC(ConsumerProtocolSubscription)
MEERKAT_WIRE_CODEC(ConsumerProtocolAssignment)
MEERKAT_WIRE_CODEC(GroupMetadataKey)
MEERKAT_WIRE_CODEC(GroupMetadataValue)
MEERKAT_WIRE_CODEC(OffsetCommitKey)
MEERKAT_WIRE_CODEC(OffsetCommitValue)
