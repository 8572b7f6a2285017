// Reading and finding of partitions and records.
#include "wire/codec_impl.h"
#include "wire/messages/02_list_offsets.h"
#include "wire/messages/03_metadata.h"
#include "wire/messages/21_delete_records.h"
#include "wire/messages/23_offset_for_leader_epoch.h"
#include "wire/messages/61_describe_producers.h"

MEERKAT_WIRE_CODEC(ListOffsetsRequest)
MEERKAT_WIRE_CODEC(ListOffsetsResponse)
MEERKAT_WIRE_CODEC(MetadataRequest)
MEERKAT_WIRE_CODEC(MetadataResponse)
MEERKAT_WIRE_CODEC(DeleteRecordsRequest)
MEERKAT_WIRE_CODEC(DeleteRecordsResponse)
MEERKAT_WIRE_CODEC(OffsetForLeaderEpochRequest)
MEERKAT_WIRE_CODEC(OffsetForLeaderEpochResponse)
MEERKAT_WIRE_CODEC(DescribeProducersRequest)
MEERKAT_WIRE_CODEC(DescribeProducersResponse)
