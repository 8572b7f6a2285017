// meerkat-get-offsets: the offsets of partitions at a time, as topic:partition:offset. Flags as kafka-get-offsets.sh
// has them.
#include <gflags/gflags.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <regex>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "client/command_line.h"
#include "client/list_offsets.h"

DEFINE_string(bootstrap_server, "", "host:port of brokers to connect to first");
DEFINE_string(topic, "", "a regular expression of topics; all without it");
DEFINE_string(partitions, "", "partition numbers, comma-separated; all without it");
DEFINE_string(topic_partitions, "", "topic:partition pairs, comma-separated; instead of --topic and --partitions");
DEFINE_string(time, "latest", "earliest (-2), latest (-1), max-timestamp (-3), or wall milliseconds");
DEFINE_bool(exclude_internal_topics, false, "leave out internal topics");

namespace meerkat::client {
namespace {

constexpr char kUsage[] =
    "meerkat-get-offsets --bootstrap-server HOST:PORT [--topic PATTERN] [--partitions P,P] [--topic-partitions "
    "T:P,T:P] "
    "[--time earliest|latest|max-timestamp|MS]";

std::optional<int64_t> parse_time(const std::string& text) {
  if (text == "earliest") return kEarliest;
  if (text == "latest") return kLatest;
  if (text == "max-timestamp") return kMaxTimestamp;
  int64_t time = 0;
  if (!absl::SimpleAtoi(text, &time) || time < kMaxTimestamp) return std::nullopt;
  return time;
}

Result<std::set<int32_t>> parse_numbers(const std::string& text) {
  std::set<int32_t> numbers;
  for (const std::string& word : std::vector<std::string>(absl::StrSplit(text, ',', absl::SkipWhitespace()))) {
    int32_t number = -1;
    if (!absl::SimpleAtoi(word, &number) || number < 0) return fail("'" + word + "' is no partition number");
    numbers.insert(number);
  }
  return numbers;
}

/// Whether the flags mean a partition.
Result<std::function<bool(const std::string&, int32_t)>> chosen() {
  if (!FLAGS_topic_partitions.empty()) {
    std::set<TopicPartition> wanted;
    for (const std::string& word : std::vector<std::string>(absl::StrSplit(FLAGS_topic_partitions, ','))) {
      const std::vector<std::string> parts = absl::StrSplit(word, ':');
      int32_t number = -1;
      if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &number))
        return fail("'" + word + "' is no topic:partition");
      wanted.insert({parts[0], number});
    }
    return std::function([wanted](const std::string& topic, int32_t p) { return wanted.contains({topic, p}); });
  }
  auto numbers = parse_numbers(FLAGS_partitions);
  if (!numbers) return numbers.failure();
  std::regex pattern;
  // The standard library tells of a bad pattern by an exception only.
  try {
    pattern = FLAGS_topic.empty() ? ".*" : FLAGS_topic;
  } catch (const std::regex_error&) {
    return fail("--topic is no regular expression: " + FLAGS_topic);
  }
  return std::function([pattern, numbers = *numbers](const std::string& topic, int32_t p) {
    return std::regex_match(topic, pattern) && (numbers.empty() || numbers.contains(p));
  });
}

int run() {
  const auto time = parse_time(FLAGS_time);
  if (!time) return complain("--time is neither earliest, latest, max-timestamp, nor a number: '" + FLAGS_time + "'");
  auto wanted = chosen();
  if (!wanted) return complain(wanted.error().message);
  auto connected = connect(FLAGS_bootstrap_server, "get-offsets");
  if (!connected) return complain(connected.error().message);
  auto view = connected->cluster->refresh(std::nullopt);
  if (!view) return complain(view.error().message);
  std::vector<TopicPartition> partitions;
  for (const auto& [name, topic] : (*view)->topics) {
    if (topic.is_internal && FLAGS_exclude_internal_topics) continue;
    for (const auto& p : topic.partitions) {
      if ((*wanted)(name, p.partition_index)) partitions.push_back({name, p.partition_index});
    }
  }
  if (partitions.empty()) return complain("no topic-partitions match what was asked for");
  std::sort(partitions.begin(), partitions.end());
  auto offsets = list_offsets(*connected->cluster, partitions, *time);
  if (!offsets) return complain(offsets.error().message);
  for (const auto& p : partitions) {
    auto found = offsets->find(p);
    std::cout << p.topic << ":" << p.partition << ":" << (found == offsets->end() ? "" : std::to_string(found->second))
              << "\n";
  }
  return 0;
}

}  // namespace
}  // namespace meerkat::client

int main(int argc, char** argv) {
  meerkat::client::parse_tool_flags(&argc, &argv, meerkat::client::kUsage);
  return meerkat::client::run();
}
