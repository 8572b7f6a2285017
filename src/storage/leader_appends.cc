#include "storage/leader_appends.h"

#include <glog/logging.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

namespace meerkat::storage {

using record::AnyBatch;
using wire::ErrorCode;

namespace {

/// In one write, at most.
constexpr size_t kMostGathered = 64;

/// Whether a batch goes on where the one before it of the same producer ends. Then what has let that one pass lets this
/// one pass, too: the epoch is in use, no transaction is open, and the sequence fits.
bool continues(const AnyBatch& before, const AnyBatch& batch) {
  if (before.transactional || batch.transactional || before.control || batch.control) return false;
  const int32_t next = before.last_sequence == INT32_MAX ? 0 : before.last_sequence + 1;
  return batch.producer_epoch == before.producer_epoch && batch.base_sequence == next;
}

}  // namespace

void LeaderAppends::add(GatheredAppend& append) {
  record::AppendPlan& plan = *append.plan;
  if (plan.empty()) {
    write();
    AppendInfo info;
    info.log_start_offset = s_.log_start_offset;
    info.log_end_offset = s_.log_end_offset;
    append.outcome = info;
    return;
  }
  AnyBatch batch;
  record::peek(plan.bytes(), batch);
  batch.bytes = plan.bytes();
  auto marker = marker_of(batch);

  if (auto refused = s_.refusal()) {
    append.outcome = Fail(*refused);
    return;
  }
  if (origin_ == record::AppendOrigin::client) {
    if (auto full = s_.no_room()) {
      append.outcome = Fail(*full);
      return;
    }
  }
  if (batch.size > s_.config->segment_bytes) {
    append.outcome =
        wire::refuse(ErrorCode::record_list_too_large,
                     "a batch of " + std::to_string(batch.size) + " bytes does not fit into a segment of " +
                         std::to_string(s_.config->segment_bytes) + " (segment.bytes)");
    return;
  }
  if (batch.has_producer_id()) {
    const AnyBatch* before = last_of_producer(batch.producer_id);
    if (before && !continues(*before, batch)) {
      write();
      return add(append);
    }
    if (!before) {
      auto known = s_.producers.check(batch, marker, origin_, append.guard);
      if (!known) {
        append.outcome = known.failure();
        return;
      }
      if (*known) {
        append.outcome = duplicate_of(**known);
        return;
      }
    }
  }
  const int64_t next_offset = gathered_.empty() ? s_.log_end_offset.load() : gathered_.back().stamped.last_offset + 1;
  auto stamped = plan.stamp(next_offset, leader_epoch_, s_.env.clock.wall_ms());
  batch.base_offset = stamped.first_offset;
  batch.last_offset = stamped.last_offset;
  batch.max_timestamp = stamped.max_timestamp;
  batch.leader_epoch = leader_epoch_;
  if (!gathered_.empty() && must_be_written_before(batch)) {
    write();
    return add(append);  // stamped anew: the write may have failed
  }
  bool rolled = false;
  if (gathered_.empty()) {
    auto done = s_.maybe_roll(batch.size, stamped.first_offset, stamped.last_offset, stamped.max_timestamp);
    if (!done) {
      append.outcome = errors_.refuse(done.error());
      return;
    }
    rolled = *done;
  }
  gathered_bytes_ += batch.size;
  gathered_.push_back({&append, batch, std::move(marker), stamped, s_.log_start_offset, rolled});
}

const AnyBatch* LeaderAppends::last_of_producer(int64_t producer_id) const {
  auto it = std::find_if(gathered_.rbegin(), gathered_.rend(),
                         [&](const Gathered& g) { return g.batch.producer_id == producer_id; });
  return it == gathered_.rend() ? nullptr : &it->batch;
}

bool LeaderAppends::must_be_written_before(const AnyBatch& batch) const {
  // How old a segment is depends on its first batch.
  return one_by_one_ || gathered_.size() == kMostGathered || s_.active().size() == 0 ||
         s_.roll_wanted(batch.size, batch.last_offset, batch.max_timestamp, static_cast<int64_t>(gathered_.size()),
                        gathered_bytes_);
}

wire::Outcome<AppendInfo> LeaderAppends::duplicate_of(const ProducerBatch& known) const {
  AppendInfo info;
  info.log_start_offset = s_.log_start_offset;
  info.first_offset = known.first_offset();
  info.last_offset = known.last_offset;
  info.log_append_time = known.timestamp;
  info.log_end_offset = s_.log_end_offset;
  info.duplicate = true;
  info.flush_wanted = s_.recovery_point <= info.last_offset && s_.want_durable(info.last_offset);
  return info;
}

void LeaderAppends::write() {
  if (gathered_.empty()) return;
  absl::InlinedVector<ByteView, kInFlight> pieces;
  for (const Gathered& g : gathered_) pieces.push_back(g.batch.bytes);
  bool restored = true;
  s_.touched = true;
  auto done = s_.active().write(pieces, restored);
  done ? take_in() : refuse(done.error(), restored);
}

void LeaderAppends::refuse(const Error& error, bool restored) {
  std::vector<GatheredAppend*> refused;
  for (const Gathered& g : gathered_) refused.push_back(g.append);
  forget();
  if (restored && refused.size() > 1 && IoErrors::passes(error)) {
    // The disk is full: some of them may fit, and each is to hear its own fate.
    one_by_one_ = true;
    for (GatheredAppend* append : refused) {
      add(*append);
      write();
    }
    return;
  }
  // What cannot be taken back would lie in the way of the next append.
  const auto failure =
      errors_.refuse(restored ? error : Error{error.message + ", and the file cannot be cut back", EIO});
  for (GatheredAppend* append : refused) append->outcome = failure;
}

void LeaderAppends::take_in() {
  Segment& segment = s_.active();
  int64_t position = segment.size() - gathered_bytes_;
  bool new_epoch = false;
  for (const Gathered& g : gathered_) {
    segment.index_batch(position, g.batch, s_.config->index_interval_bytes);
    s_.recent.add(g.batch.base_offset, segment, position);
    position += g.batch.size;
    new_epoch |= s_.epochs.assign(leader_epoch_, g.batch.base_offset);
    if (auto done = s_.apply_to_producers(g.batch, g.marker, segment); !done) {
      LOG(WARNING) << done.error().message << "; the entry is kept in memory and will be written later";
    }
  }
  if (new_epoch) s_.write_files_later();
  s_.log_end_offset.store(gathered_.back().batch.last_offset + 1, std::memory_order_release);
  s_.update_last_stable_offset();
  for (const Gathered& g : gathered_) {
    AppendInfo info;
    info.first_offset = g.stamped.first_offset;
    info.last_offset = g.stamped.last_offset;
    info.log_append_time = g.stamped.log_append_time_ms;
    info.log_start_offset = g.log_start_offset;
    info.log_end_offset = g.stamped.last_offset + 1;
    info.rolled = g.rolled;
    info.flush_wanted = s_.want_durable(g.stamped.last_offset);
    g.append->outcome = info;
  }
  forget();
}

void LeaderAppends::forget() {
  gathered_.clear();
  gathered_bytes_ = 0;
}

}  // namespace meerkat::storage
