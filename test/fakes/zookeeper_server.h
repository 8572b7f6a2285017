// A real ZooKeeper (Debian's package) for tests: one a test process, a chroot a test.
#pragma once

#include <sys/types.h>

#include <string>

namespace meerkat::test {

/// A ZooKeeper server process of its own, with a temporary folder and a free port on 127.0.0.1. Ends with this process.
class ZooKeeperServer {
 public:
  /// Starts one; ends the test program with a message that names the package when there is no ZooKeeper.
  ZooKeeperServer();
  ~ZooKeeperServer();
  ZooKeeperServer(const ZooKeeperServer&) = delete;
  ZooKeeperServer& operator=(const ZooKeeperServer&) = delete;

  /// The one that all tests of this process share.
  static ZooKeeperServer& shared();

  /// host:port
  std::string connect() const { return "127.0.0.1:" + std::to_string(port_); }
  /// host:port/UNIQUE, different at each call.
  std::string fresh_chroot();

  /// The answer to one of ZooKeeper's four-letter words ("wchp": who watches what); empty if there is none.
  std::string ask(const std::string& word) const;

  /// SIGSTOP and SIGCONT: connections stay open, nobody answers.
  void pause();
  void resume();
  /// kill -9: connections break. start() brings it back with the same data on the same port.
  void kill();
  void start();

 private:
  std::string directory_;
  int port_ = 0;
  pid_t pid_ = -1;
  int chroots_ = 0;
};

}  // namespace meerkat::test
