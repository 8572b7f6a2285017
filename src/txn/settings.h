// What the transaction coordinator takes from the broker's configuration; names are Kafka's.
#pragma once

#include <cstdint>
#include <string>

namespace meerkat::txn {

struct Settings {
  int32_t broker_id = -1;
  std::string listener = "PLAINTEXT";                // inter.broker.listener.name: where markers are sent to
  int32_t max_timeout_ms = 900'000;                  // transaction.max.timeout.ms
  int64_t id_expiration_ms = 604'800'000;            // transactional.id.expiration.ms
  int64_t abort_check_interval_ms = 10'000;          // transaction.abort.timed.out.transaction.cleanup.interval.ms
  int64_t expiration_check_interval_ms = 3'600'000;  // transaction.remove.expired.transaction.cleanup.interval.ms
  int32_t request_timeout_ms = 30'000;               // request.timeout.ms: of markers and of tombstones
  int16_t markers_version = 1;                       // of WriteTxnMarkers; 0 before inter.broker.protocol.version 2.8
  /// Before markers that a leader could not take, or that have no leader, are tried again.
  int32_t retry_backoff_ms = 50;
  /// Before a partition that could not be loaded is read again.
  int32_t load_backoff_ms = 1000;
};

/// The version of WriteTxnMarkers to send under an inter.broker.protocol.version such as "3.9-IV0".
int16_t markers_version(const std::string& inter_broker_protocol);

}  // namespace meerkat::txn
