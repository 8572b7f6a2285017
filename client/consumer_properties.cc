#include "client/consumer_properties.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace meerkat::client {
namespace {

using Setter = std::function<bool(const std::string&, ConsumerOptions&)>;

template <class Field>
Setter number(Field field) {
  return [field](const std::string& text, ConsumerOptions& options) {
    int64_t value = 0;
    if (!absl::SimpleAtoi(text, &value) || value < 0) return false;
    auto& target = field(options);
    using Target = std::remove_reference_t<decltype(target)>;
    target = Target(static_cast<int32_t>(std::min<int64_t>(value, INT32_MAX)));
    return true;
  };
}

bool set_assignors(const std::string& text, ConsumerOptions& options) {
  std::vector<Assignor> assignors;
  for (const std::string& word : std::vector<std::string>(absl::StrSplit(text, ',', absl::SkipWhitespace()))) {
    // By the protocol's name, or by that of Java's class.
    static const std::map<std::string, Assignor> kClasses = {
        {"RangeAssignor", Assignor::range},
        {"RoundRobinAssignor", Assignor::roundrobin},
        {"StickyAssignor", Assignor::sticky},
        {"CooperativeStickyAssignor", Assignor::cooperative_sticky}};
    auto found = kClasses.find(word.substr(word.rfind('.') + 1));
    const auto assignor = found == kClasses.end() ? parse_assignor(word) : std::optional(found->second);
    if (!assignor) return false;
    assignors.push_back(*assignor);
  }
  if (assignors.empty()) return false;
  options.group.assignors = std::move(assignors);
  return true;
}

const std::map<std::string, Setter>& setters() {
  static const std::map<std::string, Setter> kSetters = {
      {"auto.commit.interval.ms", number([](auto& o) -> auto& { return o.auto_commit_interval; })},
      {"auto.offset.reset",
       [](const std::string& text, ConsumerOptions& o) {
         using Reset = ConsumerOptions::Reset;
         if (text != "earliest" && text != "latest" && text != "none") return false;
         o.auto_offset_reset = text == "earliest" ? Reset::earliest : text == "latest" ? Reset::latest : Reset::none;
         return true;
       }},
      {"client.rack", [](const std::string& text, ConsumerOptions& o) { return o.client_rack = text, true; }},
      {"enable.auto.commit",
       [](const std::string& text, ConsumerOptions& o) {
         o.enable_auto_commit = text == "true";
         return text == "true" || text == "false";
       }},
      {"fetch.max.bytes", number([](auto& o) -> auto& { return o.fetch_max_bytes; })},
      {"fetch.max.wait.ms", number([](auto& o) -> auto& { return o.fetch_max_wait; })},
      {"fetch.min.bytes", number([](auto& o) -> auto& { return o.fetch_min_bytes; })},
      {"group.instance.id",
       [](const std::string& text, ConsumerOptions& o) { return o.group.group_instance_id = text, !text.empty(); }},
      {"heartbeat.interval.ms", number([](auto& o) -> auto& { return o.group.heartbeat_interval; })},
      {"isolation.level",
       [](const std::string& text, ConsumerOptions& o) {
         o.read_committed = text == "read_committed";
         return o.read_committed || text == "read_uncommitted";
       }},
      {"max.partition.fetch.bytes", number([](auto& o) -> auto& { return o.max_partition_fetch_bytes; })},
      {"max.poll.interval.ms", number([](auto& o) -> auto& { return o.group.max_poll_interval; })},
      {"max.poll.records", number([](auto& o) -> auto& { return o.max_poll_records; })},
      {"metadata.max.age.ms", number([](auto& o) -> auto& { return o.metadata_max_age; })},
      {"partition.assignment.strategy", set_assignors},
      {"session.timeout.ms", number([](auto& o) -> auto& { return o.group.session_timeout; })},
  };
  return kSetters;
}

}  // namespace

Status set_properties(const std::map<std::string, std::string>& properties, ConsumerOptions& options) {
  for (const auto& [key, value] : properties) {
    auto setter = setters().find(key);
    if (setter == setters().end()) return fail("there is no consumer property '" + key + "'");
    if (!setter->second(value, options)) return fail("'" + value + "' is no value for " + key);
  }
  return {};
}

}  // namespace meerkat::client
