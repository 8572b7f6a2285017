#include "client/membership.h"

namespace meerkat::client {

using wire::ErrorCode;

Verdict judge(GroupCall call, ErrorCode error) {
  switch (error) {
    case ErrorCode::none:
      return Verdict::ok;
    case ErrorCode::coordinator_load_in_progress:
    case ErrorCode::unstable_offset_commit:
      return Verdict::retry;
    case ErrorCode::coordinator_not_available:
    case ErrorCode::not_coordinator:
      return Verdict::look_up;
    case ErrorCode::request_timed_out:
      return call == GroupCall::commit ? Verdict::look_up : Verdict::retry;
    case ErrorCode::unknown_topic_or_partition:
      return call == GroupCall::commit ? Verdict::retry : Verdict::failed;
    case ErrorCode::rebalance_in_progress:
    case ErrorCode::member_id_required:
      return Verdict::rejoin;
    case ErrorCode::unknown_member_id:
    case ErrorCode::illegal_generation:
      return Verdict::start_over;
    default:
      return Verdict::failed;
  }
}

Verdict Membership::apply(Verdict verdict) {
  if (verdict == Verdict::rejoin) rejoin_ = true;
  if (verdict == Verdict::start_over) forget();
  return verdict;
}

Verdict Membership::on_join(const wire::JoinGroupResponse& response) {
  if (response.error_code == ErrorCode::member_id_required) {
    member_id_ = response.member_id;
    return Verdict::rejoin;
  }
  const Verdict verdict = judge(GroupCall::join, response.error_code);
  if (verdict != Verdict::ok) return apply(verdict);
  member_id_ = response.member_id;
  generation_ = response.generation_id;
  protocol_ = response.protocol_name.value_or("");
  leads_ = response.leader == response.member_id;
  state_ = State::joined;
  rejoin_ = false;
  return Verdict::ok;
}

Verdict Membership::on_sync(const wire::SyncGroupResponse& response) {
  const Verdict verdict = judge(GroupCall::sync, response.error_code);
  if (verdict == Verdict::ok) {
    state_ = State::stable;
    owned_generation_ = generation_;
    return verdict;
  }
  // Whatever it was, the generation goes on without this member's sync: only another join helps.
  rejoin_ = true;
  return apply(verdict);
}

void Membership::forget() {
  state_ = State::unjoined;
  rejoin_ = true;
  leads_ = false;
  member_id_.clear();
  generation_ = owned_generation_ = -1;
}

}  // namespace meerkat::client
