// The records of __transaction_state: what Kafka writes and reads there, byte for byte.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "txn/transaction.h"
#include "wire/internal_topics.h"

namespace meerkat::txn {

using wire::kTransactionsTopic;

Bytes id_key(const std::string& transactional_id);
/// In the version that brokers in ZooKeeper mode write.
Bytes details_value(const Details& details);

/// The transactional id; nothing for a key of a later version, whose record is to be left alone. An error for bytes
/// that are no key.
Result<std::optional<std::string>> read_key(ByteView key);
Result<Details> read_value(ByteView value);

/// A batch with one record.
Bytes state_batch(const std::string& transactional_id, const Details& details, int64_t wall_ms);

}  // namespace meerkat::txn
