#include "cluster/config_entity.h"

#include <array>

namespace meerkat::cluster {

namespace {

constexpr std::array<std::string_view, 5> kNames = {"topics", "brokers", "clients", "users", "ips"};
constexpr std::string_view kClients = "/clients/";

bool sanitizes(ConfigType type) { return type == ConfigType::clients || type == ConfigType::users; }

std::string node_name(ConfigType type, std::string_view plain) {
  return sanitizes(type) && plain != kDefaultEntity ? sanitize(plain) : std::string(plain);
}

Result<std::string> plain_name(ConfigType type, std::string_view node) {
  if (node.empty() || node.find('/') != std::string_view::npos) {
    return fail("\"" + std::string(node) + "\" is not the name of an entity");
  }
  if (!sanitizes(type) || node == kDefaultEntity) return std::string(node);
  return desanitize(node);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string_view name(ConfigType type) { return kNames[static_cast<size_t>(type)]; }

std::string entity_path(const ConfigEntity& entity) {
  std::string path(name(entity.type));
  path += '/';
  path += node_name(entity.type, entity.name);
  if (entity.client) path.append(kClients).append(node_name(ConfigType::clients, *entity.client));
  return path;
}

Result<ConfigEntity> parse_entity_path(std::string_view path) {
  size_t slash = path.find('/');
  for (size_t i = 0; i < kNames.size(); i++) {
    if (slash == std::string_view::npos || path.substr(0, slash) != kNames[i]) continue;
    ConfigEntity entity;
    entity.type = static_cast<ConfigType>(i);
    std::string_view rest = path.substr(slash + 1);
    if (size_t at = rest.find(kClients); entity.type == ConfigType::users && at != std::string_view::npos) {
      auto client = plain_name(ConfigType::clients, rest.substr(at + kClients.size()));
      if (!client) return client.failure();
      entity.client = std::move(*client);
      rest = rest.substr(0, at);
    }
    auto plain = plain_name(entity.type, rest);
    if (!plain) return plain.failure();
    entity.name = std::move(*plain);
    return entity;
  }
  return fail("\"" + std::string(path) + "\" is not the path of a config entity (TYPE/NAME)");
}

std::string sanitize(std::string_view name) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (char c : name) {
    bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    if (plain) {
      out += c;
    } else {
      auto byte = static_cast<uint8_t>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

Result<std::string> desanitize(std::string_view sanitized) {
  std::string out;
  for (size_t i = 0; i < sanitized.size(); i++) {
    if (sanitized[i] != '%') {
      out += sanitized[i] == '+' ? ' ' : sanitized[i];
      continue;
    }
    int high = i + 2 < sanitized.size() ? hex_digit(sanitized[i + 1]) : -1;
    int low = i + 2 < sanitized.size() ? hex_digit(sanitized[i + 2]) : -1;
    if (high < 0 || low < 0) return fail("\"" + std::string(sanitized) + "\" has a % without two hexadecimal digits");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

}  // namespace meerkat::cluster
