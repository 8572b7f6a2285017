// What DescribeConfigs lists of a broker.
#include <algorithm>

#include "config/broker_configs.h"
#include "config/values.h"

namespace meerkat::config {

std::vector<ConfigSynonym> Config::synonyms(std::string_view name) const {
  std::vector<std::string> names = broker_config_synonyms(name);
  const Definition* row = find_broker_config(name);
  bool hidden = row == nullptr || row->sensitive() || row->visibility == Visibility::plugin;
  std::vector<ConfigSynonym> out;
  auto add = [&](const std::string& key, const std::string& value, Source source) {
    out.push_back({key, hidden ? std::nullopt : std::optional(value), source});
  };
  auto add_layer = [&](const Entries& layer, Source source) {
    for (const auto& key : names) {
      if (auto it = layer.find(key); it != layer.end()) add(key, it->second, source);
    }
  };
  add_layer(dynamic_own_, Source::dynamic_broker);
  add_layer(dynamic_defaults_, Source::dynamic_default_broker);
  add_layer(static_, Source::static_broker);
  for (const auto& key : names) {
    const Definition* d = find_broker_config(key);
    bool has_default = d != nullptr && d->name == key && d->default_value != nullptr;
    if (has_default && d->visibility != Visibility::dynamic_only && d->visibility != Visibility::plugin)
      add(key, d->default_value, Source::default_config);
  }
  // As Kafka lists them: only from the first entry of the asked name itself on.
  auto first = std::find_if(out.begin(), out.end(), [&](const auto& s) { return s.name == name; });
  out.erase(out.begin(), first);
  return out;
}

DescribedConfig Config::describe_one(std::string_view name, bool per_broker) const {
  DescribedConfig out;
  out.name = name;
  const Definition* row = find_broker_config(name);
  // A key that is not of Kafka's table could be anybody's secret.
  const bool foreign = row == nullptr || row->visibility == Visibility::plugin;
  out.sensitive = foreign || row->sensitive();
  // Tools are told so of all but the plain names of Kafka's own table, even where an alter request is accepted.
  bool plain = row != nullptr && row->name == name && row->visibility != Visibility::dynamic_only && !foreign;
  out.read_only = !plain || row->dynamic == Dynamic::read_only;
  if (!foreign) {
    out.type = row->type;
    out.doc = row->doc;
  }
  out.synonyms = synonyms(name);
  if (!per_broker) {
    std::erase_if(out.synonyms, [](const auto& s) { return s.source != Source::dynamic_default_broker; });
  }
  if (!out.synonyms.empty()) out.source = out.synonyms.front().source;
  if (out.sensitive) return out;
  if (per_broker) {
    out.value = get(name);
  } else if (auto it = dynamic_defaults_.find(name); it != dynamic_defaults_.end()) {
    out.value = it->second;
  }
  return out;
}

std::vector<DescribedConfig> Config::describe() const {
  std::vector<DescribedConfig> out;
  for (const auto& group : broker_config_groups()) {
    if (group.group == Group::meerkat) continue;  // set ones follow below: tools get Kafka's list
    for (const auto& row : group.rows) {
      if (row.visibility == Visibility::listed) out.push_back(describe_one(row.name, true));
    }
  }
  Entries others = static_;
  others.insert(dynamic_defaults_.begin(), dynamic_defaults_.end());
  others.insert(dynamic_own_.begin(), dynamic_own_.end());
  for (const auto& [name, value] : others) {
    const Definition* row = find_broker_config(name);
    bool told =
        row != nullptr && row->name == name && row->visibility == Visibility::listed && !name.starts_with("meerkat.");
    if (!told) out.push_back(describe_one(name, true));
  }
  return out;
}

std::vector<DescribedConfig> Config::describe_defaults() const {
  std::vector<DescribedConfig> out;
  for (const auto& [name, value] : dynamic_defaults_) out.push_back(describe_one(name, false));
  return out;
}

}  // namespace meerkat::config
