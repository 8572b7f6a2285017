#include "net/outbound.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <thread>

#include "net/socket.h"
#include "test/unit/net/test_handler.h"

namespace meerkat::net {
namespace {

using std::chrono::milliseconds;

// A request as the codec would build it: key, version, correlation id, then what the handler is to do.
Chain request(int32_t correlation, const std::string& what = "") {
  Bytes bytes(8);
  store_be<int32_t>(bytes.data() + 4, correlation);
  bytes.insert(bytes.end(), what.begin(), what.end());
  return chain_of(std::move(bytes));
}

// Answers with the correlation id and the text; "wrong" with another id, "hold" never by itself.
struct Broker : TestServer {
  explicit Broker(ServerConfig config = {}) : TestServer(std::move(config)) {
    handler.other = [this](const auto&, Frame frame, Responder responder) {
      const std::string what(frame.bytes.begin() + 8, frame.bytes.end());
      Bytes answer(frame.bytes.begin() + 4, frame.bytes.end());
      if (what == "wrong") answer[3] ^= 1;
      if (what == "close") return responder.close();
      if (what == "quiet") return responder.nothing();
      if (what == "hold") {
        std::lock_guard lock(mutex);
        held.push_back(std::move(responder));
        return;
      }
      responder.send(chain_of(std::move(answer)));
    };
  }
  ~Broker() {
    server.stop(milliseconds(0));
    held.clear();
  }
  std::mutex mutex;
  std::vector<Responder> held;
};

class OutboundTest : public testing::Test {
 protected:
  OutboundTest() { loop_.start(); }
  ~OutboundTest() override {
    on_loop([this] { outbound_.reset(); });
    loop_.stop();
  }

  void on_loop(std::function<void()> task) {
    std::promise<void> done;
    loop_.post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }
  void open(const std::string& host, int port, milliseconds connect_timeout = milliseconds(3'600'000)) {
    OutboundConfig config;
    config.host = host;
    config.port = port;
    config.purpose = "test channel";
    config.connect_timeout = connect_timeout;
    config.request_timeout = milliseconds(0);
    on_loop([&] {
      outbound_ = std::make_unique<Outbound>(loop_, config, [this](Outbound::State state, const std::string& why) {
        std::lock_guard lock(mutex_);
        states_.push_back(state == Outbound::State::open         ? "open"
                          : state == Outbound::State::connecting ? "connecting"
                                                                 : "closed: " + why);
      });
    });
  }
  // What comes of a request: the text of the answer, or the error.
  std::future<std::string> send(int32_t correlation, const std::string& what = "", int timeout_ms = 0) {
    auto result = std::make_shared<std::promise<std::string>>();
    loop_.post([=, this] { send_here(correlation, what, timeout_ms, result); });
    return result->get_future();
  }
  // Several requests that are sent before anything can come of the first.
  std::vector<std::future<std::string>> send_at_once(const std::vector<std::pair<int32_t, std::string>>& requests) {
    std::vector<std::future<std::string>> answers;
    on_loop([&] {
      for (const auto& [correlation, what] : requests) {
        auto result = std::make_shared<std::promise<std::string>>();
        answers.push_back(result->get_future());
        send_here(correlation, what, 0, result);
      }
    });
    return answers;
  }
  void send_here(int32_t correlation, const std::string& what, int timeout_ms,
                 const std::shared_ptr<std::promise<std::string>>& result) {
    outbound_->send(
        request(correlation, what),
        [result](Result<Frame> answer) {
          result->set_value(answer.ok() ? std::string(answer->bytes.begin() + 4, answer->bytes.end())
                                        : "error: " + answer.error().message);
        },
        milliseconds(timeout_ms));
  }
  std::vector<std::string> states() {
    on_loop([] {});
    std::lock_guard lock(mutex_);
    return states_;
  }
  std::string where(int port) { return "test channel, localhost:" + std::to_string(port) + ": "; }

  event::Loop loop_{"outbound-test"};
  std::unique_ptr<Outbound> outbound_;
  std::mutex mutex_;
  std::vector<std::string> states_;
};

TEST_F(OutboundTest, OpensAtTheFirstSendAndAnswersInOrder) {
  Broker broker;
  open("localhost", broker.port);
  std::vector<std::future<std::string>> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(send(i, "request " + std::to_string(i)));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(answers[i].get(), "request " + std::to_string(i));
  EXPECT_EQ(states(), (std::vector<std::string>{"connecting", "open"}));
  on_loop([&] {
    EXPECT_EQ(outbound_->in_flight(), 0u);
    EXPECT_EQ(outbound_->state(), Outbound::State::open);
  });
}

TEST_F(OutboundTest, LargeRequestsAndAnswersPass) {
  Broker broker;
  open("127.0.0.1", broker.port);
  const std::string large(5'000'000, 'x');
  auto a = send(1, large), b = send(2, "small"), c = send(3, large);
  EXPECT_EQ(a.get(), large);
  EXPECT_EQ(b.get(), "small");
  EXPECT_EQ(c.get(), large);
}

TEST_F(OutboundTest, RequestsWithoutAnswerDoNotDisturbTheOrder) {
  Broker broker;
  open("127.0.0.1", broker.port);
  on_loop([&] { outbound_->send_unanswered(request(1, "quiet")); });
  auto a = send(2, "a");
  on_loop([&] { outbound_->send_unanswered(request(3, "quiet")); });
  EXPECT_EQ(a.get(), "a");
  EXPECT_EQ(send(4, "b").get(), "b");
  EXPECT_EQ(broker.server.metrics().requests, 4);
}

TEST_F(OutboundTest, AClosedConnectionFailsWhatIsUnansweredAndTheNextSendReopens) {
  Broker broker;
  open("localhost", broker.port);
  auto answers = send_at_once({{1, "a"}, {2, "close"}, {3, "b"}});
  EXPECT_EQ(answers[0].get(), "a");
  const std::string why = where(broker.port) + "the broker closed the connection";
  const auto lost = answers[1].get();
  EXPECT_EQ(lost, "error: " + why);
  EXPECT_EQ(answers[2].get(), lost);
  EXPECT_EQ(send(4, "again").get(), "again");
  EXPECT_EQ(states(), (std::vector<std::string>{"connecting", "open", "closed: " + why, "connecting", "open"}));
}

TEST_F(OutboundTest, NobodyListening) {
  int port;
  {
    Broker gone;
    port = gone.port;
  }
  open("127.0.0.1", port);
  const auto error = send(1).get();
  EXPECT_TRUE(error.starts_with("error: test channel, 127.0.0.1:")) << error;
  EXPECT_TRUE(error.ends_with("Connection refused")) << error;
  EXPECT_EQ(states().back(), "closed: " + error.substr(7));
}

TEST_F(OutboundTest, UnknownHost) {
  open("no-such-host.invalid", 9092);
  const auto error = send(1).get();
  EXPECT_NE(error.find("cannot find the address of host 'no-such-host.invalid'"), std::string::npos) << error;
}

TEST_F(OutboundTest, ConnectTimesOut) {
  // A listening socket whose queue is full answers no further SYN.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length), 0);
  const int port = ntohs(address.sin_port);
  fakes::BlockingClient filler(port);
  open("127.0.0.1", port, milliseconds(50));
  EXPECT_EQ(send(1).get(), "error: test channel, 127.0.0.1:" + std::to_string(port) + ": no connection within 50 ms");
  ::close(listener);
}

TEST_F(OutboundTest, ARequestThatGetsNoAnswerInTimeEndsTheConnection) {
  Broker broker;
  open("localhost", broker.port);
  EXPECT_EQ(send(1, "a").get(), "a");
  auto patient = send(2, "hold"), hasty = send(3, "b", 20);
  const std::string why = "error: " + where(broker.port) + "a request got no answer in time";
  EXPECT_EQ(hasty.get(), why);
  EXPECT_EQ(patient.get(), why);
  EXPECT_EQ(send(4, "again", 3'600'000).get(), "again");
}

TEST_F(OutboundTest, AWrongCorrelationIdEndsTheConnection) {
  Broker broker;
  open("localhost", broker.port);
  EXPECT_EQ(send(2, "wrong").get(),
            "error: " + where(broker.port) + "it answered with another correlation id than the request's");
}

TEST_F(OutboundTest, CloseFailsWhatWaitsAndReconnectWorks) {
  Broker broker;
  open("localhost", broker.port);
  EXPECT_EQ(send(1, "a").get(), "a");
  auto held = send(2, "hold");
  on_loop([&] { outbound_->close("the broker is no longer registered"); });
  EXPECT_EQ(held.get(), "error: the broker is no longer registered");
  on_loop([&] { outbound_->connect(); });
  EXPECT_EQ(send(3, "b").get(), "b");
}

TEST_F(OutboundTest, ARetiredConnectionFailsWhatWaitsThoughAnotherTakesItsPlace) {
  Broker broker;
  open("localhost", broker.port);
  EXPECT_EQ(send(1, "a").get(), "a");
  auto held = send(2, "hold");
  on_loop([&] { Outbound::retire(std::move(outbound_), "it listens elsewhere now"); });
  open("localhost", broker.port);
  EXPECT_EQ(held.get(), "error: it listens elsewhere now");
  EXPECT_EQ(send(3, "b").get(), "b");
  on_loop([] { Outbound::retire(nullptr, "there is none"); });
}

TEST_F(OutboundTest, MayBeDestroyedByItsOwnCallbacks) {
  Broker broker;
  open("localhost", broker.port);
  std::promise<void> done;
  std::atomic<int> called = 0;
  loop_.post([&] {
    outbound_->send(request(1), [&](Result<Frame>) {
      ++called;
      outbound_.reset();
      loop_.post([&] { done.set_value(); });
    });
    outbound_->send(request(2), [&](Result<Frame>) { ++called; });
  });
  done.get_future().wait();
  EXPECT_EQ(called, 1);  // destroying drops the other callback
}

TEST(Resolver, NumbersAndLocalhostNeedNoLookUp) {
  const auto v4 = resolve_blocking("10.1.2.3", 9092);
  ASSERT_TRUE(v4.ok());
  EXPECT_EQ(v4->front().to_string(), "10.1.2.3:9092");
  const auto v6 = resolve_blocking("fe80::2", 1);
  ASSERT_TRUE(v6.ok());
  EXPECT_EQ(v6->front().to_string(), "[fe80::2]:1");
  const auto local = resolve_blocking("localhost", 5);
  ASSERT_TRUE(local.ok());
  ASSERT_EQ(local->size(), 2u);
  EXPECT_EQ((*local)[0].to_string(), "127.0.0.1:5");
  EXPECT_EQ((*local)[1].to_string(), "[::1]:5");
}

TEST(Socket, AddressesInJavasWords) {
  const struct {
    const char *given, *printed;
  } cases[] = {{"10.1.2.3", "10.1.2.3"},
               {"::1", "0:0:0:0:0:0:0:1"},
               {"2001:db8::ff00:42:8329", "2001:db8:0:0:0:ff00:42:8329"},
               {"::ffff:192.168.0.7", "192.168.0.7"}};
  for (const auto& c : cases) EXPECT_EQ(host_of(resolve_blocking(c.given, 1)->front()), c.printed);
}

}  // namespace
}  // namespace meerkat::net
