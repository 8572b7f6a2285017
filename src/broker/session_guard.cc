#include "broker/session_guard.h"

#include <fcntl.h>
#include <glog/logging.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <type_traits>

namespace meerkat::broker {
namespace {

// One write each, so that they arrive whole (below PIPE_BUF). Both ends are the same program.
struct Message {
  zk::SessionId session;
};
static_assert(std::is_trivially_copyable_v<Message>);

/// The guard's life.
[[noreturn]] void guard(int pipe, const zk::Session::Options& options) {
  constexpr int kPipe = 3;
  if (pipe != kPipe) dup2(pipe, kPipe);
  closefrom(kPipe + 1);  // what was inherited is nothing to hold open
  prctl(PR_SET_NAME, "session-guard");
  FLAGS_minloglevel = google::GLOG_ERROR;  // the broker's last line, which says why it ended, shall stay the last
  Message last;
  for (;;) {
    Message message;
    const ssize_t size = read(kPipe, &message, sizeof message);
    if (size < 0 && errno == EINTR) continue;
    if (size != static_cast<ssize_t>(sizeof message)) break;
    last = message;
  }
  if (last.session.id != 0) {
    zk::Session::Options attached = options;
    attached.connection_timeout = std::min(options.connection_timeout, options.session_timeout);
    (void)zk::close_session(attached, last.session);  // else the session is left to its timeout
  }
  _exit(0);
}

}  // namespace

SessionGuard::SessionGuard(const zk::Session::Options& options) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    LOG(WARNING) << "No guard for the ZooKeeper session: " << std::strerror(errno);
    return;
  }
  const pid_t child = fork();
  if (child == 0) {
    close(ends[1]);
    guard(ends[0], options);
  }
  close(ends[0]);
  if (child > 0) {
    pipe_ = ends[1];
    return;
  }
  LOG(WARNING) << "No guard for the ZooKeeper session: " << std::strerror(errno);
  close(ends[1]);
}

SessionGuard::~SessionGuard() {
  if (pipe_ >= 0) close(pipe_);
}

void SessionGuard::hold(const zk::SessionId& session) {
  if (pipe_ < 0) return;
  const Message message{session};
  if (write(pipe_, &message, sizeof message) == static_cast<ssize_t>(sizeof message)) return;
  LOG(WARNING) << "The guard of the ZooKeeper session is gone: " << std::strerror(errno);
  close(pipe_);
  pipe_ = -1;
}

}  // namespace meerkat::broker
