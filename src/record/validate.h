// What a leader does with records before it appends them, in two steps. validate() needs no lock: it checks everything
// that does not depend on the log, touching the bytes once, and rewrites them only where a rule asks for it (another
// codec, an old magic). AppendPlan::stamp() then runs under the log's lock and only fills in offset, epoch and time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "record/batch.h"
#include "record/format.h"
#include "wire/error.h"

namespace meerkat::record {

/// Who appends. What clients may not do, coordinators may: control batches, producer ids without sequences.
enum class AppendOrigin { client, coordinator };

/// What the topic's configuration and the moment ask of the records.
struct AppendRules {
  AppendOrigin origin = AppendOrigin::client;
  /// max.message.bytes, of a whole batch; holds for what came in and for what it was rewritten to.
  int32_t max_batch_bytes = 1048588;
  /// cleanup.policy contains compact: every record needs a key.
  bool compacted = false;
  /// message.timestamp.type
  TimestampType timestamp_type = TimestampType::create_time;
  /// message.timestamp.before.max.ms and .after.max.ms; only for CreateTime.
  int64_t timestamp_before_max_ms = INT64_MAX;
  int64_t timestamp_after_max_ms = INT64_MAX;
  /// compression.type; nothing means "producer": as it came.
  std::optional<Codec> target_codec;
  /// compression.<codec>.level of the target, used only when records are recompressed.
  std::optional<int> level;
  /// Wall time that timestamps are held against.
  int64_t now_ms = 0;
};

/// A record that stood in the way of its batch (KIP-467).
struct RecordError {
  int32_t batch_index = 0;  // index of the record in its batch
  std::string message;
};

/// Why nothing of the payload was appended.
struct Refusal {
  wire::ErrorCode code;
  std::string message;
  /// All failing records of the first failing batch; empty for faults of the batch itself.
  std::vector<RecordError> record_errors;
  /// Kafka sends error_message only along with record errors; other refusals answer null there.
  bool tells_client() const { return !record_errors.empty(); }
};

/// What stamp() decided, for the log's bookkeeping and the answer.
struct Stamped {
  int64_t first_offset = 0;
  int64_t last_offset = 0;
  int64_t max_timestamp = kNoTimestamp;
  /// Last offset of the batch that carries max_timestamp: what the time index keeps. -1 if there is no timestamp.
  int64_t shallow_offset_of_max_timestamp = -1;
  /// The answer's log_append_time: the time for LogAppendTime topics, else -1.
  int64_t log_append_time_ms = kNoTimestamp;
};

/// Records that passed: exactly one magic-2 batch (or nothing at all), to be stamped and written. In place it points
/// into the caller's bytes, which must outlive it; rewritten, it owns them. Move-only.
class AppendPlan {
 public:
  AppendPlan(AppendPlan&&) noexcept = default;
  AppendPlan& operator=(AppendPlan&&) noexcept = default;

  /// True if there was no complete batch (only possible before produce v3): succeeds without an append.
  bool empty() const { return bytes_.empty(); }
  /// The bytes to write.
  ByteView bytes() const { return bytes_; }
  /// The batch, for the producer's sequence checks. Not when empty().
  BatchView batch() const { return BatchView(bytes_); }
  int32_t record_count() const { return record_count_; }
  /// True if the bytes were rewritten (recompressed, up-converted) rather than kept.
  bool rewritten() const { return !owned_.empty(); }
  /// Assigns offsets from `first_offset` on, the leader epoch, and the time if the topic is LogAppendTime. Under the
  /// log's lock; twelve bytes for CreateTime, plus the checksum's update (not its computation) for LogAppendTime.
  Stamped stamp(int64_t first_offset, int32_t leader_epoch, int64_t now_ms);

 private:
  friend class Validator;
  AppendPlan() = default;

  MutableBytes bytes_;  // the caller's, or owned_ (whose heap block stays where it is when the plan moves)
  Bytes owned_;
  int32_t record_count_ = 0;
  TimestampType type_ = TimestampType::create_time;
  uint32_t tail_crc_ = 0;  // of the bytes after the max timestamp; only for LogAppendTime
};

/// The checks that depend on the Produce version alone, which Kafka makes before it looks at the log: from v3 on
/// exactly one batch of magic 2, no zstd before v7. Nothing if they pass.
std::optional<Refusal> check_produce_version(ByteView records, int16_t produce_version);

/// Checks `records` (one partition's of a Produce request) against `rules`, in Kafka's order. A last batch that is not
/// all there is cut off. The bytes may be changed even if a later step refuses them.
Result<AppendPlan, Refusal> validate(MutableBytes records, const AppendRules& rules);

}  // namespace meerkat::record
