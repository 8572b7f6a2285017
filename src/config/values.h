// The configs of a broker in force: layers of text resolved to values, each with where it came from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/broker_values.h"
#include "config/definition.h"
#include "config/entries.h"

namespace meerkat::config {

/// Where a value comes from, numbered as DescribeConfigs numbers it.
enum class Source : int8_t {
  unknown = 0,
  topic = 1,
  dynamic_broker = 2,          // /config/brokers/<id>
  dynamic_default_broker = 3,  // /config/brokers/<default>
  static_broker = 4,           // flags and properties file
  default_config = 5,
  dynamic_broker_logger = 6,
};

/// One value among those that a config could have, as DescribeConfigs lists them.
struct ConfigSynonym {
  std::string name;
  std::optional<std::string> value;  // nullopt where hidden
  Source source = Source::unknown;
};

/// A line of DescribeConfigs.
struct DescribedConfig {
  std::string name;
  std::optional<std::string> value;  // nullopt: none, or sensitive
  Source source = Source::default_config;
  bool read_only = false;
  bool sensitive = false;
  std::vector<ConfigSynonym> synonyms;  // the first is the one in force
  std::optional<Type> type;             // nullopt: not a key of ours
  std::string doc;
};

/// The broker's configs in force. Immutable: a change makes a new one. Cheap enough to make (a few hundred entries),
/// never read on a hot path: code takes the plain BrokerConfig, or a part of it.
class Config {
 public:
  /// From the static entries (flags over properties). Checks types, ranges and rules across keys; the error is one line
  /// that names key, value and what is allowed. Unknown and ineffective keys end in warnings().
  static Result<Config> from_static(Entries entries);

  /// The same statics below other dynamic entries (`defaults`: /config/brokers/<default>, `own`: /config/brokers/<id>).
  /// Entries that are read-only or do not parse are left out and named in warnings(), as at a broker's start.
  Config with_dynamic(const Entries& defaults, const Entries& own) const;

  /// Whether dynamic entries are acceptable in an alter request, on top of this config; the error is what it answers.
  /// `per_broker`: for one broker id, else for the cluster-wide default.
  Status validate_dynamic(const Entries& entries, bool per_broker) const;

  /// The parsed values.
  const BrokerConfig& values() const { return values_; }

  /// The text of a key in force, in canonical form, default included; nullopt if it has no value. `name` must be a row
  /// of the table (asserted). Does not follow synonyms; listener-prefixed keys fall back to the plain one.
  std::optional<std::string> get(std::string_view name) const;
  /// As above, parsed. Only for keys of that type that have a value (asserted).
  bool get_bool(std::string_view name) const;
  int64_t get_int(std::string_view name) const;
  double get_double(std::string_view name) const;
  std::vector<std::string> get_list(std::string_view name) const;

  /// The text of a key with its synonyms behind it, in the key's own unit: log.retention.ms of log.retention.hours=1 is
  /// "3600000". Keys without synonyms: as get().
  std::optional<std::string> get_resolved(std::string_view name) const;

  /// Where get() finds its value.
  Source source(std::string_view name) const;

  /// DescribeConfigs of this broker: all keys of the table in its order, then set keys that are not of the table.
  std::vector<DescribedConfig> describe() const;
  /// DescribeConfigs of the cluster-wide default: the entries of /config/brokers/<default>.
  std::vector<DescribedConfig> describe_defaults() const;
  /// The values that `name` could have and has, the one in force first.
  std::vector<ConfigSynonym> synonyms(std::string_view name) const;

  /// One sentence each: unknown keys (with the nearest known), keys without effect, dynamic entries left out.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Found {
    std::optional<std::string> value;
    Source source = Source::default_config;
  };
  Config() = default;
  Found find(std::string_view name) const;
  DescribedConfig describe_one(std::string_view name, bool per_broker) const;
  // Parses and checks across keys what the layers hold by now.
  Status parse_values();
  // Lays `entries` over a layer if all is well together; names what is left out in warnings_.
  void overlay(const Entries& entries, bool per_broker);

  Entries static_;            // canonical text
  Entries dynamic_defaults_;  // canonical text, only what was accepted
  Entries dynamic_own_;
  BrokerConfig values_;
  std::vector<std::string> warnings_;
};

}  // namespace meerkat::config
