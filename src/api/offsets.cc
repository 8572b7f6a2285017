// ListOffsets v0–9, DeleteRecords v0–2 and OffsetForLeaderEpoch v0–4: questions about a partition's offsets.
#include "api/handlers.h"
#include "api/replica_request.h"
#include "api/services.h"
#include "replica/delete_records.h"
#include "replica/list_offsets.h"
#include "replica/offset_for_leader_epoch.h"
#include "wire/messages/02_list_offsets.h"
#include "wire/messages/21_delete_records.h"
#include "wire/messages/23_offset_for_leader_epoch.h"

namespace meerkat::api {

void list_offsets(Services& services, RequestContext context, wire::ListOffsetsRequest request,
                  Reply<wire::ListOffsetsResponse> reply) {
  replica::handle_list_offsets(services.replicas, who_asks(context), request, answer(std::move(reply)));
}

void delete_records(Services& services, RequestContext context, wire::DeleteRecordsRequest request,
                    Reply<wire::DeleteRecordsResponse> reply) {
  replica::handle_delete_records(services.replicas, who_asks(context), request, answer(std::move(reply)));
}

void offset_for_leader_epoch(Services& services, RequestContext context, wire::OffsetForLeaderEpochRequest request,
                             Reply<wire::OffsetForLeaderEpochResponse> reply) {
  replica::handle_offset_for_leader_epoch(services.replicas, who_asks(context), request, answer(std::move(reply)));
}

}  // namespace meerkat::api
