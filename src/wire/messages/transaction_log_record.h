// Records of __transaction_state. An int16 version stands in front of key and value.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

struct TransactionLogKey {
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = kNeverFlexible;

  std::string transactional_id;

  static void fields(auto& m, auto& io) { io("TransactionalId", m.transactional_id); }
};

/// v1 flexible (KIP-915; read, never written in ZooKeeper mode).
struct TransactionLogValue {
  static constexpr Versions kVersions = between(0, 1);
  static constexpr int16_t kFlexible = 1;

  struct PartitionsSchema {
    std::string topic;
    std::vector<int32_t> partition_ids;

    static void fields(auto& m, auto& io) {
      io("Topic", m.topic);
      io("PartitionIds", m.partition_ids);
    }
  };

  int64_t producer_id = 0;
  int16_t producer_epoch = 0;
  int32_t transaction_timeout_ms = 0;
  int8_t transaction_status = 0;  // 0 Empty, 1 Ongoing, 2 PrepareCommit, 3 PrepareAbort, 4 CompleteCommit, 5
                                  // CompleteAbort, 6 Dead, 7 PrepareEpochFence
  std::optional<std::vector<PartitionsSchema>> transaction_partitions = std::vector<PartitionsSchema>{};
  int64_t transaction_last_update_timestamp_ms = 0;
  int64_t transaction_start_timestamp_ms = 0;

  static void fields(auto& m, auto& io) {
    io("ProducerId", m.producer_id);
    io("ProducerEpoch", m.producer_epoch);
    io("TransactionTimeoutMs", m.transaction_timeout_ms);
    io("TransactionStatus", m.transaction_status);
    io("TransactionPartitions", m.transaction_partitions);
    io("TransactionLastUpdateTimestampMs", m.transaction_last_update_timestamp_ms);
    io("TransactionStartTimestampMs", m.transaction_start_timestamp_ms);
  }
};

}  // namespace meerkat::wire
