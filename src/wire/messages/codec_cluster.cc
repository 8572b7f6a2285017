// Between controller and brokers.
#include "wire/codec_impl.h"
#include "wire/messages/04_leader_and_isr.h"
#include "wire/messages/05_stop_replica.h"
#include "wire/messages/06_update_metadata.h"
#include "wire/messages/07_controlled_shutdown.h"
#include "wire/messages/56_alter_partition.h"
#include "wire/messages/58_envelope.h"
#include "wire/messages/67_allocate_producer_ids.h"

MEERKAT_WIRE_CODEC(LeaderAndIsrRequest)
MEERKAT_WIRE_CODEC(LeaderAndIsrResponse)
MEERKAT_WIRE_CODEC(StopReplicaRequest)
MEERKAT_WIRE_CODEC(StopReplicaResponse)
MEERKAT_WIRE_CODEC(UpdateMetadataRequest)
MEERKAT_WIRE_CODEC(UpdateMetadataResponse)
MEERKAT_WIRE_CODEC(ControlledShutdownRequest)
MEERKAT_WIRE_CODEC(ControlledShutdownResponse)
MEERKAT_WIRE_CODEC(AlterPartitionRequest)
MEERKAT_WIRE_CODEC(AlterPartitionResponse)
MEERKAT_WIRE_CODEC(EnvelopeRequest)
MEERKAT_WIRE_CODEC(EnvelopeResponse)
MEERKAT_WIRE_CODEC(AllocateProducerIdsRequest)
MEERKAT_WIRE_CODEC(AllocateProducerIdsResponse)
