#include "net/server.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <thread>

#include "test/unit/net/test_handler.h"

namespace meerkat::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Server, AnswersFramesThatArriveInAnyPieces) {
  TestServer s;
  auto client = s.client();
  Bytes stream;
  std::vector<std::string> sent;
  for (const size_t size : {1, 10, 3000, 100'000, 2}) {
    sent.push_back("echo" + std::string(size, static_cast<char>('a' + size % 26)));
    const Bytes framed = fakes::BlockingClient::framed(text(sent.back()));
    stream.insert(stream.end(), framed.begin(), framed.end());
  }
  std::thread writer([&] {
    for (size_t at = 0; at < stream.size();) {
      const size_t n = std::min<size_t>(stream.size() - at, at < 40 ? 1 : 7777);
      client.send_raw(ByteView(stream).subspan(at, n));
      at += n;
    }
  });
  for (const auto& one : sent) EXPECT_EQ(text(client.receive()), one);
  writer.join();
  const ServerMetrics m = s.server.metrics();
  EXPECT_EQ(m.requests, static_cast<int64_t>(sent.size()));
  EXPECT_EQ(m.bytes_in, static_cast<int64_t>(stream.size()));
  EXPECT_EQ(m.connections, 1);
  s.eventually([&](const ServerMetrics& now) { return now.bytes_out == static_cast<int64_t>(stream.size()); });
}

TEST(Server, AnswersInRequestOrderEvenIfFinishedOutOfOrder) {
  TestServer s;
  auto client = s.client();
  for (int i = 0; i < 6; ++i) client.send(text("later " + std::to_string(i)));
  auto held = s.handler.take(6);
  for (const int i : {5, 3, 0, 1}) {  // from this thread
    if (i == 3)
      held[i].responder.nothing();
    else
      held[i].responder.send(chain_of(text(held[i].request)));
  }
  EXPECT_EQ(text(client.receive()), "later 0");
  EXPECT_EQ(text(client.receive()), "later 1");
  EXPECT_FALSE(client.readable(0));
  held[4].responder.send(chain_of(text(held[4].request)));
  held[2].responder.send(chain_of(text(held[2].request)));
  for (const auto* expected : {"later 2", "later 4", "later 5"}) EXPECT_EQ(text(client.receive()), expected);
}

TEST(Server, DeliversOneAtATimeUnlessPipelined) {
  TestServer s;
  auto client = s.client();
  // Together, so that all are there when the first is delivered.
  Bytes stream;
  for (const auto* request : {"later a", "later b", "hold c", "later d", "echo e"}) {
    const Bytes framed = fakes::BlockingClient::framed(text(request));
    stream.insert(stream.end(), framed.begin(), framed.end());
  }
  client.send_raw(stream);
  auto first = s.handler.take(2);
  ASSERT_EQ(first.size(), 2u);
  first[1].responder.send(chain_of(text("B")));
  EXPECT_EQ(s.handler.held(), 0u);
  first[0].responder.send(chain_of(text("A")));
  auto second = s.handler.take(1);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].request, "hold c");
  EXPECT_EQ(text(client.receive()), "A");
  EXPECT_EQ(text(client.receive()), "B");
  EXPECT_EQ(s.server.metrics().requests, 3);
  second[0].responder.send(chain_of(text("C")));
  auto third = s.handler.take(1);
  EXPECT_EQ(third[0].request, "later d");
  EXPECT_EQ(s.server.metrics().requests, 4);
  third[0].responder.send(chain_of(text("D")));
  for (const auto* expected : {"C", "D", "echo e"}) EXPECT_EQ(text(client.receive()), expected);
}

TEST(Server, HandsOverTogetherWhatCameTogether) {
  TestServer s;
  auto client = s.client();
  Bytes stream;
  for (const auto* request : {"later a", "later b", "later c", "echo d", "later e", "echo f", "later g", "later h"}) {
    const Bytes framed = fakes::BlockingClient::framed(text(request));
    stream.insert(stream.end(), framed.begin(), framed.end());
  }
  client.send_raw(stream);
  auto held = s.handler.take(3);
  EXPECT_EQ(s.handler.runs(), (std::vector<size_t>{3})) << "up to the first that may not start beside others";
  for (auto& h : held) h.responder.send(chain_of(text(h.request)));
  for (const auto* expected : {"later a", "later b", "later c", "echo d"}) EXPECT_EQ(text(client.receive()), expected);
  s.handler.take(1)[0].responder.send(chain_of(text("E")));
  EXPECT_EQ(text(client.receive()), "E");
  EXPECT_EQ(text(client.receive()), "echo f");
  EXPECT_EQ(s.handler.take(2)[1].request, "later h");
  EXPECT_EQ(s.handler.runs(), (std::vector<size_t>{3, 2}));
}

TEST(Server, FramesKeptByTheHandlerStayAsTheyAre) {
  TestServer s;
  auto client = s.client();
  std::deque<TestHandler::Held> all;
  for (int i = 0; i < 100; ++i) {
    client.send(text("hold " + std::to_string(i) + std::string(static_cast<size_t>(i) * 100, 'x')));
    auto held = s.handler.take(1);
    held[0].responder.send(chain_of(text("ok")));
    EXPECT_EQ(text(client.receive()), "ok");
    all.push_back(std::move(held[0]));
  }
  for (const auto& held : all) EXPECT_EQ(as_text(held.frame.bytes), held.request);
}

TEST(Server, ClosesAfterEarlierAnswers) {
  for (const auto* last : {"close", "drop"}) {
    TestServer s;
    auto client = s.client();
    client.send(text("later 1"));
    auto held = s.handler.take(1);
    client.send(text("hold 2"));
    held[0].responder.send(chain_of(text("one")));
    auto second = s.handler.take(1);
    client.send(text(last));
    client.send(text("echo never"));
    second[0].responder.send(chain_of(text("two")));
    EXPECT_EQ(text(client.receive()), "one");
    EXPECT_EQ(text(client.receive()), "two");
    EXPECT_TRUE(client.closed_by_peer()) << last;
  }
}

TEST(Server, ARequestWithoutAnswerLetsTheNextGoOn) {
  TestServer s;
  auto client = s.client();
  for (const auto* request : {"nothing", "nothing", "echo"}) client.send(text(request));
  EXPECT_EQ(text(client.receive()), "echo");
}

TEST(Server, AClientThatStopsSendingStillGetsItsAnswers) {
  TestServer s;
  auto client = s.client();
  client.send(text("hold"));
  client.send(text("echo"));
  client.finish_sending();
  auto held = s.handler.take(1);
  held[0].responder.send(chain_of(text("held")));
  EXPECT_EQ(text(client.receive()), "held");
  EXPECT_EQ(text(client.receive()), "echo");
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(Server, MuteHoldsTheNextRequestBackButNotTheAnswer) {
  TestServer s;
  auto client = s.client();
  client.send(text("mute 3600000"));
  client.send(text("echo"));
  EXPECT_EQ(text(client.receive()), "mute 3600000");
  auto other = s.client();
  other.send(text("echo"));
  EXPECT_EQ(text(other.receive()), "echo");
  EXPECT_EQ(s.server.metrics().requests, 2);
  EXPECT_FALSE(client.readable(0));

  auto brief = s.client();
  brief.send(text("mute 1"));
  brief.send(text("echo"));
  EXPECT_EQ(text(brief.receive()), "mute 1");
  EXPECT_EQ(text(brief.receive()), "echo");
}

TEST(Server, RefusesFramesOfBadLengthAndHarmsNobodyElse) {
  ServerConfig config;
  config.request_max_bytes = 1000;
  TestServer s(config);
  auto good = s.client();
  for (const int32_t length : {-1, 1001, INT32_MAX, INT32_MIN, 0x47455420 /* "GET " */}) {
    auto bad = s.client();
    Bytes header(4);
    store_be(header.data(), length);
    bad.send(text("echo before"));
    bad.send_raw(header);
    EXPECT_EQ(text(bad.receive()), "echo before");
    EXPECT_TRUE(bad.closed_by_peer()) << length;
    good.send(text("echo"));
    EXPECT_EQ(text(good.receive()), "echo");
  }
  s.eventually([](const ServerMetrics& m) { return m.connections == 1; });
}

TEST(Server, FramesThatAreOnlyAnnouncedCostNothing) {
  TestServer s;
  std::vector<fakes::BlockingClient> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(s.client());
    Bytes start(110);
    store_be<int32_t>(start.data(), 90 << 20);
    clients.back().send_raw(start);
  }
  // Bytes are counted before the frame that they go to takes its memory.
  s.eventually([](const ServerMetrics& m) { return m.bytes_in == 100 * 110 && m.request_memory_used == 100 * 106; });
  auto client = s.client();
  client.send(text("echo"));
  EXPECT_EQ(text(client.receive()), "echo");
  clients.clear();
  s.eventually([](const ServerMetrics& m) { return m.request_memory_used == 0 && m.connections == 1; });
}

TEST(Server, SendsFileRangesWithWhatIsAroundThem) {
  char name[] = "/tmp/meerkat-server-XXXXXX";
  const std::string folder = ::mkdtemp(name);
  auto file = FileSystem::system().open(folder + "/log", OpenMode::create);
  ASSERT_TRUE(file.ok());
  Bytes content(5'000'000);
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<uint8_t>(i * 7 + i / 1000);
  ASSERT_TRUE((*file)->pwrite(content, 0).ok());

  event::Pool disk("disk", 1);
  ServerConfig config;
  config.disk = &disk;
  TestServer s(config);
  s.handler.other = [&](const auto&, Frame, Responder responder) {
    Chain chain = chain_of(text("head"));
    chain.append(FileRange{*file, 11, 4'000'000});
    chain.append(text("middle"));
    chain.append(FileRange{*file, 5, 100});
    chain.append(text("tail"));
    responder.send(std::move(chain));
  };
  const auto piece = [&](size_t at, size_t n) { return std::string(content.begin() + at, content.begin() + at + n); };
  const std::string expected = "head" + piece(11, 4'000'000) + "middle" + piece(5, 100) + "tail";
  auto client = s.client(), slow = s.client(4096);
  for (int i = 0; i < 3; ++i) {
    client.send(text("file"));
    slow.send(text("file"));
    EXPECT_EQ(text(client.receive()), expected);
    EXPECT_EQ(text(slow.receive()), expected);
  }
  // A file that was cut ends the connection: the promised length cannot be kept.
  ASSERT_TRUE((*file)->truncate(1'000'000).ok());
  client.send(text("file"));
  EXPECT_EQ(client.receive(), std::nullopt);
  std::filesystem::remove_all(folder);
}

TEST(Server, AClientThatDoesNotReadCostsABoundedAmountAndHoldsUpNobody) {
  ServerConfig config;
  config.network_threads = 1;
  TestServer s(config);
  s.handler.other = [](const auto&, Frame, Responder responder) { responder.send(chain_of(Bytes(100'000))); };
  auto lazy = s.client(4096);
  Bytes requests;
  for (int i = 0; i < 1000; ++i) {
    const Bytes framed = fakes::BlockingClient::framed(text("big"));
    requests.insert(requests.end(), framed.begin(), framed.end());
  }
  lazy.send_raw(requests);
  auto client = s.client();
  for (int i = 0; i < 100; ++i) {
    client.send(text("echo"));
    EXPECT_EQ(text(client.receive()), "echo");
  }
  // Only so many of its requests were taken: what the socket buffers hold and the bound on pending answers.
  EXPECT_LT(s.server.metrics().requests, 100 + 200);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(lazy.receive()->size(), 100'000u) << i;
  EXPECT_EQ(s.server.metrics().requests, 1100);
}

TEST(Server, ResponderUsedAfterTheConnectionIsGoneDoesNothing) {
  TestServer s;
  std::deque<TestHandler::Held> held;
  {
    auto client = s.client();
    client.send(text("hold"));
    held = s.handler.take(1);
  }
  auto other = s.client();
  held[0].responder.send(chain_of(text("late")));
  s.eventually([](const ServerMetrics& m) { return m.connections == 1; });
  other.send(text("echo"));
  EXPECT_EQ(text(other.receive()), "echo");
}

TEST(Server, ResponderMayOutliveTheServer) {
  std::deque<TestHandler::Held> held;
  {
    TestServer s;
    auto client = s.client();
    client.send(text("hold"));
    held = s.handler.take(1);
    s.server.stop(milliseconds(0));
    EXPECT_TRUE(client.closed_by_peer());
  }
  held[0].responder.send(chain_of(text("late")));
}

TEST(Server, StopLetsOutstandingAnswersOut) {
  TestServer s;
  auto client = s.client(), idle = s.client();
  client.send(text("hold"));
  auto held = s.handler.take(1);
  std::thread stopper([&] { s.server.stop(seconds(3600)); });
  EXPECT_TRUE(idle.closed_by_peer());
  client.send(text("echo too late"));
  held[0].responder.send(chain_of(text("answer")));
  EXPECT_EQ(text(client.receive()), "answer");
  EXPECT_TRUE(client.closed_by_peer());
  stopper.join();
  EXPECT_EQ(s.server.metrics().connections, 0);
  s.server.unbind("TEST");  // nothing left to do, and nothing to wait for
}

TEST(Server, ClientsWaitUntilProcessingIsEnabled) {
  TestServer s({}, false);
  auto client = s.client();
  ASSERT_TRUE(client.connected());
  client.send(text("echo"));
  EXPECT_FALSE(client.readable(10));
  s.server.enable_processing();
  EXPECT_EQ(text(client.receive()), "echo");
}

TEST(Server, SaysWhyItCannotBind) {
  TestServer s;
  const auto taken = s.server.bind({"SECOND", "PLAINTEXT", "127.0.0.1", s.port});
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().message, "listener SECOND: cannot listen on 127.0.0.1, port " + std::to_string(s.port) +
                                       ": Address already in use; another process has it: stop that one, or change "
                                       "'listeners'");
  const auto unknown = s.server.bind({"THIRD", "PLAINTEXT", "no-such-host.invalid", 0});
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.error().message.find("no-such-host.invalid"), std::string::npos);
  const auto foreign = s.server.bind({"FOURTH", "PLAINTEXT", "192.0.2.1", 0});
  ASSERT_FALSE(foreign.ok());
  EXPECT_NE(foreign.error().message.find("no such address"), std::string::npos);
}

TEST(Server, ServesSeveralListenersAndUnbindsOne) {
  TestServer s;
  s.handler.other = [](const std::shared_ptr<Peer>& peer, Frame, Responder responder) {
    responder.send(chain_of(text(peer->listener + " " + peer->security_protocol + " " + peer->host)));
  };
  const auto all = s.server.bind({"ALL", "SASL_PLAINTEXT", "", 0});
  ASSERT_TRUE(all.ok());
  auto one = s.client();
  fakes::BlockingClient two(*all, 0, "127.0.0.3");
  one.send(text("who"));
  two.send(text("who"));
  EXPECT_EQ(text(one.receive()), "TEST PLAINTEXT 127.0.0.1");
  EXPECT_EQ(text(two.receive()), "ALL SASL_PLAINTEXT 127.0.0.3");
  s.server.unbind("ALL");
  EXPECT_TRUE(two.closed_by_peer());
  EXPECT_FALSE(fakes::BlockingClient(*all).connected());
  one.send(text("echo"));
  EXPECT_EQ(text(one.receive()), "echo");
}

TEST(Server, SpreadsConnectionsOverItsLoops) {
  ServerConfig config;
  config.network_threads = 2;
  TestServer s(config);
  s.handler.other = [](const std::shared_ptr<Peer>& peer, Frame, Responder responder) {
    EXPECT_TRUE(peer->loop->in_loop());
    responder.send(chain_of(text(peer->loop->name())));
  };
  std::map<std::string, int> seen;
  std::vector<fakes::BlockingClient> clients;
  const auto connect = [&](int n) {
    for (int i = 0; i < n; ++i) {
      clients.push_back(s.client());
      clients.back().send(text("loop"));
      ++seen[text(clients.back().receive())];
    }
  };
  connect(6);
  EXPECT_EQ(seen, (std::map<std::string, int>{{"net-0", 3}, {"net-1", 3}}));
  seen.clear();
  s.server.set_network_threads(3);
  connect(6);
  EXPECT_EQ(seen, (std::map<std::string, int>{{"net-0", 2}, {"net-1", 2}, {"net-2", 2}}));
  seen.clear();
  s.server.set_network_threads(1);
  connect(2);
  EXPECT_EQ(seen, (std::map<std::string, int>{{"net-0", 2}}));
  EXPECT_EQ(s.server.loops().size(), 3u);
}

}  // namespace
}  // namespace meerkat::net
