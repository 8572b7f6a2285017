#include "client/reset_offsets.h"

#include <algorithm>
#include <ctime>
#include <regex>

#include "client/list_offsets.h"

namespace meerkat::client {
namespace {

using Found = std::map<TopicPartition, int64_t>;

wire::Outcome<Found> at(Cluster& cluster, const std::set<TopicPartition>& partitions, int64_t timestamp) {
  return list_offsets(cluster, {partitions.begin(), partitions.end()}, timestamp);
}

/// What a scenario wants before it is held to the log's ends.
struct Wanted {
  const TopicPartition& partition;
  const Offsets& committed;
  const Found& at_time;
  int64_t earliest, latest;

  int64_t operator()(ToEarliest) const { return earliest; }
  int64_t operator()(ToLatest) const { return latest; }
  int64_t operator()(ToCurrent) const { return current().value_or(latest); }
  int64_t operator()(ToOffset to) const { return to.offset; }
  int64_t operator()(ShiftBy shift) const { return current().value_or(latest) + shift.by; }
  int64_t operator()(ToTime) const { return in(at_time).value_or(latest); }
  int64_t operator()(const FromPlan& plan) const { return in(plan.offsets).value_or(latest); }

  std::optional<int64_t> current() const {
    auto it = committed.find(partition);
    return it == committed.end() ? std::nullopt : std::optional(it->second.offset);
  }
  std::optional<int64_t> in(const Found& found) const {
    auto it = found.find(partition);
    return it == found.end() ? std::nullopt : std::optional(it->second);
  }
};

}  // namespace

wire::Outcome<Offsets> plan_reset(Cluster& cluster, const ResetScenario& scenario,
                                  const std::set<TopicPartition>& partitions, const Offsets& committed) {
  auto earliest = at(cluster, partitions, kEarliest), latest = at(cluster, partitions, kLatest);
  if (!earliest) return earliest.failure();
  if (!latest) return latest.failure();
  Found at_time;
  if (const auto* time = std::get_if<ToTime>(&scenario)) {
    auto found = at(cluster, partitions, time->wall_ms);
    if (!found) return found.failure();
    at_time = std::move(*found);
  }
  Offsets plan;
  for (const auto& p : partitions) {
    const int64_t first = (*earliest)[p], end = (*latest)[p];
    plan[p].offset = std::clamp(std::visit(Wanted{p, committed, at_time, first, end}, scenario), first, end);
  }
  return plan;
}

std::optional<int64_t> parse_datetime(const std::string& text) {
  static const std::regex kForm(
      R"((\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?(Z|[+-]\d\d:?\d\d)?)");
  std::smatch part;
  if (!std::regex_match(text, part, kForm)) return std::nullopt;
  const auto number = [&](size_t i) { return part[i].matched ? std::stoi(part[i].str()) : 0; };
  std::tm tm{};
  tm.tm_year = number(1) - 1900;
  tm.tm_mon = number(2) - 1;
  tm.tm_mday = number(3);
  tm.tm_hour = number(4);
  tm.tm_min = number(5);
  tm.tm_sec = number(6);
  tm.tm_isdst = -1;
  const std::string fraction = part[7].matched ? (part[7].str() + "00").substr(0, 3) : "0";
  const std::string zone = part[8].str();
  int64_t seconds = zone.empty() ? mktime(&tm) : timegm(&tm);
  if (zone.size() > 1) {
    const int hours = std::stoi(zone.substr(1, 2)), minutes = std::stoi(zone.substr(zone.size() - 2));
    seconds += (zone[0] == '+' ? -1 : 1) * (hours * 3600 + minutes * 60);
  }
  return seconds * 1000 + std::stoi(fraction);
}

std::optional<int64_t> parse_duration(const std::string& text) {
  static const std::regex kForm(
      R"(P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?)");
  std::smatch part;
  if (text.size() < 3 || !std::regex_match(text, part, kForm)) return std::nullopt;
  constexpr int64_t kSeconds[] = {0, 7 * 86'400, 86'400, 3600, 60, 1};
  int64_t seconds = 0;
  for (size_t i = 1; i <= 5; ++i) {
    if (part[i].matched) seconds += std::stoll(part[i].str()) * kSeconds[i];
  }
  return seconds * 1000;
}

}  // namespace meerkat::client
