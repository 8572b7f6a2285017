// The one table of broker configs: every key of Kafka 3.9.1 with its type, default, range and dynamic mode, and our own
// keys, which begin with "meerkat.".
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "config/definition.h"

namespace meerkat::config {

/// A part of the table: one file broker_configs_*.cc.
struct ConfigGroup {
  Group group;
  std::string_view title;  // heading of --help
  std::span<const Definition> rows;
};

/// All groups, in the order in which --help prints them.
std::span<const ConfigGroup> broker_config_groups();

/// The row of a broker config; nullptr if there is none. A listener-prefixed key
/// ("listener.name.<listener>.[<mechanism>.]<key>") finds the row of the key behind the prefix where that key may have
/// one.
const Definition* find_broker_config(std::string_view name);

/// The known broker config whose name is nearest to a mistyped one; nullptr if none is near.
const Definition* nearest_broker_config(std::string_view name);

/// The names that may give a value to `name`, most important first and itself among them:
/// log.retention.ms → {log.retention.ms, log.retention.minutes, log.retention.hours}. As DescribeConfigs lists
/// synonyms.
std::vector<std::string> broker_config_synonyms(std::string_view name);

/// "listener.name.<lower-case listener>." or "" : the prefix of a listener's own value for a key.
std::string_view listener_prefix(std::string_view name);

}  // namespace meerkat::config
