// What a topic's configuration asks of records that are to be appended.
#pragma once

#include <cstdint>

#include "record/validate.h"
#include "storage/log_config.h"

namespace meerkat::replica {

/// For record::validate; `now_ms`: wall time that timestamps are held against.
inline record::AppendRules rules_for(const storage::LogConfig& config, record::AppendOrigin origin, int64_t now_ms) {
  record::AppendRules rules;
  rules.origin = origin;
  rules.max_batch_bytes = config.max_message_bytes;
  rules.compacted = config.cleanup_compact;
  rules.timestamp_type =
      config.message_timestamp_log_append ? record::TimestampType::log_append_time : record::TimestampType::create_time;
  rules.timestamp_before_max_ms = config.message_timestamp_before_max_ms;
  rules.timestamp_after_max_ms = config.message_timestamp_after_max_ms;
  rules.now_ms = now_ms;
  if (config.compression_codec != storage::LogConfig::kProducerCodec) {
    const auto codec = static_cast<record::Codec>(config.compression_codec);
    rules.target_codec = codec;
    if (codec == record::Codec::gzip) rules.level = config.compression_gzip_level;
    if (codec == record::Codec::lz4) rules.level = config.compression_lz4_level;
    if (codec == record::Codec::zstd) rules.level = config.compression_zstd_level;
  }
  return rules;
}

}  // namespace meerkat::replica
