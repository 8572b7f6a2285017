// What brokers and the controller say to each other: LeaderAndIsr, StopReplica, UpdateMetadata go to the replica state
// thread; AlterPartition, AllocateProducerIds, ControlledShutdown, elections and reassignments to the controller.
#include "api/handlers.h"
#include "api/replica_request.h"
#include "api/services.h"
#include "controller/controller.h"
#include "replica/apply.h"
#include "wire/messages/04_leader_and_isr.h"
#include "wire/messages/05_stop_replica.h"
#include "wire/messages/06_update_metadata.h"
#include "wire/messages/07_controlled_shutdown.h"
#include "wire/messages/43_elect_leaders.h"
#include "wire/messages/45_alter_partition_reassignments.h"
#include "wire/messages/46_list_partition_reassignments.h"
#include "wire/messages/56_alter_partition.h"
#include "wire/messages/67_allocate_producer_ids.h"

namespace meerkat::api {

void leader_and_isr(Services& services, RequestContext context, wire::LeaderAndIsrRequest request,
                    Reply<wire::LeaderAndIsrResponse> reply) {
  services.state_changes.handle(context.version(), std::move(request), answer(std::move(reply)));
}

void stop_replica(Services& services, RequestContext context, wire::StopReplicaRequest request,
                  Reply<wire::StopReplicaResponse> reply) {
  services.state_changes.handle(context.version(), std::move(request), answer(std::move(reply)));
}

void update_metadata(Services& services, RequestContext, wire::UpdateMetadataRequest request,
                     Reply<wire::UpdateMetadataResponse> reply) {
  services.state_changes.handle(std::move(request), answer(std::move(reply)));
}

void alter_partition(Services& services, RequestContext context, wire::AlterPartitionRequest request,
                     Reply<wire::AlterPartitionResponse> reply) {
  services.controller.alter_partition(std::move(request), context.version(), answer(std::move(reply)));
}

void allocate_producer_ids(Services& services, RequestContext, wire::AllocateProducerIdsRequest request,
                           Reply<wire::AllocateProducerIdsResponse> reply) {
  services.controller.allocate_producer_ids(std::move(request), answer(std::move(reply)));
}

void controlled_shutdown(Services& services, RequestContext context, wire::ControlledShutdownRequest request,
                         Reply<wire::ControlledShutdownResponse> reply) {
  services.controller.controlled_shutdown(std::move(request), context.version(), answer(std::move(reply)));
}

void elect_leaders(Services& services, RequestContext, wire::ElectLeadersRequest request,
                   Reply<wire::ElectLeadersResponse> reply) {
  services.controller.elect_leaders(std::move(request), answer(std::move(reply)));
}

void alter_partition_reassignments(Services& services, RequestContext, wire::AlterPartitionReassignmentsRequest request,
                                   Reply<wire::AlterPartitionReassignmentsResponse> reply) {
  services.controller.alter_partition_reassignments(std::move(request), answer(std::move(reply)));
}

void list_partition_reassignments(Services& services, RequestContext, wire::ListPartitionReassignmentsRequest request,
                                  Reply<wire::ListPartitionReassignmentsResponse> reply) {
  services.controller.list_partition_reassignments(std::move(request), answer(std::move(reply)));
}

}  // namespace meerkat::api
