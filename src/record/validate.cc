#include "record/validate.h"

#include <utility>

#include "base/crc32c.h"
#include "record/builder.h"
#include "record/record.h"
#include "record/walker.h"

namespace meerkat::record {

using wire::ErrorCode;

namespace {

/// The fields that an append may change after the checksum: attributes up to the max timestamp. What follows them keeps
/// a checksum of its own, so that LogAppendTime costs no walk over the bytes under the log's lock.
constexpr size_t kTailAt = v2::kProducerIdAt;

/// No client makes use of more, and an answer must not outgrow its request without measure.
constexpr size_t kMostRecordErrors = 16384;

Fail<Refusal> refusal_of(ErrorCode code, std::string message) { return Fail(Refusal{code, std::move(message), {}}); }

/// The code with which Kafka answers a batch that cannot be read.
ErrorCode code_of(Unreadable why) {
  switch (why) {
    case Unreadable::compression:
      return ErrorCode::unknown_server_error;
    case Unreadable::corrupt:
      return ErrorCode::corrupt_message;
    case Unreadable::structure:
    case Unreadable::no:
      break;
  }
  return ErrorCode::invalid_record;
}

/// The rules that each record has to keep, and those that broke them.
class RecordChecks {
 public:
  explicit RecordChecks(const AppendRules& rules)
      : rules_(rules),
        create_time_(rules.timestamp_type == TimestampType::create_time),
        time_bound_(rules.timestamp_before_max_ms != INT64_MAX || rules.timestamp_after_max_ms != INT64_MAX) {}

  void check(int32_t index, int64_t timestamp, bool has_key, bool batch_is_append_time) {
    if (rules_.compacted && !has_key) {
      add(ErrorCode::invalid_record, index, "a record without a key cannot be compacted");
    } else if (create_time_ && timestamp != kNoTimestamp) {
      if (time_bound_ && out_of_bounds(timestamp)) {
        add(ErrorCode::invalid_timestamp, index,
            "timestamp " + std::to_string(timestamp) + " is too far from the broker's time, " +
                std::to_string(rules_.now_ms));
      }
    } else if (batch_is_append_time) {
      add(ErrorCode::invalid_timestamp, index, "only a broker may set the timestamp type to LogAppendTime");
    }
  }

  void add(ErrorCode code, int32_t index, std::string message) {
    if (code == ErrorCode::invalid_timestamp) code_ = code;
    ++count_;
    if (errors_.size() < kMostRecordErrors) errors_.push_back({index, std::move(message)});
  }

  bool ok() const { return count_ == 0; }
  Fail<Refusal> refusal() {
    std::string message = std::to_string(count_) + (count_ == 1 ? " record was" : " records were") +
                          " refused, the first because: " + errors_.front().message;
    return Fail(Refusal{code_, std::move(message), std::move(errors_)});
  }

 private:
  bool out_of_bounds(int64_t timestamp) const {
    int64_t age = wrapping_sub(rules_.now_ms, timestamp);
    return age > rules_.timestamp_before_max_ms || wrapping_sub(0, age) > rules_.timestamp_after_max_ms;
  }

  const AppendRules& rules_;
  bool create_time_;
  bool time_bound_;
  ErrorCode code_ = ErrorCode::invalid_record;
  size_t count_ = 0;
  std::vector<RecordError> errors_;
};

}  // namespace

/// One payload's way through the rules.
class Validator {
 public:
  explicit Validator(const AppendRules& rules) : rules_(rules) {}

  Result<AppendPlan, Refusal> run(MutableBytes records) {
    if (auto refused = survey(records)) return Fail(std::move(*refused));
    if (batches_ == 0) return AppendPlan();
    records = records.first(consumed_);
    if ((first_.magic == kMagic2 || codec_ != Codec::none) && batches_ > 1) {
      return refusal_of(ErrorCode::invalid_record, "more than one batch for a partition in one request");
    }
    target_ = rules_.target_codec.value_or(codec_);
    return first_.magic == kMagic2 ? run_v2(records) : run_legacy(records);
  }

 private:
  /// Looks at every batch as a whole: offset, size, checksum, codec.
  std::optional<Refusal> survey(ByteView records) {
    BatchRun run(records);
    for (AnyBatch batch; run.next(batch);) {
      if (batches_++ == 0) first_ = batch;
      if (batch.magic == kMagic2 && rules_.origin == AppendOrigin::client && batch.base_offset != 0) {
        return Refusal{ErrorCode::invalid_record, "a producer's batch must have base offset 0", {}};
      }
      if (batch.size > rules_.max_batch_bytes) return too_large(batch.size);
      if (!checksum_ok(batch)) return Refusal{ErrorCode::corrupt_message, "the batch does not match its checksum", {}};
      if (!is_known(batch.codec)) {
        return Refusal{ErrorCode::unknown_server_error, "the batch names a codec that does not exist", {}};
      }
      if (batch.compressed()) codec_ = batch.codec;
    }
    if (run.corrupt()) {
      return Refusal{ErrorCode::corrupt_message, "the size or the magic of a batch makes no sense", {}};
    }
    consumed_ = run.consumed();
    return std::nullopt;
  }

  bool checksum_ok(const AnyBatch& batch) {
    if (batch.undersized || batch.magic != kMagic2 || rules_.timestamp_type != TimestampType::log_append_time)
      return batch.crc_ok();
    tail_crc_ = crc32c(batch.bytes.subspan(kTailAt));
    uint32_t head = crc32c(batch.bytes.subspan(v2::kAttributesAt, kTailAt - v2::kAttributesAt));
    return crc32c_join(head, tail_crc_, batch.bytes.size() - kTailAt) == batch.v2().crc();
  }

  Refusal too_large(int64_t size) const {
    return {ErrorCode::message_too_large,
            "a batch of " + std::to_string(size) + " bytes; the topic's max.message.bytes is " +
                std::to_string(rules_.max_batch_bytes),
            {}};
  }

  /// What the header of a magic-2 batch must keep to (Kafka's order: offsets, counts, control, sequence).
  std::optional<Refusal> check_header(const BatchView& batch) const {
    auto invalid = [](std::string message) { return Refusal{ErrorCode::invalid_record, std::move(message), {}}; };
    if (batch.last_offset_delta() < 0) return invalid("the batch's last offset is below its first");
    if (batch.count() <= 0) return invalid("the batch announces no records");
    if (batch.last_offset_delta() != batch.count() - 1) {
      return invalid("the batch's offsets and its number of records differ");
    }
    if (rules_.origin == AppendOrigin::client) {
      if (batch.control()) return invalid("clients may not write control records");
      if (batch.has_producer_id() && batch.base_sequence() < 0) {
        return invalid("a batch with a producer id but without a sequence number");
      }
    }
    return std::nullopt;
  }

  Result<AppendPlan, Refusal> run_v2(MutableBytes records) {
    BatchView batch(records);
    if (auto refused = check_header(batch)) return Fail(std::move(*refused));
    bool in_place = codec_ == target_ || (codec_ == Codec::none && batch.control());

    RecordChecks checks(rules_);
    RecordWalker walker(batch);
    bool batch_is_append_time = batch.timestamp_type() == TimestampType::log_append_time;
    int64_t base_timestamp = batch.base_timestamp();
    int64_t append_time = batch.max_timestamp();
    int64_t max_timestamp = kNoTimestamp;
    bool contiguous = true;
    RecordFrame frame;
    Next step;
    for (int32_t index = 0; (step = walker.next(frame)) == Next::record; ++index) {
      int64_t timestamp = batch_is_append_time ? append_time : wrapping_add(base_timestamp, frame.timestamp_delta);
      checks.check(index, timestamp, frame.has_key, batch_is_append_time);
      if (timestamp > max_timestamp) max_timestamp = timestamp;
      contiguous &= frame.offset_delta == index;
    }
    if (step == Next::malformed) return refusal_of(code_of(walker.unreadable()), walker.failure());
    if (!checks.ok()) return checks.refusal();
    // Offsets that are not 0, 1, 2 … would let a reader see others than the log assigned.
    if (!in_place || !contiguous) return rebuild_v2(batch);

    if (rules_.timestamp_type == TimestampType::create_time &&
        (batch_is_append_time || batch.max_timestamp() != max_timestamp)) {
      MutableBatch target(records);
      target.set_timestamp_type(TimestampType::create_time);
      target.set_max_timestamp(max_timestamp);
      target.refresh_crc();
    }
    AppendPlan plan;
    plan.bytes_ = records;
    plan.record_count_ = batch.count();
    plan.type_ = rules_.timestamp_type;
    plan.tail_crc_ = tail_crc_;
    return plan;
  }

  BatchOptions target_options(const AnyBatch& first) const {
    return {.codec = target_,
            .level = rules_.level,
            .timestamp_type = rules_.timestamp_type,
            .log_append_time_ms = rules_.now_ms,
            .producer_id = first.producer_id,
            .producer_epoch = first.producer_epoch,
            .base_sequence = first.base_sequence,
            .transactional = first.transactional,
            .control = first.control};
  }

  Result<AppendPlan, Refusal> rebuild_v2(const BatchView& batch) {
    BatchOptions options = target_options(first_);
    if (batch.control()) options.codec = codec_;
    BatchBuilder builder(options);
    RecordReader reader(batch);
    RecordView record;
    Next step;
    while ((step = reader.next(record)) == Next::record) {
      builder.append_raw_headers(builder.next_offset(), record.timestamp, record.key, record.value, record.raw_headers);
    }
    if (step == Next::malformed) return refusal_of(code_of(reader.unreadable()), reader.failure());
    return take(builder);
  }

  /// Messages of magic 0 and 1 become one batch of magic 2 (KIP-98, KIP-724).
  Result<AppendPlan, Refusal> run_legacy(ByteView records) {
    BatchBuilder builder(target_options(first_));
    BatchRun run(records);
    for (AnyBatch batch; run.next(batch);) {
      if (batch.magic != first_.magic)
        return refusal_of(ErrorCode::invalid_record, "batches of several magics in one request");
      if (auto refused = convert_legacy(batch, builder)) return Fail(std::move(*refused));
    }
    return take(builder);
  }

  std::optional<Refusal> convert_legacy(const AnyBatch& batch, BatchBuilder& builder) {
    RecordChecks checks(rules_);
    RecordReader reader(batch);
    RecordView record;
    Next step;
    for (int32_t index = 0; (step = reader.next(record)) == Next::record; ++index) {
      if (record.magic != batch.magic) {
        checks.add(ErrorCode::invalid_record, index, "a message of another magic than the set it is in");
        continue;
      }
      if (batch.compressed() && !LegacyView(record.encoded).crc_ok()) {
        return Refusal{ErrorCode::corrupt_message, "a message in a compressed set does not match its checksum", {}};
      }
      checks.check(index, record.timestamp, record.key.has_value(),
                   batch.timestamp_type == TimestampType::log_append_time);
      if (checks.ok()) builder.append(record.timestamp, record.key, record.value);
    }
    if (step == Next::malformed) return Refusal{code_of(reader.unreadable()), reader.failure(), {}};
    if (!checks.ok()) return checks.refusal().error;
    return std::nullopt;
  }

  Result<AppendPlan, Refusal> take(BatchBuilder& builder) {
    AppendPlan plan;
    plan.record_count_ = builder.count();
    plan.owned_ = builder.build();
    plan.bytes_ = plan.owned_;
    plan.type_ = rules_.timestamp_type;
    if (plan.bytes_.size() > static_cast<size_t>(rules_.max_batch_bytes)) {
      return Fail(too_large(static_cast<int64_t>(plan.bytes_.size())));
    }
    if (plan.type_ == TimestampType::log_append_time) plan.tail_crc_ = crc32c(plan.bytes().subspan(kTailAt));
    return plan;
  }

  const AppendRules& rules_;
  AnyBatch first_;
  int32_t batches_ = 0;
  size_t consumed_ = 0;
  Codec codec_ = Codec::none;   // of the last compressed batch
  Codec target_ = Codec::none;  // what the log keeps
  uint32_t tail_crc_ = 0;
};

Result<AppendPlan, Refusal> validate(MutableBytes records, const AppendRules& rules) {
  return Validator(rules).run(records);
}

std::optional<Refusal> check_produce_version(ByteView records, int16_t produce_version) {
  if (produce_version < 3) return std::nullopt;
  auto invalid = [](std::string message) { return Refusal{ErrorCode::invalid_record, std::move(message), {}}; };
  BatchRun run(records);
  AnyBatch batch;
  bool found = run.next(batch);
  if (found && batch.magic != kMagic2) return invalid("from Produce v3 on only batches of magic 2 are taken");
  if (found && produce_version < 7 && batch.codec == Codec::zstd) {
    return Refusal{ErrorCode::unsupported_compression_type, "zstd is taken only from Produce v7 on", {}};
  }
  bool second = found && run.next(batch);
  if (run.corrupt()) {
    return Refusal{ErrorCode::corrupt_message, "the size or the magic of a batch makes no sense", {}};
  }
  if (!found) return invalid("no complete batch for a partition");
  if (second) return invalid("more than one batch for a partition in one request");
  return std::nullopt;
}

Stamped AppendPlan::stamp(int64_t first_offset, int32_t leader_epoch, int64_t now_ms) {
  MutableBatch target(bytes_);
  target.set_base_offset(first_offset);
  target.set_leader_epoch(leader_epoch);
  Stamped stamped;
  stamped.first_offset = first_offset;
  stamped.last_offset = target.view().last_offset();
  if (type_ == TimestampType::log_append_time) {
    target.set_timestamp_type(type_);
    target.set_max_timestamp(now_ms);
    uint32_t head = crc32c(ByteView(bytes_).subspan(v2::kAttributesAt, kTailAt - v2::kAttributesAt));
    target.set_crc(crc32c_join(head, tail_crc_, bytes_.size() - kTailAt));
    stamped.log_append_time_ms = now_ms;
  }
  stamped.max_timestamp = target.view().max_timestamp();
  if (stamped.max_timestamp != kNoTimestamp) stamped.shallow_offset_of_max_timestamp = stamped.last_offset;
  return stamped;
}

}  // namespace meerkat::record
