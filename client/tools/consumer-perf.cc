// meerkat-consumer-perf: how fast records can be consumed. Flags and output as kafka-consumer-perf-test.sh has them.
#include <gflags/gflags.h>

#include <chrono>
#include <cstdio>
#include <ctime>

#include "base/clock.h"
#include "client/command_line.h"
#include "client/consumer.h"

DEFINE_string(bootstrap_server, "", "host:port of brokers to connect to first");
DEFINE_string(topic, "", "the topic to consume");
DEFINE_int64(messages, -1, "how many records");
DEFINE_string(group, "", "the consumer group; one of its own without it");
DEFINE_int32(fetch_size, 1 << 20, "bytes of a partition a fetch");
DEFINE_bool(from_latest, false, "begin at the end if the group has no offset yet");
DEFINE_int64(timeout, 10'000, "ms without records after which it ends");
DEFINE_bool(hide_header, false, "without the line of names");

namespace meerkat::client {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kUsage[] = "meerkat-consumer-perf --bootstrap-server HOST:PORT --topic T --messages N [--group G]";

std::string date(int64_t wall_ms) {
  const auto seconds = static_cast<time_t>(wall_ms / 1000);
  std::tm tm{};
  localtime_r(&seconds, &tm);
  char text[40];
  const size_t n = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
  std::snprintf(text + n, sizeof text - n, ":%03d", static_cast<int>(wall_ms % 1000));
  return text;
}

/// Takes the time of the joins.
class JoinClock : public RebalanceListener {
 public:
  void on_assigned(const std::set<TopicPartition>&) override { joined_ms_ += mono_ms() - began_ms_; }
  void on_revoked(const std::set<TopicPartition>&) override { began_ms_ = mono_ms(); }
  int64_t joined_ms() const { return joined_ms_; }

 private:
  static int64_t mono_ms() { return meerkat::Clock::system().mono_ms(); }
  int64_t began_ms_ = mono_ms();
  int64_t joined_ms_ = 0;
};

int consume(Cluster& cluster) {
  ConsumerOptions options;
  options.auto_offset_reset = FLAGS_from_latest ? ConsumerOptions::Reset::latest : ConsumerOptions::Reset::earliest;
  options.max_partition_fetch_bytes = FLAGS_fetch_size;
  const int64_t start_ms = meerkat::Clock::system().wall_ms();
  options.group.group_id = FLAGS_group.empty() ? "perf-consumer-" + std::to_string(start_ms % 100'000) : FLAGS_group;
  JoinClock joins;
  Consumer consumer(cluster, options);
  consumer.subscribe({FLAGS_topic}, &joins);
  int64_t count = 0, bytes = 0;
  const auto start = Clock::now();
  auto last = start;
  constexpr std::chrono::milliseconds kTurn{100};
  while (count < FLAGS_messages && Clock::now() - last < std::chrono::milliseconds(FLAGS_timeout)) {
    auto records = consumer.poll(kTurn);
    if (!records) return complain(records.error().message);
    if (!records->empty()) last = Clock::now();
    for (const auto& record : *records) {
      bytes += static_cast<int64_t>((record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0));
    }
    count += static_cast<int64_t>(records->size());
  }
  const double seconds = std::chrono::duration<double>(last - start).count();
  const int64_t end_ms = start_ms + static_cast<int64_t>(seconds * 1000);
  const double fetching = std::max(seconds - static_cast<double>(joins.joined_ms()) / 1000, 0.001);
  const double mb = static_cast<double>(bytes) / (1 << 20), n = static_cast<double>(count);
  if (count < FLAGS_messages) {
    std::printf(
        "WARNING: exiting before consuming the expected number of messages: timeout (%ld ms) exceeded. "
        "You can use the --timeout option to increase the timeout.\n",
        FLAGS_timeout);
  }
  if (!FLAGS_hide_header) {
    std::printf(
        "start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, "
        "rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec\n");
  }
  std::printf("%s, %s, %.4f, %.4f, %ld, %.4f, %ld, %ld, %.4f, %.4f\n", date(start_ms).c_str(), date(end_ms).c_str(), mb,
              mb / std::max(seconds, 0.001), count, n / std::max(seconds, 0.001), joins.joined_ms(),
              static_cast<int64_t>(fetching * 1000), mb / fetching, n / fetching);
  return 0;
}

int run() {
  if (FLAGS_topic.empty()) return complain("--topic is missing");
  if (FLAGS_messages < 1) return complain("--messages is missing");
  auto connected = connect(FLAGS_bootstrap_server, "perf-consumer-client");
  if (!connected) return complain(connected.error().message);
  return consume(*connected->cluster);
}

}  // namespace
}  // namespace meerkat::client

int main(int argc, char** argv) {
  meerkat::client::parse_tool_flags(&argc, &argv, meerkat::client::kUsage);
  return meerkat::client::run();
}
