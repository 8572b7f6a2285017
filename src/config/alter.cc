// Whether a request may alter the broker's configs.
#include <algorithm>

#include "config/broker_configs.h"
#include "config/text.h"
#include "config/values.h"

namespace meerkat::config {
namespace {

constexpr std::string_view kThreadCounts[] = {
    "num.io.threads",     "num.network.threads", "num.replica.fetchers", "num.recovery.threads.per.data.dir",
    "background.threads",
};

std::string as_set(const std::vector<std::string>& names, const char* kind = "Set(") {
  std::string out = kind;
  for (size_t i = 0; i < names.size(); ++i) out += (i > 0 ? ", " : "") + names[i];
  return out + ")";
}

// Keys of a listener that may be set for all brokers at once.
bool for_all_brokers(std::string_view base) {
  return base == "max.connections" || base == "max.connection.creation.rate" || base == "num.network.threads";
}

// Thread pools are resized step by step: at most to the half or the double.
Status check_thread_count(const std::string& name, int64_t value, int64_t current) {
  std::string intro = "Dynamic thread count update validation failed for " + name + "=" + std::to_string(value);
  if (value <= 0) return fail(intro + ", value should be at least 1");
  if (value < current / 2) {
    return fail(intro + ", value should be at least half the current value " + std::to_string(current));
  }
  if (value > current * 2) {
    return fail(intro + ", value should not be greater than double the current value " + std::to_string(current));
  }
  return {};
}

struct Refused {
  std::vector<std::string> read_only, without_listener, only_per_broker;
};

Status check_refused(const Refused& refused, bool per_broker) {
  if (!refused.read_only.empty()) return fail("Cannot update these configs dynamically: " + as_set(refused.read_only));
  if (!refused.without_listener.empty()) {
    return fail("These security configs can be dynamically updated only per-listener using the listener prefix: " +
                as_set(refused.without_listener, "HashSet("));
  }
  if (!per_broker && !refused.only_per_broker.empty()) {
    return fail("Cannot update these configs at default cluster level, broker id must be specified: " +
                as_set(refused.only_per_broker));
  }
  return {};
}

}  // namespace

Status Config::validate_dynamic(const Entries& entries, bool per_broker) const {
  Refused refused;
  for (const auto& [name, value] : entries) {
    const Definition* row = find_broker_config(name);
    if (row == nullptr) continue;  // may belong to a plug-in
    bool prefixed = !listener_prefix(name).empty();
    if (!prefixed && row->dynamic == Dynamic::read_only) refused.read_only.push_back(name);
    if (!prefixed && row->name.starts_with("ssl.") && row->dynamic == Dynamic::per_broker) {
      refused.without_listener.push_back(name);
    }
    bool own = prefixed ? !for_all_brokers(row->name) : row->dynamic == Dynamic::per_broker;
    if (own) refused.only_per_broker.push_back(name);
  }
  if (auto ok = check_refused(refused, per_broker); !ok) return ok;
  for (const auto& [name, value] : entries) {
    const Definition* row = find_broker_config(name);
    if (row == nullptr) continue;
    auto canonical = check_value(*row, value);
    if (!canonical) return canonical.failure();
    if (std::find(std::begin(kThreadCounts), std::end(kThreadCounts), name) != std::end(kThreadCounts)) {
      if (auto ok = check_thread_count(name, std::stoll(*canonical), get_int(name)); !ok) return ok;
    }
  }
  Config candidate;
  candidate.static_ = static_;
  candidate.dynamic_defaults_ = dynamic_defaults_;
  candidate.dynamic_own_ = dynamic_own_;
  Entries& layer = per_broker ? candidate.dynamic_own_ : candidate.dynamic_defaults_;
  layer.clear();
  for (const auto& [name, value] : entries) {
    const Definition* row = find_broker_config(name);
    auto canonical = row == nullptr ? Result<std::string>(value) : check_value(*row, value);
    if (canonical) layer.emplace(name, *canonical);
  }
  return candidate.parse_values();
}

}  // namespace meerkat::config
