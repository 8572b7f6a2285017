#include "group/offsets_log.h"

#include "replica/produce.h"

namespace meerkat::group {

void ReplicatedOffsetsLog::verify(int32_t partition, event::Loop& loop, replica::TransactionClaim claim,
                                  Callback<wire::Outcome<storage::VerificationGuard>> done) {
  replica::RequestContext who;
  who.loop = &loop;
  replica::verify_own(replicas_, who, {std::string(kOffsetsTopic), partition}, std::move(claim), std::move(done));
}

}  // namespace meerkat::group
