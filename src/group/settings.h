// What the group coordinator takes from the broker's configuration; names are Kafka's.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "record/format.h"

namespace meerkat::group {

/// Versions of the values in __consumer_offsets. Older ones are for clusters in which old brokers still read them.
struct RecordVersions {
  int16_t offset_value = 3;
  int16_t group_value = 3;
};

/// The versions to write under an inter.broker.protocol.version such as "3.9-IV0" or "0.10.0-IV0".
RecordVersions record_versions(std::string_view inter_broker_protocol);

struct Settings {
  int32_t min_session_timeout_ms = 6000;                     // group.min.session.timeout.ms
  int32_t max_session_timeout_ms = 1'800'000;                // group.max.session.timeout.ms
  int32_t initial_rebalance_delay_ms = 3000;                 // group.initial.rebalance.delay.ms
  int32_t max_size = std::numeric_limits<int32_t>::max();    // group.max.size: members of a group
  int32_t offset_metadata_max_size = 4096;                   // offset.metadata.max.bytes: UTF-16 units, as in Kafka
  int64_t offsets_retention_ms = 7LL * 24 * 60 * 60 * 1000;  // offsets.retention.minutes
  int64_t retention_check_interval_ms = 600'000;             // offsets.retention.check.interval.ms
  int16_t required_acks = -1;                                // offsets.commit.required.acks
  int32_t commit_timeout_ms = 5000;                          // offsets.commit.timeout.ms
  record::Codec codec = record::Codec::none;                 // offsets.topic.compression.codec
  RecordVersions versions;
};

}  // namespace meerkat::group
