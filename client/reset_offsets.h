// Where a group is to begin again: the scenarios of kafka-consumer-groups --reset-offsets.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include "client/coordinator_client.h"

namespace meerkat::client {

struct ToEarliest {};
struct ToLatest {};
struct ToCurrent {};  // what is committed, or the end
struct ToOffset {
  int64_t offset = 0;
};
struct ShiftBy {
  int64_t by = 0;
};
struct ToTime {
  int64_t wall_ms = 0;
};
struct FromPlan {
  std::map<TopicPartition, int64_t> offsets;
};
using ResetScenario = std::variant<ToEarliest, ToLatest, ToCurrent, ToOffset, ShiftBy, ToTime, FromPlan>;

/// The new offsets of the partitions, within what their logs hold. Blocks.
wire::Outcome<Offsets> plan_reset(Cluster& cluster, const ResetScenario& scenario,
                                  const std::set<TopicPartition>& partitions, const Offsets& committed);

/// "2024-05-01T12:30:00.000", with or without milliseconds, zone ("Z", "+02:00"; without one the local zone is meant).
/// Wall milliseconds.
std::optional<int64_t> parse_datetime(const std::string& text);
/// An ISO 8601 duration such as "P1DT2H" or "PT0H5M30S"; milliseconds.
std::optional<int64_t> parse_duration(const std::string& text);

}  // namespace meerkat::client
