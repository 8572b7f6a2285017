// WriteTxnMarkers (key 27): the transaction coordinator tells leaders to write commit or abort markers (KIP-98).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 flexible.
struct WriteTxnMarkersRequest {
  static constexpr int16_t kKey = 27;
  static constexpr Versions kVersions = between(0, 1);
  static constexpr int16_t kFlexible = 1;

  struct WritableTxnMarkerTopic {
    std::string name;
    std::vector<int32_t> partition_indexes;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("PartitionIndexes", m.partition_indexes);
    }
  };

  struct WritableTxnMarker {
    int64_t producer_id = 0;
    int16_t producer_epoch = 0;
    bool transaction_result = false;  // true: commit, false: abort
    std::vector<WritableTxnMarkerTopic> topics;
    int32_t coordinator_epoch = 0;

    static void fields(auto& m, auto& io) {
      io("ProducerId", m.producer_id);
      io("ProducerEpoch", m.producer_epoch);
      io("TransactionResult", m.transaction_result);
      io("Topics", m.topics);
      io("CoordinatorEpoch", m.coordinator_epoch);
    }
  };

  std::vector<WritableTxnMarker> markers;

  static void fields(auto& m, auto& io) { io("Markers", m.markers); }
};

/// v1 flexible.
struct WriteTxnMarkersResponse {
  static constexpr int16_t kKey = 27;
  static constexpr Versions kVersions = between(0, 1);
  static constexpr int16_t kFlexible = 1;

  struct WritableTxnMarkerPartitionResult {
    int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("ErrorCode", m.error_code);
    }
  };

  struct WritableTxnMarkerTopicResult {
    std::string name;
    std::vector<WritableTxnMarkerPartitionResult> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  struct WritableTxnMarkerResult {
    int64_t producer_id = 0;
    std::vector<WritableTxnMarkerTopicResult> topics;

    static void fields(auto& m, auto& io) {
      io("ProducerId", m.producer_id);
      io("Topics", m.topics);
    }
  };

  std::vector<WritableTxnMarkerResult> markers;

  static void fields(auto& m, auto& io) { io("Markers", m.markers); }
};

}  // namespace meerkat::wire
