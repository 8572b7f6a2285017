#include "config/broker_configs.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "config/config_tables.h"

namespace meerkat::config {
namespace {

constexpr std::string_view kListenerPrefix = "listener.name.";

// Keys that a listener (or a SASL mechanism on it) may have for itself.
bool may_have_prefix(std::string_view name) {
  static constexpr std::string_view kOthers[] = {
      "principal.builder.class", "max.connections",           "max.connection.creation.rate",
      "num.network.threads",     "connections.max.reauth.ms",
  };
  return name.starts_with("ssl.") || name.starts_with("sasl.") ||
         std::find(std::begin(kOthers), std::end(kOthers), name) != std::end(kOthers);
}

// Keys that stand behind a mechanism: listener.name.<listener>.<mechanism>.<key>.
constexpr std::string_view kPerMechanism[] = {
    "sasl.jaas.config",          "sasl.login.callback.handler.class",
    "sasl.login.class",          "sasl.server.callback.handler.class",
    "connections.max.reauth.ms",
};

// The key behind a listener's prefix; "" if there is no prefix.
std::string_view base_name(std::string_view name) {
  std::string_view prefix = listener_prefix(name);
  if (prefix.empty()) return {};
  std::string_view rest = name.substr(prefix.size());
  for (auto key : kPerMechanism) {
    if (rest.ends_with(key)) return key;
  }
  return rest;
}

const std::unordered_map<std::string_view, const Definition*>& index() {
  static const auto* map = [] {
    auto* m = new std::unordered_map<std::string_view, const Definition*>;
    for (const auto& group : broker_config_groups()) {
      for (const auto& row : group.rows) m->emplace(row.name, &row);
    }
    return m;
  }();
  return *map;
}

// Levenshtein's distance.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t next = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = row[j];
      row[j] = next;
    }
  }
  return row[b.size()];
}

}  // namespace

std::span<const ConfigGroup> broker_config_groups() {
  static const ConfigGroup groups[] = {
      zookeeper_configs(),    network_configs(),  log_configs(),   replication_configs(), groups_configs(),
      transactions_configs(), security_configs(), tls_configs(),   quotas_configs(),      metrics_configs(),
      meerkat_configs(),      tiered_configs(),   kraft_configs(),
  };
  return groups;
}

std::string_view listener_prefix(std::string_view name) {
  if (!name.starts_with(kListenerPrefix)) return {};
  size_t dot = name.find('.', kListenerPrefix.size());
  if (dot == std::string_view::npos || dot + 1 == name.size()) return {};
  return name.substr(0, dot + 1);
}

const Definition* find_broker_config(std::string_view name) {
  std::string_view base = base_name(name);
  if (!base.empty() && !may_have_prefix(base)) return nullptr;
  auto it = index().find(base.empty() ? name : base);
  return it == index().end() ? nullptr : it->second;
}

const Definition* nearest_broker_config(std::string_view name) {
  const Definition* best = nullptr;
  size_t limit = name.size() / 3 + 1;  // further away is another word, not a slip
  for (const auto& group : broker_config_groups()) {
    for (const auto& row : group.rows) {
      size_t longer = std::max(row.name.size(), name.size());
      size_t shorter = std::min(row.name.size(), name.size());
      if (longer - shorter >= limit) continue;
      size_t d = distance(name, row.name);
      if (d < limit) {
        limit = d;
        best = &row;
      }
    }
  }
  return best;
}

std::vector<std::string> broker_config_synonyms(std::string_view name) {
  static const std::vector<std::string> kChains[] = {
      {"log.roll.ms", "log.roll.hours"},
      {"log.roll.jitter.ms", "log.roll.jitter.hours"},
      {"log.retention.ms", "log.retention.minutes", "log.retention.hours"},
  };
  for (const auto& chain : kChains) {
    if (std::find(chain.begin(), chain.end(), name) != chain.end()) return chain;
  }
  // The scheduler's interval stands in for log.flush.interval.ms, but not the other way round.
  if (name == "log.flush.interval.ms") return {std::string(name), "log.flush.scheduler.interval.ms"};
  std::string_view base = base_name(name);
  if (!base.empty()) return {std::string(name), std::string(base)};
  return {std::string(name)};
}

}  // namespace meerkat::config
