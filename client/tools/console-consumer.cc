// meerkat-console-consumer: prints the records of a topic or of one partition. Flags as kafka-console-consumer.sh has
// them.
#include <gflags/gflags.h>
#include <signal.h>
#include <unistd.h>

#include <functional>
#include <iostream>
#include <set>

#include "absl/strings/numbers.h"
#include "client/command_line.h"
#include "client/consumer.h"
#include "client/consumer_properties.h"
#include "client/zookeeper_consumer.h"

DEFINE_string(bootstrap_server, "", "host:port of brokers to connect to first");
DEFINE_string(zookeeper, "",
              "host:port/chroot of ZooKeeper: be a member of a group that it coordinates, as in Kafka 0.8");
DEFINE_string(topic, "", "the topic to read");
DEFINE_string(include, "", "a regular expression: read all topics whose names match, as a group");
DEFINE_string(group, "", "the consumer group to be a member of; it begins where it has committed");
DEFINE_int32(partition, -1, "one partition only");
DEFINE_string(offset, "latest", "with --partition: earliest, latest, or an offset");
DEFINE_bool(from_beginning, false, "begin with the earliest record");
DEFINE_int64(max_messages, -1, "stop after so many records");
DEFINE_int64(timeout_ms, -1, "stop when no record has come for so long");
DEFINE_bool(until_end, false, "stop at the ends that the partitions have at the start");
DEFINE_string(isolation_level, "read_uncommitted", "read_committed leaves out aborted transactions");

namespace meerkat::client {
namespace {

constexpr char kUsage[] =
    "meerkat-console-consumer --bootstrap-server HOST:PORT --topic T [--group G] [--from-beginning] "
    "[--partition P --offset O] [--property KEY=VALUE]... [--consumer-property KEY=VALUE]...\n"
    "meerkat-console-consumer --zookeeper HOST:PORT/CHROOT --topic T [--group G] [--from-beginning]\n"
    "properties: print.key, print.value, print.timestamp, print.partition, print.offset, print.headers, key.separator, "
    "line.separator, headers.separator, null.literal";

volatile sig_atomic_t interrupted = 0;

/// What is printed of a record; names and defaults are those of Kafka's DefaultMessageFormatter.
struct Format {
  bool timestamp = false, key = false, value = true, partition = false, offset = false, headers = false;
  std::string key_separator = "\t", line_separator = "\n", headers_separator = ",", null_literal = "null";
};

Result<Format> parse_format(const std::map<std::string, std::string>& properties) {
  Format format;
  for (const auto& [key, value] : properties) {
    if (key == "print.timestamp")
      format.timestamp = value == "true";
    else if (key == "print.key")
      format.key = value == "true";
    else if (key == "print.value")
      format.value = value == "true";
    else if (key == "print.partition")
      format.partition = value == "true";
    else if (key == "print.offset")
      format.offset = value == "true";
    else if (key == "print.headers")
      format.headers = value == "true";
    else if (key == "key.separator")
      format.key_separator = value;
    else if (key == "line.separator")
      format.line_separator = value;
    else if (key == "headers.separator")
      format.headers_separator = value;
    else if (key == "null.literal")
      format.null_literal = value;
    else
      return fail("there is no property '" + key + "'");
  }
  return format;
}

void append(std::string& out, const ConsumedRecord& record, const Format& format) {
  bool first = true;
  auto field = [&](const std::string& text) {
    if (!first) out += format.key_separator;
    first = false;
    out += text;
  };
  if (format.timestamp) {
    const bool create = record.timestamp_type == record::TimestampType::create_time;
    field(record.timestamp < 0 ? "NO_TIMESTAMP"
                               : (create ? "CreateTime:" : "LogAppendTime:") + std::to_string(record.timestamp));
  }
  if (format.partition) field("Partition:" + std::to_string(record.partition));
  if (format.offset) field("Offset:" + std::to_string(record.offset));
  if (format.headers) {
    std::string all;
    for (const auto& [key, value] : record.headers) {
      if (!all.empty()) all += format.headers_separator;
      all += key + ":" + value.value_or(format.null_literal);
    }
    field(record.headers.empty() ? "NO_HEADERS" : all);
  }
  if (format.key) field(record.key.value_or(format.null_literal));
  if (format.value) field(record.value.value_or(format.null_literal));
  out += format.line_separator;
}

bool write_all(const std::string& text) {
  for (size_t done = 0; done < text.size();) {
    const ssize_t n = write(STDOUT_FILENO, text.data() + done, text.size() - done);
    if (n <= 0) return false;  // the reader of a pipe has seen enough
    done += static_cast<size_t>(n);
  }
  return true;
}

Result<int64_t> start_position() {
  if (FLAGS_from_beginning || FLAGS_offset == "earliest") return kEarliest;
  if (FLAGS_offset == "latest") return kLatest;
  int64_t offset = -1;
  if (!absl::SimpleAtoi(FLAGS_offset, &offset) || offset < 0) {
    return fail("--offset is neither earliest, latest, nor an offset: '" + FLAGS_offset + "'");
  }
  if (FLAGS_partition < 0) return fail("--offset wants --partition");
  return offset;
}

wire::Outcome<std::vector<TopicPartition>> partitions_to_read(Cluster& cluster) {
  auto view = cluster.refresh(std::vector<std::string>{FLAGS_topic});
  if (!view) return wire::refuse(wire::ErrorCode::network_exception, view.error().message);
  const int32_t count = (*view)->partition_count(FLAGS_topic);
  if (count == 0)
    return wire::refuse(wire::ErrorCode::unknown_topic_or_partition, "topic " + FLAGS_topic + " does not exist");
  if (FLAGS_partition >= count) {
    return wire::refuse(wire::ErrorCode::unknown_topic_or_partition,
                        "topic " + FLAGS_topic + " has partitions 0 to " + std::to_string(count - 1));
  }
  std::vector<TopicPartition> partitions;
  for (int32_t p = 0; p < count; ++p) {
    if (FLAGS_partition < 0 || FLAGS_partition == p) partitions.push_back({FLAGS_topic, p});
  }
  return partitions;
}

/// Whether every partition was read up to the end it had at the start.
bool at_the_ends(const Consumer& consumer, const std::map<TopicPartition, int64_t>& ends) {
  for (const auto& [partition, end] : ends) {
    if (consumer.position(partition) < end) return false;
  }
  return true;
}

/// Gives the consumer the topic's partitions from where the flags say; `ends` gets where to stop with --until-end.
wire::Outcome<void> assign(Cluster& cluster, Consumer& consumer, bool read_committed,
                           std::map<TopicPartition, int64_t>& ends) {
  auto from = start_position();
  if (!from) return wire::refuse(wire::ErrorCode::invalid_request, from.error().message);
  auto partitions = partitions_to_read(cluster);
  if (!partitions) return partitions.failure();
  if (FLAGS_until_end) {
    auto found = list_offsets(cluster, *partitions, kLatest, read_committed);
    if (!found) return found.failure();
    ends = *found;
  }
  std::map<TopicPartition, int64_t> positions;
  for (const TopicPartition& partition : *partitions) positions[partition] = *from;
  return consumer.assign(positions);
}

/// Prints what a consumer of either kind gives until it is enough; the tool's status.
template <class AnyConsumer>
int print_all(AnyConsumer& consumer, const Format& format, const std::function<bool()>& at_the_end) {
  const bool progress = isatty(STDERR_FILENO) != 0 && isatty(STDOUT_FILENO) == 0;
  constexpr std::chrono::milliseconds kTurn{200};
  auto last_record = std::chrono::steady_clock::now();
  int64_t count = 0;
  std::string out;
  while (interrupted == 0 && (FLAGS_max_messages < 0 || count < FLAGS_max_messages)) {
    if (at_the_end()) break;
    auto records = consumer.poll(kTurn);
    if (!records) return complain(records.error().message);
    const auto now = std::chrono::steady_clock::now();
    if (records->empty()) {
      if (FLAGS_timeout_ms >= 0 && now - last_record > std::chrono::milliseconds(FLAGS_timeout_ms)) break;
      continue;
    }
    last_record = now;
    out.clear();
    std::set<TopicPartition> cut;
    for (const ConsumedRecord& record : *records) {
      if (FLAGS_max_messages >= 0 && count == FLAGS_max_messages) {
        // Not shown, not read: the group goes on there.
        const TopicPartition partition{record.topic, record.partition};
        if (cut.insert(partition).second) consumer.seek(partition, record.offset);
        continue;
      }
      append(out, record, format);
      ++count;
    }
    if (!write_all(out)) return 0;
    if (progress) std::cerr << "\r" << count << " records" << std::flush;
  }
  if (auto closed = consumer.close(); !closed) {
    complain("what was read could not be committed: " + closed.error().message);
  }
  std::cerr << (progress ? "\r" : "") << "Processed a total of " << count << " messages" << std::endl;
  return 0;
}

int consume(Cluster& cluster, ConsumerOptions options, const Format& format) {
  std::map<TopicPartition, int64_t> ends;
  const bool read_committed = options.read_committed;
  Consumer consumer(cluster, std::move(options));
  if (!FLAGS_include.empty()) {
    if (auto good = consumer.subscribe_pattern(FLAGS_include); !good) return complain(good.error().message);
  } else if (!FLAGS_group.empty()) {
    consumer.subscribe({FLAGS_topic});
  } else if (auto assigned = assign(cluster, consumer, read_committed, ends); !assigned) {
    return complain(assigned.error().message);
  }
  return print_all(consumer, format, [&] { return FLAGS_until_end && at_the_ends(consumer, ends); });
}

/// The way of Kafka 0.8: the group is coordinated by ZooKeeper, where the brokers are found, too.
int consume_by_zookeeper(const Format& format) {
  zk::Session::Options connection;
  connection.connect = FLAGS_zookeeper;
  auto session = zk::Session::open(connection);
  if (!session) return complain(session.error().message);
  auto brokers = zookeeper_brokers(**session);
  if (!brokers) return complain(brokers.error().message);
  Network network(NetworkOptions{.client_id = "console-consumer"});
  Cluster cluster(network, std::move(*brokers));
  ZookeeperConsumerOptions options;
  options.group_id = FLAGS_group.empty() ? "console-consumer-" + std::to_string(getpid()) : FLAGS_group;
  options.auto_commit_enable = !FLAGS_group.empty();
  if (FLAGS_from_beginning) options.auto_offset_reset = ConsumerOptions::Reset::earliest;
  ZookeeperConsumer consumer(**session, cluster, std::move(options));
  const Status subscribed =
      FLAGS_include.empty() ? consumer.subscribe({FLAGS_topic}) : consumer.subscribe_pattern(FLAGS_include);
  if (!subscribed) return complain(subscribed.error().message);
  return print_all(consumer, format, [] { return false; });
}

Result<ConsumerOptions> consumer_options(const std::vector<std::string>& words) {
  auto properties = parse_pairs(words);
  if (!properties) return fail("--consumer-property: " + properties.error().message);
  ConsumerOptions options;
  options.read_committed = FLAGS_isolation_level == "read_committed";
  if (FLAGS_from_beginning) options.auto_offset_reset = ConsumerOptions::Reset::earliest;
  if (auto set = set_properties(*properties, options); !set) return set.failure();
  options.group.group_id = FLAGS_group;
  // Nobody else is to know: the group lives as long as the tool.
  if (FLAGS_group.empty() && !FLAGS_include.empty()) {
    options.group.group_id = "console-consumer-" + std::to_string(getpid());
    options.enable_auto_commit = false;
  }
  return options;
}

int run(const std::vector<std::string>& property_words, const std::vector<std::string>& consumer_words) {
  if (FLAGS_topic.empty() == FLAGS_include.empty()) return complain("give either --topic or --include");
  if (!FLAGS_group.empty() && (FLAGS_partition >= 0 || FLAGS_until_end)) {
    return complain("--group decides which partitions are read: it goes with neither --partition nor --until-end");
  }
  if (FLAGS_isolation_level != "read_committed" && FLAGS_isolation_level != "read_uncommitted") {
    return complain("--isolation-level is neither read_committed nor read_uncommitted");
  }
  auto properties = parse_pairs(property_words);
  if (!properties) return complain("--property: " + properties.error().message);
  auto format = parse_format(*properties);
  if (!format) return complain(format.error().message);
  signal(SIGINT, [](int) { interrupted = 1; });
  signal(SIGTERM, [](int) { interrupted = 1; });
  signal(SIGPIPE, SIG_IGN);
  if (!FLAGS_zookeeper.empty()) {
    if (FLAGS_partition >= 0 || FLAGS_until_end)
      return complain("--zookeeper goes with neither --partition nor --until-end");
    return consume_by_zookeeper(*format);
  }
  auto connected = connect(FLAGS_bootstrap_server, "console-consumer");
  if (!connected) return complain(connected.error().message);
  auto options = consumer_options(consumer_words);
  if (!options) return complain(options.error().message);
  return consume(*connected->cluster, std::move(*options), *format);
}

}  // namespace
}  // namespace meerkat::client

int main(int argc, char** argv) {
  auto repeated = meerkat::client::take_repeated_flags(&argc, argv, {"property", "consumer-property"});
  meerkat::client::parse_tool_flags(&argc, &argv, meerkat::client::kUsage);
  return meerkat::client::run(repeated["property"], repeated["consumer-property"]);
}
