// meerkat-broker: one broker, until SIGTERM or SIGINT.
#include <gflags/gflags.h>
#include <glog/logging.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <optional>
#include <thread>

#include "api/broker_loggers.h"
#include "broker/broker.h"
#include "broker/session_guard.h"
#include "broker/settings.h"
#include "config/flags.h"
#include "config/values.h"

#ifndef MEERKAT_VERSION
#define MEERKAT_VERSION "0.1.0"
#endif

namespace {

int complain(const std::string& why) {
  LOG(ERROR) << why;
  google::FlushLogFiles(google::INFO);
  if (!FLAGS_logtostderr) std::cerr << "meerkat-broker: " << why << std::endl;
  return 1;
}

/// As many files as the system lets us have: a broker holds one for each partition and connection.
void raise_file_limit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// As many malloc arenas as processors, not eight times that: each keeps what its threads once needed at most.
void limit_arenas() { mallopt(M_ARENA_MAX, static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))); }

}  // namespace

int main(int argc, char** argv) {
  limit_arenas();
  // Blocked before any thread exists, so that all inherit it and only sigwait() below sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  meerkat::config::register_flags();
  auto command = meerkat::config::parse_command_line(&argc, &argv);
  if (!command) {
    std::cerr << "meerkat-broker: " << command.error().message << std::endl;
    return 1;
  }
  if (command->help) {
    std::cout << meerkat::config::help_text();
    return 0;
  }
  if (command->version) {
    std::cout << "meerkat-broker " MEERKAT_VERSION " (speaks Kafka 3.9.1)" << std::endl;
    return 0;
  }
  google::InitGoogleLogging(argv[0]);
  meerkat::api::BrokerLoggers::start();
  raise_file_limit();

  auto config = meerkat::config::Config::from_static(std::move(command->entries));
  if (!config) return complain(config.error().message);

  std::atomic<bool> fatal{false};
  std::optional<meerkat::broker::SessionGuard> guard;
  if (config->values().meerkat_zookeeper_session_guard_enable) guard.emplace(meerkat::broker::session_options(*config));
  const pthread_t main_thread = pthread_self();
  meerkat::broker::Broker broker(
      std::move(*config),
      [&](const std::string& why) {
        LOG(ERROR) << "cannot go on: " << why;
        fatal = true;
        pthread_kill(main_thread, SIGTERM);
      },
      guard ? &*guard : nullptr);
  if (auto started = broker.start(); !started) {
    const int status = complain(started.error().message);
    _exit(status);  // parts that are half up have threads; nothing was promised to anybody yet
  }
  int signal_number = 0;
  sigwait(&signals, &signal_number);
  broker.stop();
  return fatal ? 1 : 0;
}
