// What a dynamic config belongs to, and its name in ZooKeeper.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace meerkat::cluster {

enum class ConfigType { topics, brokers, clients, users, ips };

/// "topics" … as in the path below /config.
std::string_view name(ConfigType type);

/// The name that stands for every entity of a type without an entry of its own.
inline constexpr std::string_view kDefaultEntity = "<default>";

/// An entity, by its plain (not sanitized) name; `<default>` for the default. `client` only with users: the client id
/// (or `<default>`) of a user's entry for one client, /config/users/U/clients/C.
struct ConfigEntity {
  ConfigType type = ConfigType::topics;
  std::string name;
  std::optional<std::string> client;
  auto operator<=>(const ConfigEntity&) const = default;

  static ConfigEntity topic(std::string name) { return {ConfigType::topics, std::move(name), {}}; }
  static ConfigEntity broker(int32_t id) { return {ConfigType::brokers, std::to_string(id), {}}; }
  static ConfigEntity default_broker() { return {ConfigType::brokers, std::string(kDefaultEntity), {}}; }
};

/// The path below /config, user and client names sanitized: "users/alice/clients/app1".
std::string entity_path(const ConfigEntity& entity);
/// The way back. Fails on types that are not known and on paths that are no entity's.
Result<ConfigEntity> parse_entity_path(std::string_view path);

/// Kafka's way to make any name a znode name: UTF-8 bytes but letters, digits and .-_ become %XX.
/// (`<default>` is the caller's to keep.)
std::string sanitize(std::string_view name);
Result<std::string> desanitize(std::string_view sanitized);

}  // namespace meerkat::cluster
