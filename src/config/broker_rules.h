// From text to BrokerConfig, and the rules that hold between several keys.
#pragma once

#include "base/result.h"
#include "config/broker_values.h"

namespace meerkat::config {

class Config;

/// Fills the plain values from the text in force. The text of each key has been checked; what can still fail are the
/// listener keys.
Result<BrokerConfig> parse_broker_config(const Config& config);

/// The rules across keys that Kafka checks at start. `config` tells what was set, `values` what it means.
Status check_broker_rules(const Config& config, const BrokerConfig& values);

}  // namespace meerkat::config
