#include "zk/client_log.h"

#include <glog/logging.h>
#include <zookeeper/zookeeper.h>

#include <chrono>
#include <cstdio>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <thread>

namespace meerkat::zk {

namespace {

// The client reports on its own thread that it has tried all servers, and then tries them again within a sixtieth of
// the session timeout. All brokers would be back in the same moment when a server that has lost them returns. The
// reference's client waits up to a second.
void pause_before_the_next_round() {
  constexpr int kLeastMs = 250, kMostMs = 500;
  thread_local std::minstd_rand random(std::random_device{}());
  std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution(kLeastMs, kMostMs)(random)));
}

}  // namespace

void client_log_line(const char* line) {
  std::string_view text(line);
  if (text.find("Delaying connection after exhaustively trying all servers") != std::string_view::npos) {
    return pause_before_the_next_round();
  }
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  // Lines look like "DATE TIME:PID:ZOO_WARN@function@line: text"; glog has time and process itself.
  if (size_t at = text.find("ZOO_"); at != std::string_view::npos) text.remove_prefix(at + 4);
  if (text.empty()) return;
  if (text.starts_with("ERROR") || text.starts_with("WARN")) {
    // A server that is away is reported by every attempt to reconnect; Session itself logs the changes of state.
    LOG_EVERY_T(WARNING, 10) << "zookeeper client: " << text;
  } else {
    VLOG(1) << "zookeeper client: " << text;
  }
}

void redirect_client_log() {
  static std::once_flag once;
  std::call_once(once, [] {
    zoo_set_debug_level(VLOG_IS_ON(1) ? ZOO_LOG_LEVEL_INFO : ZOO_LOG_LEVEL_WARN);
    cookie_io_functions_t io{};
    io.write = [](void*, const char* data, size_t size) -> ssize_t {
      client_log_line(std::string(data, size).c_str());
      return static_cast<ssize_t>(size);
    };
    // For the lines that the client writes without a handle. Stays open as long as the process.
    if (FILE* stream = fopencookie(nullptr, "w", io)) {
      setvbuf(stream, nullptr, _IOLBF, BUFSIZ);
      zoo_set_log_stream(stream);
    }
  });
}

}  // namespace meerkat::zk
