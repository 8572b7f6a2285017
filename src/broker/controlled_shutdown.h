// Leaving the cluster politely: the controller moves our leaderships away first.
#pragma once

#include <cstdint>

#include "broker/controller_client.h"

namespace meerkat::broker {

struct ControlledShutdownSettings {
  int32_t broker_id = -1;
  int64_t broker_epoch = -1;
  int32_t max_retries = 3;          // controlled.shutdown.max.retries
  int64_t retry_backoff_ms = 5000;  // controlled.shutdown.retry.backoff.ms
};

/// Asks the controller until it says that no partition is led here that could be led elsewhere, or the retries are used
/// up. Blocks; not from the client's loop. Whether the controller agreed.
bool controlled_shutdown(ControllerClient& client, const ControlledShutdownSettings& settings);

}  // namespace meerkat::broker
