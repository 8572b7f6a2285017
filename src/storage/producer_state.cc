#include "storage/producer_state.h"

#include <glog/logging.h>

#include <algorithm>

#include "record/record.h"
#include "storage/producer_snapshot.h"
#include "storage/segment_files.h"

namespace meerkat::storage {

using record::AnyBatch;
using wire::ErrorCode;
using wire::refuse;

namespace {

std::string about(const AnyBatch& batch) {
  return "producer " + std::to_string(batch.producer_id) + " with epoch " + std::to_string(batch.producer_epoch);
}

}  // namespace

std::optional<record::EndTxnMarker> marker_of(const AnyBatch& batch) {
  if (!batch.control || batch.magic != record::kMagic2) return std::nullopt;
  record::RecordReader reader(batch);
  record::RecordView record;
  if (reader.next(record) != record::Next::record) return std::nullopt;
  auto marker = record::parse_end_txn_marker(record.key, record.value);
  if (!marker || marker->type == record::ControlType::unknown) return std::nullopt;
  return marker;
}

bool ProducerState::in_transaction(int64_t producer_id) const {
  auto it = producers_.find(producer_id);
  return it != producers_.end() && it->second.current_txn_first_offset;
}

std::optional<VerificationGuard> ProducerState::begin_verification(int64_t producer_id, int16_t epoch,
                                                                   int32_t base_sequence, int64_t now_ms) {
  if (!rules_.verify_transactions || in_transaction(producer_id)) return std::nullopt;
  return verifications_.begin(producer_id, epoch, base_sequence, now_ms);
}

wire::Outcome<void> ProducerState::check_sequence(const AnyBatch& batch, const ProducerEntry* entry) const {
  if (verifications_.must_wait(batch.producer_id, batch.base_sequence)) {
    return refuse(ErrorCode::out_of_order_sequence_number,
                  about(batch) + " sent sequence number " + std::to_string(batch.base_sequence) +
                      " while a batch before it still waits for its transaction to be verified");
  }
  // A producer that this log has never heard of, or has forgotten, may begin anywhere.
  if (entry == nullptr || entry->producer_epoch == record::kNoProducerEpoch) return {};
  if (batch.producer_epoch != entry->producer_epoch) {
    if (batch.base_sequence == 0) return {};
    return refuse(ErrorCode::out_of_order_sequence_number, about(batch) +
                                                               " begins its new epoch with sequence number " +
                                                               std::to_string(batch.base_sequence) + " instead of 0");
  }
  int32_t last = entry->last_sequence();
  int32_t expected = last == record::kNoSequence ? 0 : record::sequence_after(last, 1);
  if (batch.base_sequence == expected) return {};
  return refuse(ErrorCode::out_of_order_sequence_number, about(batch) + " sent sequence number " +
                                                             std::to_string(batch.base_sequence) + " where " +
                                                             std::to_string(expected) + " was expected");
}

wire::Outcome<std::optional<ProducerBatch>> ProducerState::check(const AnyBatch& batch,
                                                                 const std::optional<record::EndTxnMarker>& marker,
                                                                 record::AppendOrigin origin,
                                                                 VerificationGuard guard) const {
  auto it = producers_.find(batch.producer_id);
  const ProducerEntry* entry = it == producers_.end() ? nullptr : &it->second;
  if (entry && origin == record::AppendOrigin::client) {
    if (auto* known = entry->find(batch.producer_epoch, batch.base_sequence, batch.last_sequence)) {
      return std::optional<ProducerBatch>(*known);
    }
  }
  const bool begins_transaction = batch.transactional && !batch.control && !(entry && entry->current_txn_first_offset);
  if (begins_transaction && rules_.verify_transactions && !verifications_.fits(batch.producer_id, guard)) {
    return refuse(ErrorCode::invalid_txn_state,
                  about(batch) + " has no transaction on this partition that its coordinator has confirmed");
  }
  if (entry && batch.producer_epoch < entry->producer_epoch) {
    return refuse(ErrorCode::invalid_producer_epoch,
                  about(batch) + " is fenced: epoch " + std::to_string(entry->producer_epoch) + " is in use");
  }
  if (batch.control) {
    if (marker && entry && marker->coordinator_epoch < entry->coordinator_epoch) {
      return refuse(ErrorCode::transaction_coordinator_fenced,
                    "a marker for " + about(batch) + " came from coordinator epoch " +
                        std::to_string(marker->coordinator_epoch) + ", " + std::to_string(entry->coordinator_epoch) +
                        " has been seen");
    }
    return std::optional<ProducerBatch>();
  }
  if (origin == record::AppendOrigin::client) {
    if (auto done = check_sequence(batch, entry); !done) return done.failure();
  }
  if (entry && entry->current_txn_first_offset && !batch.transactional) {
    return refuse(ErrorCode::invalid_txn_state, about(batch) +
                                                    " wrote outside of its transaction, which is open since offset " +
                                                    std::to_string(*entry->current_txn_first_offset));
  }
  return std::optional<ProducerBatch>();
}

std::optional<CompletedTxn> ProducerState::update(const AnyBatch& batch,
                                                  const std::optional<record::EndTxnMarker>& marker) {
  map_end_offset_ = batch.last_offset + 1;
  if (!batch.has_producer_id()) return std::nullopt;
  // Either the transaction has a first offset now, or it is over.
  if (batch.transactional) verifications_.end(batch.producer_id);
  if (batch.control) {
    if (!marker) return std::nullopt;
    auto& entry = producers_[batch.producer_id];
    entry.producer_id = batch.producer_id;
    entry.set_epoch(batch.producer_epoch);
    entry.coordinator_epoch = marker->coordinator_epoch;
    entry.last_timestamp = batch.max_timestamp;
    if (!entry.current_txn_first_offset) return std::nullopt;
    CompletedTxn txn{batch.producer_id, *entry.current_txn_first_offset, batch.last_offset,
                     marker->type == record::ControlType::abort};
    entry.current_txn_first_offset.reset();
    return txn;
  }
  auto& entry = producers_[batch.producer_id];
  entry.producer_id = batch.producer_id;
  entry.set_epoch(batch.producer_epoch);
  entry.add({batch.last_sequence, batch.last_offset, static_cast<int32_t>(batch.last_offset - batch.base_offset),
             batch.max_timestamp});
  entry.last_timestamp = batch.max_timestamp;
  if (batch.transactional && !entry.current_txn_first_offset) {
    entry.current_txn_first_offset = batch.base_offset;
    open_txns_[batch.base_offset] = {batch.producer_id, -1};
  }
  return std::nullopt;
}

int64_t ProducerState::last_stable_offset(const CompletedTxn& txn) const {
  for (auto& [first_offset, open] : open_txns_) {
    if (open.producer_id != txn.producer_id) return first_offset;
  }
  return txn.last_offset + 1;
}

void ProducerState::complete(const CompletedTxn& txn) {
  open_txns_.erase(txn.first_offset);
  unreplicated_txns_[txn.first_offset] = {txn.producer_id, txn.last_offset};
}

std::optional<int64_t> ProducerState::first_unstable_offset() const {
  std::optional<int64_t> first;
  if (!open_txns_.empty()) first = open_txns_.begin()->first;
  if (!unreplicated_txns_.empty()) {
    auto other = unreplicated_txns_.begin()->first;
    if (!first || other < *first) first = other;
  }
  return first;
}

void ProducerState::on_high_watermark(int64_t offset) {
  std::erase_if(unreplicated_txns_, [&](const auto& entry) { return entry.second.last_offset < offset; });
}

bool ProducerState::expired(const ProducerEntry& entry, int64_t now_ms) const {
  return !entry.current_txn_first_offset && now_ms - entry.last_timestamp >= rules_.expiration_ms;
}

void ProducerState::remove_expired(int64_t now_ms) {
  absl::erase_if(producers_, [&](const auto& item) { return expired(item.second, now_ms); });
  verifications_.expire(now_ms, rules_.expiration_ms);
}

std::string ProducerState::snapshot_path(int64_t offset) const { return segment_path(dir_, offset, kSnapshotSuffix); }

void ProducerState::load(int64_t log_start, int64_t up_to, int64_t now_ms) {
  producers_.clear();
  open_txns_.clear();
  unreplicated_txns_.clear();
  map_end_offset_ = log_start;
  for (auto next = snapshots_.upper_bound(up_to); next != snapshots_.begin();) {
    int64_t offset = *std::prev(next);
    if (offset < log_start) return;
    auto content = read_file(fs_, snapshot_path(offset));
    auto entries = content ? decode_producer_snapshot(*content) : Result<std::vector<ProducerEntry>>(content.failure());
    if (!entries) {
      LOG(WARNING) << "producer snapshot " << snapshot_path(offset) << " cannot be used: " << entries.error().message
                   << "; removing it and taking an older one";
      remove_snapshot(offset);
      next = snapshots_.upper_bound(up_to);
      continue;
    }
    for (auto& entry : *entries) {
      if (expired(entry, now_ms)) continue;
      if (entry.current_txn_first_offset) open_txns_[*entry.current_txn_first_offset] = {entry.producer_id, -1};
      producers_[entry.producer_id] = entry;
    }
    map_end_offset_ = offset;
    return;
  }
}

void ProducerState::remove_snapshots_after(int64_t offset) {
  while (!snapshots_.empty() && *snapshots_.rbegin() > offset) remove_snapshot(*snapshots_.rbegin());
}

Status ProducerState::take_snapshot() {
  if (snapshots_.contains(map_end_offset_)) return {};
  std::vector<const ProducerEntry*> entries;
  entries.reserve(producers_.size());
  for (auto& [id, entry] : producers_) entries.push_back(&entry);
  std::sort(entries.begin(), entries.end(), [](auto* a, auto* b) { return a->producer_id < b->producer_id; });
  auto file = fs_.open(snapshot_path(map_end_offset_), OpenMode::create);
  if (!file) return file.failure();
  if (auto done = (*file)->pwrite(encode_producer_snapshot(entries), 0); !done) {
    [[maybe_unused]] auto removed = fs_.remove(snapshot_path(map_end_offset_));
    return done;
  }
  snapshots_.insert(map_end_offset_);
  unsynced_.insert(map_end_offset_);
  return {};
}

std::vector<std::string> ProducerState::take_unsynced() {
  std::vector<std::string> paths;
  for (int64_t offset : unsynced_) paths.push_back(snapshot_path(offset));
  unsynced_.clear();
  return paths;
}

void ProducerState::remove_snapshot(int64_t offset) {
  snapshots_.erase(offset);
  unsynced_.erase(offset);
  auto path = snapshot_path(offset);
  if (auto done = fs_.remove(path); !done) LOG(WARNING) << done.error().message;
}

void ProducerState::remove_snapshots_before(int64_t offset) {
  while (snapshots_.size() > 1 && *snapshots_.begin() < offset) remove_snapshot(*snapshots_.begin());
}

void ProducerState::reset(int64_t offset) {
  producers_.clear();
  open_txns_.clear();
  unreplicated_txns_.clear();
  map_end_offset_ = offset;
  while (!snapshots_.empty()) remove_snapshot(*snapshots_.begin());
}

}  // namespace meerkat::storage
