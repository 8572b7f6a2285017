// What is known of one configuration key: the row of the tables from which parsing, validation, flags, --help,
// DescribeConfigs and docs/configs.md all derive.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace meerkat::config {

/// Kafka's types of config values. `klass` is the name of a Java class; `password` is never shown.
enum class Type { boolean, string, int32, int16, int64, float64, list, klass, password };

enum class Importance { high, medium, low };

/// Whether a broker config may be changed while the broker runs, and for whom.
enum class Dynamic { read_only, per_broker, cluster_wide };

/// Whether a value has a consequence in Meerkat: a set key of effect `inert` is named in a start-up warning.
enum class Effect { inert, acts };

/// Who sees a key: `listed` everybody; `internal` is known but left out of DescribeConfigs and --help unless set;
/// `dynamic_only` lives in /config/brokers alone and is refused in files and flags; `plugin` is the key of what is a
/// plugin in Kafka, whose own table does not have it: DescribeConfigs shows it when it is set, without its value.
enum class Visibility { listed, internal, dynamic_only, plugin };

/// The headings of --help and of docs/configs.md.
enum class Group {
  zookeeper,
  network,
  log,
  replication,
  groups,
  transactions,
  security,
  tls,
  quotas,
  metrics,
  tiered,
  kraft,
  meerkat
};

/// A check of a value beyond its type. Plain data, so that tables are constant; made by the functions below.
struct Validator {
  enum class Kind { any, range, one_of, custom };
  /// A custom check: success, or the reason (without naming key and value, which the caller does).
  using Check = Status (*)(std::string_view value);

  Kind kind = Kind::any;
  double min = std::numeric_limits<double>::lowest();
  double max = std::numeric_limits<double>::max();
  std::span<const std::string_view> allowed = {};
  Check check = nullptr;
  std::string_view text = {};  // custom: what is allowed, for documentation

  /// What is allowed, as DescribeConfigs' and our own documentation prints it: "[1,...]", "[a, b]"; empty for any.
  std::string describe() const;
};

inline constexpr Validator kAny{};
constexpr Validator at_least(double min) { return {.kind = Validator::Kind::range, .min = min}; }
constexpr Validator between(double min, double max) { return {.kind = Validator::Kind::range, .min = min, .max = max}; }
/// For a list each element must be one of them.
constexpr Validator one_of(std::span<const std::string_view> allowed) {
  return {.kind = Validator::Kind::one_of, .allowed = allowed};
}
constexpr Validator custom(Validator::Check check, std::string_view text) {
  return {.kind = Validator::Kind::custom, .check = check, .text = text};
}

/// One configuration key.
struct Definition {
  std::string_view name;
  Type type = Type::string;
  const char* default_value = nullptr;  // in text; nullptr: Kafka's null, no value
  Validator valid = {};
  Importance importance = Importance::medium;
  Dynamic dynamic = Dynamic::read_only;
  Effect effect = Effect::inert;
  std::string_view doc;  // one sentence
  Visibility visibility = Visibility::listed;

  bool sensitive() const { return type == Type::password; }
};

/// Checks the text of a value against type and validator and returns its canonical text, as Kafka prints a parsed
/// value ("TRUE" → "true", " 7" → "7", "a , b" → "a,b"). Errors read "Invalid value x for configuration y: …", with
/// the code EINVAL; the value of a password is hidden in them.
Result<std::string> check_value(const Definition& definition, std::string_view text);

/// Kafka's upper-case name of a type: BOOLEAN, INT, LONG, …
std::string_view type_name(Type type);

}  // namespace meerkat::config
