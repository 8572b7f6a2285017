#include "txn/records.h"

#include <map>
#include <vector>

#include "record/builder.h"
#include "wire/codec.h"
#include "wire/messages/transaction_log_record.h"

namespace meerkat::txn {

namespace {
constexpr int16_t kVersion = 0;
}

Bytes id_key(const std::string& transactional_id) {
  return wire::encode_versioned(wire::TransactionLogKey{transactional_id}, kVersion);
}

Bytes details_value(const Details& details) {
  wire::TransactionLogValue value;
  value.producer_id = details.producer.id;
  value.producer_epoch = details.producer.epoch;
  value.transaction_timeout_ms = details.timeout_ms;
  value.transaction_status = static_cast<int8_t>(details.state);
  value.transaction_last_update_timestamp_ms = details.last_update_ms;
  value.transaction_start_timestamp_ms = details.start_ms;
  // None at all is something else than an empty list.
  if (details.state == State::empty) {
    value.transaction_partitions = std::nullopt;
  } else {
    for (const auto& tp : details.partitions) {
      auto& topics = *value.transaction_partitions;
      if (topics.empty() || topics.back().topic != tp.topic) topics.push_back({tp.topic, {}});
      topics.back().partition_ids.push_back(tp.partition);
    }
  }
  return wire::encode_versioned(value, kVersion);
}

Result<std::optional<std::string>> read_key(ByteView key) {
  if (key.size() < sizeof(int16_t)) return fail("the key is cut off");
  if (!wire::TransactionLogKey::kVersions.has(load_be<int16_t>(key.data()))) return std::optional<std::string>();
  auto read = wire::decode_versioned<wire::TransactionLogKey>(key);
  if (!read) return read.failure();
  return std::optional(std::move(read->transactional_id));
}

Result<Details> read_value(ByteView value) {
  auto read = wire::decode_versioned<wire::TransactionLogValue>(value);
  if (!read) return read.failure();
  if (read->transaction_status < 0 || read->transaction_status >= kStates) {
    return fail("there is no transaction state " + std::to_string(read->transaction_status));
  }
  Details details;
  details.state = static_cast<State>(read->transaction_status);
  details.producer = {read->producer_id, read->producer_epoch};
  details.timeout_ms = read->transaction_timeout_ms;
  details.start_ms = read->transaction_start_timestamp_ms;
  details.last_update_ms = read->transaction_last_update_timestamp_ms;
  if (details.state == State::empty || !read->transaction_partitions) return details;
  for (const auto& topic : *read->transaction_partitions) {
    for (int32_t partition : topic.partition_ids) details.partitions.insert({topic.topic, partition});
  }
  return details;
}

Bytes state_batch(const std::string& transactional_id, const Details& details, int64_t wall_ms) {
  record::BatchBuilder builder;
  builder.append(wall_ms, ByteView(id_key(transactional_id)), ByteView(details_value(details)));
  return builder.build();
}

}  // namespace meerkat::txn
