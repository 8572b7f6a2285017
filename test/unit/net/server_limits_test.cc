#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <thread>

#include "net/server.h"
#include "test/unit/net/test_handler.h"

namespace meerkat::net {
namespace {

using fakes::BlockingClient;

std::string ask(BlockingClient& client, const std::string& request = "echo") {
  client.send(text(request));
  return text(client.receive());
}

TEST(ServerLimits, IdleConnectionsAreClosedBusyOnesStay) {
  ServerConfig config;
  config.max_idle_ms = 300;
  TestServer s(config);
  auto idle = s.client(), silent = s.client(), busy = s.client();
  EXPECT_EQ(ask(idle), "echo");
  std::atomic<bool> stop = false;
  std::thread worker([&] {
    while (!stop) {
      if (ask(busy) != "echo") return;
    }
  });
  EXPECT_TRUE(idle.closed_by_peer());
  EXPECT_TRUE(silent.closed_by_peer());  // never sent anything
  stop = true;
  worker.join();
  EXPECT_GE(s.server.metrics().idle_connections_killed, 2);
}

TEST(ServerLimits, AMutedConnectionIsNotIdle) {
  ServerConfig config;
  config.max_idle_ms = 50;
  config.network_threads = 1;
  TestServer s(config);
  auto muted = s.client();
  EXPECT_EQ(ask(muted, "mute 3600000"), "mute 3600000");
  auto idle = s.client();  // later: when this one is closed, the other would have been, too
  EXPECT_TRUE(idle.closed_by_peer());
  EXPECT_EQ(s.server.metrics().idle_connections_killed, 1);
  EXPECT_EQ(s.server.metrics().connections, 1);
}

TEST(ServerLimits, ConnectionsOfAnAddressBeyondTheLimitAreClosed) {
  ServerConfig config;
  config.limits.max_connections_per_ip = 2;
  config.limits.per_ip_overrides["127.0.0.2"] = 1;
  TestServer s(config);
  auto first = s.client(), second = s.client(), third = s.client();
  EXPECT_EQ(ask(first), "echo");
  EXPECT_EQ(ask(second), "echo");
  EXPECT_TRUE(third.closed_by_peer());
  BlockingClient other(s.port, 0, "127.0.0.2"), another(s.port, 0, "127.0.0.2");
  EXPECT_EQ(ask(other), "echo");
  EXPECT_TRUE(another.closed_by_peer());
  EXPECT_EQ(s.server.metrics().connections_refused, 2);
  first.close();
  s.eventually([](const ServerMetrics& m) { return m.connections == 2; });
  auto again = s.client();
  EXPECT_EQ(ask(again), "echo");
}

TEST(ServerLimits, MaxConnectionsMakesClientsWaitForAPlace) {
  ServerConfig config;
  config.limits.max_connections = 2;
  TestServer s(config);
  auto first = s.client(), second = s.client(), third = s.client();
  EXPECT_EQ(ask(first), "echo");
  EXPECT_EQ(ask(second), "echo");
  third.send(text("echo"));
  EXPECT_FALSE(third.readable(20));
  second.close();
  EXPECT_EQ(text(third.receive()), "echo");
  auto fourth = s.client();
  fourth.send(text("echo"));
  EXPECT_FALSE(fourth.readable(20));
  ConnectionLimits more;
  more.max_connections = 3;
  s.server.set_limits(more);
  EXPECT_EQ(text(fourth.receive()), "echo");
}

TEST(ServerLimits, TheProtectedListenerClosesAnotherListenersConnection) {
  ServerConfig config;
  config.limits.max_connections = 2;
  config.protected_listener = "INTERNAL";
  TestServer s(config);
  const int internal = *s.server.bind({"INTERNAL", "PLAINTEXT", "127.0.0.1", 0});
  auto client = s.client();
  EXPECT_EQ(ask(client), "echo");
  BlockingClient broker(internal);
  EXPECT_EQ(ask(broker), "echo");
  BlockingClient another(internal);
  EXPECT_EQ(ask(another), "echo");
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(ask(broker), "echo");
}

TEST(ServerLimits, TheCreationRateDelaysButServesAll) {
  ServerConfig config;
  config.limits.max_creation_rate = 100;
  TestServer s(config);
  std::vector<BlockingClient> clients;
  for (int i = 0; i < 110; ++i) clients.push_back(s.client());
  for (auto& client : clients) EXPECT_EQ(ask(client), "echo");
}

TEST(ServerLimits, OutOfDescriptorsItRefusesAndServesAgain) {
  TestServer s;
  auto before = s.client();
  EXPECT_EQ(ask(before), "echo");
  // The clients' sockets are made first: client and server share this process's limit.
  std::vector<int> sockets;
  for (int i = 0; i < 40; ++i) sockets.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  rlimit tight = old;
  tight.rlim_cur = static_cast<rlim_t>(sockets.back()) + 10;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(s.port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (const int fd : sockets) ASSERT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  s.eventually([](const ServerMetrics& m) { return m.accept_failures > 0; });
  EXPECT_EQ(ask(before), "echo");
  int closed = 0;
  for (const int fd : sockets) {  // each is either closed by the server, or served
    const Bytes request = BlockingClient::framed(text("echo"));
    ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    uint8_t byte;
    closed += ::recv(fd, &byte, 1, 0) <= 0;
  }
  EXPECT_GE(closed, 20);
  for (const int fd : sockets) ::close(fd);
  s.eventually([](const ServerMetrics& m) { return m.connections == 1; });
  auto after = s.client();
  EXPECT_EQ(ask(after), "echo");
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
}

TEST(ServerLimits, LargeRequestsWaitForMemoryAndAllArrive) {
  ServerConfig config;
  config.queued_max_request_bytes = 1 << 20;
  config.network_threads = 2;
  TestServer s(config);
  s.handler.other = [](const auto&, Frame frame, Responder responder) {
    responder.send(chain_of(text(std::to_string(frame.bytes.size()))));
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      auto client = s.client();
      const Bytes request(700'000 + static_cast<size_t>(t), 'x');
      for (int i = 0; i < 5; ++i) {
        client.send(request);
        EXPECT_EQ(text(client.receive()), std::to_string(request.size()));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  s.eventually([](const ServerMetrics& m) { return m.request_memory_used == 0; });
}

TEST(ServerLimits, ReadingStopsWhileKeptRequestsUseUpTheMemory) {
  ServerConfig config;
  config.queued_max_request_bytes = 1 << 20;
  config.network_threads = 1;
  TestServer s(config);
  const std::string large = "hold" + std::string(2 << 20, 'x');
  auto first = s.client(), second = s.client();
  std::thread sender([&] { first.send(text(large)); });
  auto held = s.handler.take(1);
  sender.join();
  EXPECT_GE(s.server.metrics().request_memory_used, 2 << 20);
  std::thread waiter([&] { second.send(text("echo" + large)); });  // fits the socket buffers only in part
  EXPECT_FALSE(second.readable(20));
  EXPECT_EQ(s.server.metrics().requests, 1);
  held[0].responder.send(chain_of(text("done")));
  held.clear();
  EXPECT_EQ(text(first.receive()), "done");
  EXPECT_EQ(text(second.receive()), "echo" + large);
  waiter.join();
}

TEST(ServerLimits, AStalledLargeRequestThatHoldsAllMemoryIsClosed) {
  ServerConfig config;
  config.queued_max_request_bytes = 1 << 20;
  config.max_idle_ms = 100'000;
  TestServer s(config);
  std::vector<BlockingClient> stalled;
  for (int i = 0; i < 2; ++i) {
    stalled.push_back(s.client());
    Bytes start(900'000);
    store_be<int32_t>(start.data(), 90 << 20);
    stalled.back().send_raw(start);
  }
  s.eventually([](const ServerMetrics& m) { return m.request_memory_used >= m.request_memory_limit; });
  auto small = s.client();
  EXPECT_EQ(ask(small), "echo");  // small requests go on
  auto large = s.client();
  const std::string request = "echo" + std::string(300'000, 'x');
  EXPECT_EQ(ask(large, request), request);  // once a stalled one is closed
}

TEST(ServerLimits, RandomBytesHarmNobody) {
  ServerConfig config;
  config.request_max_bytes = 1 << 20;
  TestServer s(config);
  auto good = s.client();
  uint64_t random = 88172645463325252ull;
  for (int round = 0; round < 300; ++round) {
    auto client = s.client();
    Bytes noise(1 + random % 3000);
    for (auto& byte : noise) {
      random ^= random << 13, random ^= random >> 7, random ^= random << 17;
      byte = static_cast<uint8_t>(random);
    }
    if (round % 2) store_be<int32_t>(noise.size() >= 4 ? noise.data() : (noise.resize(4), noise.data()), random % 2000);
    client.send_raw(noise);
  }
  EXPECT_EQ(ask(good), "echo");
  s.eventually([](const ServerMetrics& m) { return m.connections == 1; });
  s.eventually([](const ServerMetrics& m) { return m.request_memory_used == 0; });
}

}  // namespace
}  // namespace meerkat::net
