#include "net/outbound.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <glog/logging.h>

#include <cassert>
#include <cerrno>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "net/frame_reader.h"
#include "net/output.h"
#include "net/socket.h"
#include "net/transport.h"

namespace meerkat::net {

namespace {

using std::chrono::milliseconds;

constexpr int64_t kNever = INT64_MAX;

// Answers are read by whoever asked for them, who bounds their size: they are not counted against a budget.
const std::shared_ptr<Buffers>& answer_buffers() {
  static const auto buffers = std::make_shared<Buffers>(INT64_MAX / 2);
  return buffers;
}

// One a thread, that is, one a loop.
Scratch& answer_scratch() {
  thread_local Scratch scratch(answer_buffers());
  return scratch;
}

// Bytes 4..8 of a request: after the API key and version.
std::optional<int32_t> correlation_of(const Chain& request) {
  if (request.parts().empty()) return std::nullopt;
  const auto* head = std::get_if<Bytes>(&request.parts().front());
  if (!head || head->size() < 8) return std::nullopt;
  return load_be<int32_t>(head->data() + 4);
}

}  // namespace

class Outbound::Impl final : public std::enable_shared_from_this<Impl>, private FrameReader::Sink {
 public:
  Impl(event::Loop& loop, OutboundConfig config, OnState on_state)
      : loop_(loop), config_(std::move(config)), on_state_(std::move(on_state)) {}
  ~Impl() override { drop_socket(); }

  void connect();
  void send(Chain request, OnAnswer on_answer, milliseconds timeout);
  void send_unanswered(Chain request);
  void close(const std::string& why);
  void abandon();

  State state() const { return state_; }
  bool refused() const { return refused_; }
  size_t in_flight() const { return waiting_.size(); }
  const OutboundConfig& config() const { return config_; }
  event::Loop& loop() { return loop_; }

 private:
  struct Waiting {
    std::optional<int32_t> correlation;
    OnAnswer on_answer;
    int64_t deadline_ms;
  };

  void try_next(std::string last_error);
  void on_connected();
  void on_readable();
  void on_writable();
  void write();
  void write_later();
  void arm_deadline();
  void on_deadline();
  void tell(State state, const std::string& why);
  void fail(const std::string& why);
  void drop_socket();
  void want_write(bool on);
  std::string name() const;

  bool ready_for(ByteView) override { return state_ == State::open; }
  void deliver(Frame frame) override;

  event::Loop& loop_;
  const OutboundConfig config_;
  OnState on_state_;
  State state_ = State::closed;
  uint64_t attempt_ = 0;  // numbers the connections, so that what was posted for an earlier one is not taken for this
  std::vector<Address> addresses_;
  size_t next_address_ = 0;
  bool refused_ = false;  // one of the addresses, in this attempt, and the others failed

  Descriptor fd_;
  std::optional<PlainTransport> transport_;
  std::optional<FrameReader> reader_;
  ::event read_, write_;
  bool writing_ = false;
  bool write_posted_ = false;
  Output output_;
  std::deque<Waiting> waiting_;
  event::Timer connect_timer_, deadline_timer_;
  int64_t deadline_ms_ = kNever;  // what deadline_timer_ is set to
  bool abandoned_ = false;        // the owner is gone
};

void Outbound::Impl::connect() {
  if (state_ != State::closed || abandoned_) return;
  state_ = State::connecting;
  refused_ = false;
  const uint64_t attempt = ++attempt_;
  tell(State::connecting, "");
  connect_timer_ = loop_.after(config_.connect_timeout, [this] {
    refused_ = false;
    fail("no connection within " + std::to_string(config_.connect_timeout.count()) + " ms");
  });
  Resolver::shared().resolve(loop_, config_.host, config_.port, [weak = weak_from_this(), attempt](Addresses found) {
    auto self = weak.lock();
    if (!self || self->attempt_ != attempt || self->state_ != State::connecting) return;
    if (!found.ok()) return self->fail(found.error().message);
    self->addresses_ = std::move(*found);
    self->next_address_ = 0;
    self->try_next("");
  });
}

void Outbound::Impl::try_next(std::string last_error) {
  while (next_address_ < addresses_.size()) {
    const Address& to = addresses_[next_address_++];
    auto fd = start_connect(to, config_.send_buffer_bytes, config_.receive_buffer_bytes);
    if (!fd.ok()) {
      last_error = to.to_string() + ": " + fd.error().message;
      refused_ = refused_ || fd.error().code == ECONNREFUSED;
      continue;
    }
    drop_socket();
    fd_ = std::move(*fd);
    transport_.emplace(fd_.get());
    const auto readable = [](evutil_socket_t, short, void* self) { static_cast<Impl*>(self)->on_readable(); };
    const auto writable = [](evutil_socket_t, short, void* self) { static_cast<Impl*>(self)->on_writable(); };
    event_assign(&read_, loop_.base(), fd_.get(), EV_READ | EV_PERSIST, readable, this);
    event_assign(&write_, loop_.base(), fd_.get(), EV_WRITE | EV_PERSIST, writable, this);
    want_write(true);
    return;
  }
  fail("cannot connect to " + last_error);
}

void Outbound::Impl::on_connected() {
  if (const int error = connect_error(fd_.get())) {
    const std::string where = addresses_[next_address_ - 1].to_string();
    refused_ = refused_ || error == ECONNREFUSED;
    drop_socket();
    return try_next(where + ": " + std::strerror(error));
  }
  connect_timer_.cancel();
  reader_.emplace(answer_buffers(), config_.max_answer_bytes);
  event_add(&read_, nullptr);
  state_ = State::open;
  refused_ = false;
  tell(State::open, "");
}

void Outbound::Impl::send(Chain request, OnAnswer on_answer, milliseconds timeout) {
  const int64_t deadline = timeout.count() > 0 ? Clock::system().mono_ms() + timeout.count() : kNever;
  waiting_.push_back({correlation_of(request), std::move(on_answer), deadline});
  if (deadline < deadline_ms_) arm_deadline();
  send_unanswered(std::move(request));
}

void Outbound::Impl::send_unanswered(Chain request) {
  output_.push(std::move(request));
  if (state_ == State::closed) connect();
  write_later();
}

// Requests that are sent together leave together.
void Outbound::Impl::write_later() {
  if (state_ != State::open || writing_ || write_posted_) return;
  write_posted_ = true;
  loop_.post([self = shared_from_this()] {
    self->write_posted_ = false;
    if (self->state_ == State::open && !self->writing_) self->write();
  });
}

void Outbound::Impl::on_writable() {
  const auto self = shared_from_this();
  if (state_ == State::connecting) {
    on_connected();
    if (state_ != State::open) return;
  }
  write();
}

void Outbound::Impl::write() {
  switch (output_.write(*transport_, nullptr)) {
    case Output::Outcome::done:
      return want_write(false);
    case Output::Outcome::blocked:
    case Output::Outcome::turn:
    case Output::Outcome::cold:
      return want_write(true);
    case Output::Outcome::broken:
    case Output::Outcome::unreadable:
      return fail(output_.error());
  }
}

void Outbound::Impl::on_readable() {
  const auto self = shared_from_this();
  iovec to[2];
  const int places = reader_->prepare(answer_scratch(), to);
  if (places == 0) return fail("no memory for an answer");
  const ssize_t n = transport_->readv(to, places);
  if (n < 0) {
    if (errno != EAGAIN && errno != EINTR) fail(std::strerror(errno));
    return;
  }
  if (n == 0) return fail("the broker closed the connection");
  const auto fault = reader_->received(static_cast<size_t>(n), answer_scratch(), *this);
  answer_buffers()->pool.trim_if_due(Clock::system().mono_ms());
  if (state_ != State::open) return;
  if (fault == FrameReader::Fault::memory) return fail("no memory for an answer");
  if (fault == FrameReader::Fault::length) {
    fail("it announced an answer of " + std::to_string(reader_->bad_length()) + " bytes; at most " +
         std::to_string(config_.max_answer_bytes) + " are expected");
  }
}

void Outbound::Impl::deliver(Frame frame) {
  if (waiting_.empty()) return fail("it sent an answer that nobody asked for");
  Waiting& first = waiting_.front();
  if (first.correlation && (frame.bytes.size() < 4 || load_be<int32_t>(frame.bytes.data()) != *first.correlation)) {
    return fail("it answered with another correlation id than the request's");
  }
  OnAnswer on_answer = std::move(first.on_answer);
  waiting_.pop_front();
  on_answer(std::move(frame));
}

// ---- Time-outs: one timer, for the earliest deadline.

void Outbound::Impl::arm_deadline() {
  deadline_ms_ = kNever;
  for (const Waiting& w : waiting_) deadline_ms_ = std::min(deadline_ms_, w.deadline_ms);
  if (deadline_ms_ == kNever) return deadline_timer_.cancel();
  deadline_timer_ = loop_.after(milliseconds(deadline_ms_ - Clock::system().mono_ms()), [this] { on_deadline(); });
}

void Outbound::Impl::on_deadline() {
  const int64_t now = Clock::system().mono_ms();
  for (const Waiting& w : waiting_) {
    // Answers come in order: the others on this connection would wait for this one.
    if (w.deadline_ms <= now) return fail("a request got no answer in time");
  }
  arm_deadline();
}

// ---- The end of a connection

void Outbound::Impl::fail(const std::string& why) { close(name() + ": " + why); }

void Outbound::Impl::close(const std::string& why) {
  const auto self = shared_from_this();
  const bool was_closed = state_ == State::closed;
  drop_socket();
  connect_timer_.cancel();
  deadline_timer_.cancel();
  deadline_ms_ = kNever;
  output_.clear();
  auto failed = std::exchange(waiting_, {});
  ++attempt_;
  state_ = State::closed;
  if (!was_closed) tell(State::closed, why);
  if (failed.empty()) return;
  loop_.post([self, why, failed = std::move(failed)]() mutable {
    for (Waiting& w : failed) {
      if (!self->abandoned_) w.on_answer(meerkat::fail(why));
    }
  });
}

void Outbound::Impl::abandon() {
  abandoned_ = true;
  drop_socket();
  connect_timer_.cancel();
  deadline_timer_.cancel();
  output_.clear();
  waiting_.clear();
  ++attempt_;
  state_ = State::closed;
}

// The owner hears of every state in order, and never inside a call of its own.
void Outbound::Impl::tell(State state, const std::string& why) {
  loop_.post([self = shared_from_this(), state, why] {
    if (state == State::closed && self->state_ == State::closed) self->reader_.reset();
    if (!self->abandoned_ && self->on_state_) self->on_state_(state, why);
  });
}

void Outbound::Impl::drop_socket() {
  if (!fd_.open()) return;
  event_del(&read_);
  event_del(&write_);
  writing_ = false;
  transport_.reset();
  fd_.reset();
}

void Outbound::Impl::want_write(bool on) {
  if (on == writing_) return;
  writing_ = on;
  on ? event_add(&write_, nullptr) : event_del(&write_);
}

std::string Outbound::Impl::name() const {
  return (config_.purpose.empty() ? "" : config_.purpose + ", ") + config_.host + ":" + std::to_string(config_.port);
}

// ---- Outbound

Outbound::Outbound(event::Loop& loop, OutboundConfig config, OnState on_state)
    : impl_(std::make_shared<Impl>(loop, std::move(config), std::move(on_state))) {}
Outbound::~Outbound() { impl_->abandon(); }
void Outbound::connect() { impl_->connect(); }
void Outbound::send(Chain request, OnAnswer on_answer) {
  send(std::move(request), std::move(on_answer), impl_->config().request_timeout);
}
void Outbound::send(Chain request, OnAnswer on_answer, milliseconds timeout) {
  impl_->send(std::move(request), std::move(on_answer), timeout);
}
void Outbound::send_unanswered(Chain request) { impl_->send_unanswered(std::move(request)); }
void Outbound::close(const std::string& why) { impl_->close(why); }
void Outbound::retire(std::unique_ptr<Outbound> connection, const std::string& why) {
  if (!connection) return;
  connection->close(why);
  event::Loop& loop = connection->impl_->loop();
  // Behind what close() has posted.
  loop.post([retired = std::move(connection)] {});
}
Outbound::State Outbound::state() const { return impl_->state(); }
bool Outbound::refused() const { return impl_->refused(); }
size_t Outbound::in_flight() const { return impl_->in_flight(); }
const OutboundConfig& Outbound::config() const { return impl_->config(); }

}  // namespace meerkat::net
