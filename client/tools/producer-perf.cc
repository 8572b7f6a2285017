// meerkat-producer-perf: how fast records can be produced. Flags and output as kafka-producer-perf-test.sh has them.
#include <gflags/gflags.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <random>
#include <thread>

#include "client/command_line.h"
#include "client/producer_properties.h"

DEFINE_string(bootstrap_server, "",
              "host:port of brokers to connect to first; or bootstrap.servers of --producer-props");
DEFINE_string(topic, "", "the topic to produce to");
DEFINE_int64(num_records, -1, "how many records");
DEFINE_int32(record_size, 100, "bytes of a record's value");
DEFINE_double(throughput, -1, "records a second at most; -1: as fast as it goes");
DEFINE_string(transactional_id, "", "produce in transactions of this id");
DEFINE_int32(transaction_duration_ms, 3000, "with a transactional id: commit a transaction after this time");

namespace meerkat::client {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kUsage[] =
    "meerkat-producer-perf --topic T --num-records N --record-size BYTES --throughput N "
    "--producer-props bootstrap.servers=HOST:PORT KEY=VALUE...";

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Commits every --transaction-duration-ms, if the producer is transactional. Calls fail as the producer's do.
class Pace {
 public:
  explicit Pace(Producer& producer, bool transactional) : producer_(producer), transactional_(transactional) {}
  wire::Outcome<void> start() {
    if (!transactional_) return {};
    auto ready = producer_.init_transactions();
    return ready ? begin() : ready;
  }
  /// After each record.
  wire::Outcome<void> step() {
    if (!transactional_ || Clock::now() < until_) return {};
    auto committed = producer_.commit_transaction();
    return committed ? begin() : committed;
  }
  wire::Outcome<void> finish() { return transactional_ ? producer_.commit_transaction() : wire::Outcome<void>(); }

 private:
  wire::Outcome<void> begin() {
    until_ = Clock::now() + std::chrono::milliseconds(FLAGS_transaction_duration_ms);
    return producer_.begin_transaction();
  }

  Producer& producer_;
  const bool transactional_;
  Clock::time_point until_;
};

/// Latencies in milliseconds, of the whole run or of a window of it.
class Stats {
 public:
  void add(int latency_ms) { latencies_.push_back(latency_ms); }
  size_t count() const { return latencies_.size(); }

  std::string summary(double seconds, int record_size, bool percentiles) {
    std::sort(latencies_.begin(), latencies_.end());
    double sum = 0;
    for (const int latency : latencies_) sum += latency;
    const double records = static_cast<double>(latencies_.size());
    char text[256];
    std::snprintf(text, sizeof text,
                  "%zu records sent, %.1f records/sec (%.2f MB/sec), %.1f ms avg latency, %.1f ms max latency",
                  latencies_.size(), records / seconds, records * record_size / seconds / (1 << 20),
                  latencies_.empty() ? 0 : sum / records, static_cast<double>(at(1)));
    std::string out = text;
    if (percentiles) {
      std::snprintf(text, sizeof text, ", %d ms 50th, %d ms 95th, %d ms 99th, %d ms 99.9th", at(0.5), at(0.95),
                    at(0.99), at(0.999));
      out += text;
    }
    return out + ".";
  }

 private:
  int at(double part) const {
    if (latencies_.empty()) return 0;
    const auto i = static_cast<size_t>(part * static_cast<double>(latencies_.size()));
    return latencies_[std::min(i, latencies_.size() - 1)];
  }
  std::vector<int> latencies_;
};

int produce(Cluster& cluster, const ProducerOptions& options) {
  std::minstd_rand random{0};
  std::string value(static_cast<size_t>(FLAGS_record_size), 'x');
  for (char& c : value) c = static_cast<char>('A' + random() % 26);
  Mutex mutex;
  Stats all, window;
  std::atomic<int64_t> failed{0};
  const auto start = Clock::now();
  auto window_start = start;
  {
    Producer producer(cluster, options);
    Pace pace(producer, options.transactional_id.has_value());
    if (auto started = pace.start(); !started) return complain(started.error().message);
    for (int64_t i = 0; i < FLAGS_num_records; ++i) {
      RecordToSend record;
      record.topic = FLAGS_topic;
      record.value = value;
      const auto sent_at = Clock::now();
      auto sent = producer.send(std::move(record), [&, sent_at](const wire::Outcome<Delivered>& outcome) {
        if (!outcome) {
          if (failed++ < 10) complain(outcome.error().message);
          return;
        }
        const auto latency = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - sent_at).count();
        MutexLock lock(mutex);
        all.add(static_cast<int>(latency));
        window.add(static_cast<int>(latency));
      });
      if (!sent) return complain(sent.error().message);
      if (auto paced = pace.step(); !paced) return complain(paced.error().message);
      constexpr double kWindowSeconds = 5;
      if (i % 1024 == 0 && seconds_since(window_start) >= kWindowSeconds) {
        MutexLock lock(mutex);
        std::printf("%s\n", window.summary(seconds_since(window_start), FLAGS_record_size, false).c_str());
        window = {};
        window_start = Clock::now();
      }
      if (FLAGS_throughput > 0) {
        const std::chrono::duration<double> due(static_cast<double>(i + 1) / FLAGS_throughput);
        std::this_thread::sleep_until(start + std::chrono::duration_cast<Clock::duration>(due));
      }
    }
    if (auto finished = pace.finish(); !finished) return complain(finished.error().message);
  }
  std::printf("%s\n", all.summary(seconds_since(start), FLAGS_record_size, true).c_str());
  return failed > 0 ? complain(std::to_string(failed) + " records were not delivered") : 0;
}

int run(const std::vector<std::string>& words) {
  if (FLAGS_topic.empty()) return complain("--topic is missing");
  if (FLAGS_num_records < 1) return complain("--num-records is missing");
  if (FLAGS_record_size < 1) return complain("--record-size must be at least 1");
  auto properties = parse_pairs(words);
  if (!properties) return complain("--producer-props: " + properties.error().message);
  if (auto servers = properties->extract("bootstrap.servers"); !servers.empty()) {
    FLAGS_bootstrap_server = servers.mapped();
  }
  properties->erase("client.id");
  if (!FLAGS_transactional_id.empty()) (*properties)["transactional.id"] = FLAGS_transactional_id;
  ProducerOptions options;
  if (auto set = set_properties(*properties, options); !set) return complain(set.error().message);
  auto connected = connect(FLAGS_bootstrap_server, "perf-producer-client");
  if (!connected) return complain(connected.error().message);
  return produce(*connected->cluster, options);
}

}  // namespace
}  // namespace meerkat::client

int main(int argc, char** argv) {
  auto words = meerkat::client::take_word_list(&argc, argv, "producer-props");
  meerkat::client::parse_tool_flags(&argc, &argv, meerkat::client::kUsage);
  return meerkat::client::run(words);
}
