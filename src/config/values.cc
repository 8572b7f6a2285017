#include "config/values.h"

#include <algorithm>
#include <cassert>
#include <charconv>

#include "config/broker_configs.h"
#include "config/broker_rules.h"
#include "config/text.h"

namespace meerkat::config {
namespace {

// The row of a key, under the name it was set by: a listener-prefixed key's errors name the whole of it.
std::optional<Definition> row_named(std::string_view name) {
  const Definition* row = find_broker_config(name);
  if (row == nullptr) return std::nullopt;
  Definition named = *row;
  named.name = name;
  return named;
}

std::string unknown_key_warning(const std::string& name) {
  std::string text = "Unknown configuration " + name + " is ignored";
  if (const Definition* near = nearest_broker_config(name)) text += "; did you mean " + std::string(near->name) + "?";
  return text;
}

// Milliseconds in the unit a key's name ends in; 1 for others.
int64_t unit_ms(std::string_view name) {
  if (name.ends_with(".minutes")) return 60'000;
  if (name.ends_with(".hours")) return 3'600'000;
  return 1;
}

}  // namespace

Result<Config> Config::from_static(Entries entries) {
  Config config;
  // node.id and broker.id are two names of one thing.
  if (entries.contains("broker.id") && !entries.contains("node.id")) entries["node.id"] = entries["broker.id"];
  if (entries.contains("node.id") && !entries.contains("broker.id")) entries["broker.id"] = entries["node.id"];
  for (auto& [name, value] : entries) {
    auto row = row_named(name);
    if (!row) {
      config.warnings_.push_back(unknown_key_warning(name));
      config.static_.emplace(name, value);
      continue;
    }
    if (row->visibility == Visibility::dynamic_only) {
      return fail("Configuration " + name + " can only be set while the broker runs, not in flags or properties");
    }
    auto canonical = check_value(*row, value);
    if (!canonical) return canonical.failure();
    if (row->effect == Effect::inert && name != "node.id" &&
        *canonical != std::string(row->default_value ? row->default_value : "")) {
      config.warnings_.push_back("Configuration " + name + " is known but has no effect here yet");
    }
    config.static_.emplace(name, std::move(*canonical));
  }
  if (auto ok = config.parse_values(); !ok) return ok.failure();
  if (config.values_.remote_log_storage_system_enable) {
    config.warnings_.push_back(
        "Configuration remote.log.storage.system.enable lets topics ask for tiered storage, but there is none here: "
        "their segments stay on local disk");
  }
  return config;
}

Status Config::parse_values() {
  auto values = parse_broker_config(*this);
  if (!values) return values.failure();
  if (auto ok = check_broker_rules(*this, *values); !ok) return ok;
  values_ = std::move(*values);
  return {};
}

void Config::overlay(const Entries& entries, bool per_broker) {
  Entries accepted;
  for (const auto& [name, value] : entries) {
    auto row = row_named(name);
    if (!row) {
      accepted.emplace(name, value);
      continue;
    }
    if (row->dynamic == Dynamic::read_only || (row->dynamic == Dynamic::per_broker && !per_broker)) {
      warnings_.push_back("Dynamic configuration " + name + " is ignored: it cannot be changed " +
                          (per_broker ? "while the broker runs" : "for all brokers at once"));
      continue;
    }
    auto canonical = check_value(*row, value);
    if (!canonical) {
      warnings_.push_back("Dynamic configuration is ignored: " + canonical.error().message);
      continue;
    }
    accepted.emplace(name, std::move(*canonical));
  }
  Entries& layer = per_broker ? dynamic_own_ : dynamic_defaults_;
  layer = std::move(accepted);
  if (auto ok = parse_values(); !ok) {
    warnings_.push_back("Dynamic configurations are ignored: " + ok.error().message);
    layer.clear();
  }
}

Config Config::with_dynamic(const Entries& defaults, const Entries& own) const {
  Config out;
  out.static_ = static_;
  out.values_ = values_;
  out.overlay(defaults, false);
  out.overlay(own, true);
  // When both layers are left out, what is in force are the statics, which have been parsed before.
  if (out.dynamic_defaults_.empty() && out.dynamic_own_.empty()) {
    [[maybe_unused]] auto ok = out.parse_values();
    assert(ok);
  }
  return out;
}

Config::Found Config::find(std::string_view name) const {
  auto find_exact = [this](std::string_view key) -> std::optional<Found> {
    if (auto it = dynamic_own_.find(key); it != dynamic_own_.end()) return Found{it->second, Source::dynamic_broker};
    if (auto it = dynamic_defaults_.find(key); it != dynamic_defaults_.end()) {
      return Found{it->second, Source::dynamic_default_broker};
    }
    if (auto it = static_.find(key); it != static_.end()) return Found{it->second, Source::static_broker};
    return std::nullopt;
  };
  if (auto found = find_exact(name)) return *found;
  const Definition* row = find_broker_config(name);
  assert(row != nullptr);
  if (row->name != name) {  // a listener's own key, not set
    if (auto found = find_exact(row->name)) return *found;
  }
  if (row->default_value == nullptr) return {};
  return {std::string(row->default_value), Source::default_config};
}

std::optional<std::string> Config::get(std::string_view name) const { return find(name).value; }

Source Config::source(std::string_view name) const { return find(name).source; }

bool Config::get_bool(std::string_view name) const {
  auto text = get(name);
  assert(text);
  return *text == "true";
}

int64_t Config::get_int(std::string_view name) const {
  auto text = get(name);
  assert(text);
  int64_t value = 0;
  std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

double Config::get_double(std::string_view name) const {
  auto text = get(name);
  assert(text);
  double value = 0;
  std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

std::vector<std::string> Config::get_list(std::string_view name) const { return split_list(get(name).value_or("")); }

std::optional<std::string> Config::get_resolved(std::string_view name) const {
  if (auto own = get(name)) return own;
  for (const auto& other : broker_config_synonyms(name)) {
    if (!get(other)) continue;
    int64_t value = get_int(other);
    // A negative number of minutes or hours means without limit, whatever the unit.
    return std::to_string(value < 0 ? -1 : value * (unit_ms(other) / unit_ms(name)));
  }
  return std::nullopt;
}

}  // namespace meerkat::config
