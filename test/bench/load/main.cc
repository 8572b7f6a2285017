// The load generator of the benchmarks: it costs little itself, so that what is measured is the broker. Drives any
// broker that speaks Kafka's protocol; prints one line of JSON.
#include <gflags/gflags.h>
#include <unistd.h>

#include <cstdio>
#include <future>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "client/command_line.h"
#include "test/bench/load/links.h"
#include "test/bench/load/workload.h"

DEFINE_string(mode, "", "produce, fetch, latency (end to end), connections (idle ones) or ready");
DEFINE_string(bootstrap_server, "", "host:port of brokers to connect to first");
DEFINE_string(topic, "bench", "the topic; it must exist");
DEFINE_int32(connections, 1, "connections, over all brokers");
DEFINE_int32(in_flight, 5, "requests of a connection that may be unanswered");
DEFINE_int32(records, 100, "records a batch");
DEFINE_int32(size, 100, "bytes of a record");
DEFINE_int32(acks, 1, "1 or -1 (all)");
DEFINE_double(seconds, 5, "how long to produce");
DEFINE_double(rate, 0, "requests a second; latencies then count from when a request was due. 0: as fast as it goes");
DEFINE_int64(bytes, 0, "fetch: stop after so many bytes; 0: when all is read");
DEFINE_double(report_every, 0, "print a line on what happened meanwhile every so many seconds");
DEFINE_double(patience, 60, "seconds to wait until every partition has a leader and takes records");
DEFINE_string(pids, "", "process ids of the brokers, with commas: their CPU time is reported, too");

namespace meerkat::bench {
namespace {

constexpr char kUsage[] =
    "load --mode produce|fetch|latency|connections|ready --bootstrap-server HOST:PORT [--topic T] [FLAGS]\n"
    "connections: holds them until standard input ends.  ready: ends when every partition of the topic takes records.";

using client::complain;

Result<Options> read_options() {
  Options options;
  options.topic = FLAGS_topic;
  options.connections = FLAGS_connections;
  options.in_flight = FLAGS_in_flight;
  options.records = FLAGS_records;
  options.size = FLAGS_size;
  options.acks = static_cast<int16_t>(FLAGS_acks);
  options.seconds = FLAGS_seconds;
  options.rate = FLAGS_rate;
  options.bytes = FLAGS_bytes;
  options.report_every = FLAGS_report_every;
  options.patience = FLAGS_patience;
  if (FLAGS_acks != 1 && FLAGS_acks != -1) return fail("--acks must be 1 or -1: without answers nothing is measured");
  if (FLAGS_connections < 1 || FLAGS_in_flight < 1) return fail("--connections and --in-flight must be at least 1");
  if (FLAGS_records < 1 || FLAGS_size < 0) return fail("--records must be at least 1, --size at least 0");
  if (FLAGS_mode == "latency" && FLAGS_rate <= 0) return fail("latency needs a --rate");
  for (const auto word : absl::StrSplit(FLAGS_pids, ',', absl::SkipEmpty())) {
    int& pid = options.pids.emplace_back();
    if (!absl::SimpleAtoi(word, &pid)) return fail("--pids: '" + std::string(word) + "' is no process id");
  }
  return options;
}

/// Asks until every partition of the topic has a leader.
Result<std::vector<client::HostPort>> find_leaders(client::Cluster& cluster, const Options& options) {
  const Moment give_up = Clock::now() + std::chrono::milliseconds(static_cast<int64_t>(options.patience * 1e3));
  while (true) {
    auto view = cluster.refresh(std::vector<std::string>{options.topic});
    const int count = view ? (*view)->partition_count(options.topic) : 0;
    std::vector<client::HostPort> leaders;
    for (int i = 0; i < count; ++i) {
      if (auto leader = (*view)->leader(options.topic, i)) leaders.push_back(*leader);
    }
    if (count > 0 && static_cast<int>(leaders.size()) == count) return leaders;
    if (Clock::now() > give_up) {
      return fail(view ? options.topic + ": " + std::to_string(leaders.size()) + " of " + std::to_string(count) +
                             " partitions have a leader"
                       : view.error().message);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

std::unique_ptr<Workload> make(const std::string& mode, Setting setting) {
  if (mode == "produce") return make_produce(std::move(setting));
  if (mode == "fetch") return make_fetch(std::move(setting));
  if (mode == "latency") return make_latency(std::move(setting));
  return make_ready(std::move(setting));
}

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

/// Runs `task` on the loop and waits for it.
void run_on(event::Loop& loop, Task task) {
  std::promise<void> ran;
  loop.post([&] {
    task();
    ran.set_value();
  });
  ran.get_future().wait();
}

int run_workload(client::Connected& connected, const Options& options) {
  event::Loop& loop = connected.network->loop();
  Meter meter(options.pids);
  meter.start();
  auto leaders = find_leaders(*connected.cluster, options);
  if (!leaders) return complain(leaders.error().message);
  auto workload = make(FLAGS_mode, {loop, options, meter, std::move(*leaders)});
  std::promise<void> ended;
  event::Timer windows;
  run_on(loop, [&] {
    if (options.report_every > 0) {
      windows = loop.every(std::chrono::milliseconds(static_cast<int64_t>(options.report_every * 1e3)),
                           [&] { say(meter.window()); });
    }
    workload->start([&] { ended.set_value(); });
  });
  ended.get_future().wait();
  run_on(loop, [&] {
    windows.cancel();
    say(meter.total(FLAGS_mode));
    workload.reset();
  });
  return meter.errors() == 0 ? 0 : 1;
}

int hold_connections(client::Connected& connected, const Options& options) {
  auto servers = client::parse_servers(FLAGS_bootstrap_server);
  if (!servers) return complain(servers.error().message);
  std::vector<client::HostPort> to;
  for (int i = 0; i < options.connections; ++i) to.push_back((*servers)[static_cast<size_t>(i) % servers->size()]);
  event::Loop& loop = connected.network->loop();
  const Moment start = Clock::now();
  std::promise<Result<Links>> opened;
  loop.post([&] { open_links(loop, std::move(to), [&](Result<Links> links) { opened.set_value(std::move(links)); }); });
  auto links = opened.get_future().get();
  if (!links) return complain(links.error().message);
  char line[120];
  std::snprintf(line, sizeof line, "{\"mode\":\"connections\",\"connections\":%zu,\"seconds\":%.3f}", links->size(),
                std::chrono::duration<double>(Clock::now() - start).count());
  say(line);
  for (char c; ::read(STDIN_FILENO, &c, 1) > 0;) {
  }
  run_on(loop, [&] { links->clear(); });
  return 0;
}

int run() {
  auto options = read_options();
  if (!options) return complain(options.error().message);
  auto connected = client::connect(FLAGS_bootstrap_server, "meerkat-load");
  if (!connected) return complain(connected.error().message);
  if (FLAGS_mode == "connections") return hold_connections(*connected, *options);
  for (const char* mode : {"produce", "fetch", "latency", "ready"}) {
    if (FLAGS_mode == mode) return run_workload(*connected, *options);
  }
  return complain("--mode must be produce, fetch, latency, connections or ready");
}

}  // namespace
}  // namespace meerkat::bench

int main(int argc, char** argv) {
  meerkat::client::parse_tool_flags(&argc, &argv, meerkat::bench::kUsage);
  return meerkat::bench::run();
}
