#include "test/fakes/zookeeper_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace meerkat::test {

namespace {

constexpr const char kJar[] = "/usr/share/java/zookeeper.jar";  // its manifest names the jars that it needs
constexpr auto kStartTimeout = std::chrono::seconds(60);

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "test ZooKeeper: %s\n", why.c_str());
  std::exit(1);
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int free_port() {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    give_up("no free port");
  }
  ::close(fd);
  return ntohs(address.sin_port);
}

}  // namespace

ZooKeeperServer::ZooKeeperServer() {
  if (!std::filesystem::exists(kJar)) give_up("no ZooKeeper on this machine; apt-get install zookeeper");
  std::string name = std::filesystem::temp_directory_path() / "meerkat-test-zookeeper-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) give_up("cannot make a temporary folder");
  directory_ = name;
  port_ = free_port();
  std::ofstream(directory_ + "/zoo.cfg") << "dataDir=" << directory_ << "/data\n"
                                         << "clientPort=" << port_ << "\nclientPortAddress=127.0.0.1\n"
                                         << "tickTime=100\nminSessionTimeout=300\nmaxSessionTimeout=60000\n"
                                         << "maxClientCnxns=0\nadmin.enableServer=false\n"
                                         << "4lw.commands.whitelist=*\n";
  start();
}

ZooKeeperServer::~ZooKeeperServer() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

ZooKeeperServer& ZooKeeperServer::shared() {
  static ZooKeeperServer server;
  return server;
}

std::string ZooKeeperServer::fresh_chroot() { return connect() + "/test-" + std::to_string(++chroots_); }

void ZooKeeperServer::start() {
  pid_ = fork();
  if (pid_ < 0) give_up("cannot fork");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int log = open((directory_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(log, 1);
    dup2(log, 2);
    std::string config = directory_ + "/zoo.cfg";
    execlp("java", "java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto",
           "-Dzookeeper.forceSync=no", "-cp", kJar, "org.apache.zookeeper.server.quorum.QuorumPeerMain", config.c_str(),
           nullptr);
    _exit(127);
  }
  auto end = std::chrono::steady_clock::now() + kStartTimeout;
  // `ruok` is answered too early: a session begun then may get no answer.
  while (ask("srvr").find("Mode:") == std::string::npos) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) give_up("it ended at once; see " + directory_ + "/log");
    if (std::chrono::steady_clock::now() > end) give_up("no answer on port " + std::to_string(port_));
    poll(nullptr, 0, 20);
  }
}

std::string ZooKeeperServer::ask(const std::string& word) const {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(port_);
  timeval patience{0, 200'000};  // one that has only begun to listen may never answer
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string answer;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      write(fd, word.data(), word.size()) == static_cast<ssize_t>(word.size())) {
    char part[512];
    for (ssize_t n; (n = read(fd, part, sizeof part)) > 0;) answer.append(part, static_cast<size_t>(n));
  }
  ::close(fd);
  return answer;
}

void ZooKeeperServer::pause() { ::kill(pid_, SIGSTOP); }
void ZooKeeperServer::resume() { ::kill(pid_, SIGCONT); }

void ZooKeeperServer::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace meerkat::test
