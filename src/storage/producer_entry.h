// What a log remembers of one idempotent or transactional producer (KIP-98).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "record/format.h"

namespace meerkat::storage {

/// One of a producer's latest batches.
struct ProducerBatch {
  int32_t last_sequence = record::kNoSequence;
  int64_t last_offset = -1;
  int32_t offset_delta = 0;
  int64_t timestamp = record::kNoTimestamp;

  int32_t first_sequence() const {
    return static_cast<int32_t>((static_cast<int64_t>(last_sequence) - offset_delta) & 0x7fffffff);
  }
  int64_t first_offset() const { return last_offset - offset_delta; }
  bool operator==(const ProducerBatch&) const = default;
};

/// State of one producer id: its last five batches and its open transaction.
struct ProducerEntry {
  static constexpr size_t kBatches = 5;

  int64_t producer_id = record::kNoProducerId;
  int16_t producer_epoch = record::kNoProducerEpoch;
  int32_t coordinator_epoch = -1;
  int64_t last_timestamp = record::kNoTimestamp;
  std::optional<int64_t> current_txn_first_offset;
  std::array<ProducerBatch, kBatches> batches{};  // the first `batch_count` are in use, oldest first
  uint8_t batch_count = 0;

  const ProducerBatch* last_batch() const { return batch_count == 0 ? nullptr : &batches[batch_count - 1]; }
  int32_t last_sequence() const { return batch_count == 0 ? record::kNoSequence : last_batch()->last_sequence; }
  /// Another epoch begins; the batches of the old one no longer count.
  void set_epoch(int16_t epoch) {
    if (epoch == producer_epoch) return;
    producer_epoch = epoch;
    batch_count = 0;
  }
  void add(const ProducerBatch& batch) {
    if (batch_count == kBatches) {
      for (size_t i = 1; i < kBatches; ++i) batches[i - 1] = batches[i];
      --batch_count;
    }
    batches[batch_count++] = batch;
  }
  /// The known batch with exactly this epoch and range of sequence numbers.
  const ProducerBatch* find(int16_t epoch, int32_t first_sequence, int32_t last_sequence) const {
    if (epoch != producer_epoch) return nullptr;
    for (size_t i = 0; i < batch_count; ++i) {
      if (batches[i].first_sequence() == first_sequence && batches[i].last_sequence == last_sequence) {
        return &batches[i];
      }
    }
    return nullptr;
  }
};

}  // namespace meerkat::storage
