// Administration of topics and partitions.
#include "wire/codec_impl.h"
#include "wire/messages/19_create_topics.h"
#include "wire/messages/20_delete_topics.h"
#include "wire/messages/37_create_partitions.h"
#include "wire/messages/43_elect_leaders.h"
#include "wire/messages/45_alter_partition_reassignments.h"
#include "wire/messages/46_list_partition_reassignments.h"

MEERKAT_WIRE_CODEC(CreateTopicsRequest)
MEERKAT_WIRE_CODEC(CreateTopicsResponse)
MEERKAT_WIRE_CODEC(DeleteTopicsRequest)
MEERKAT_WIRE_CODEC(DeleteTopicsResponse)
MEERKAT_WIRE_CODEC(CreatePartitionsRequest)
MEERKAT_WIRE_CODEC(CreatePartitionsResponse)
MEERKAT_WIRE_CODEC(ElectLeadersRequest)
MEERKAT_WIRE_CODEC(ElectLeadersResponse)
MEERKAT_WIRE_CODEC(AlterPartitionReassignmentsRequest)
MEERKAT_WIRE_CODEC(AlterPartitionReassignmentsResponse)
MEERKAT_WIRE_CODEC(ListPartitionReassignmentsRequest)
MEERKAT_WIRE_CODEC(ListPartitionReassignmentsResponse)
