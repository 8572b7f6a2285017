// The table of topic configs: all 36 of Kafka 3.9.1, with the broker config that gives each its default.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "config/definition.h"
#include "config/entries.h"

namespace meerkat::config {

/// A topic config and the broker config behind it ("" if there is none).
struct TopicDefinition {
  Definition definition;
  std::string_view server_key;
};

std::span<const TopicDefinition> topic_config_table();

/// The row of a topic config; nullptr if there is none.
const TopicDefinition* find_topic_config(std::string_view name);

/// Checks overrides as a create or alter request brings them: unknown names, types, ranges, and rules across keys.
/// `remote_storage` tells whether the broker has remote.log.storage.system.enable. The error is what INVALID_CONFIG
/// says.
Status validate_topic_configs(const Entries& overrides, bool remote_storage = false);

}  // namespace meerkat::config
