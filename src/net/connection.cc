#include "net/connection.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <glog/logging.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "base/clock.h"

namespace meerkat::net {

namespace {

// While so many bytes wait to be sent, no further request is taken: what a client that does not read can cost.
constexpr int64_t kMaxPending = 1 << 20;
// Requests of one connection that may be unanswered at once.
constexpr uint32_t kMaxOutstanding = 64;

}  // namespace

struct Connection::Events {
  ::event read, write;
};

Connection::Connection(std::shared_ptr<NetLoop> home, Descriptor fd, std::unique_ptr<Transport> transport,
                       std::shared_ptr<Peer> peer)
    : home_(std::move(home)),
      fd_(std::move(fd)),
      transport_(std::move(transport)),
      peer_(std::move(peer)),
      events_(std::make_unique<Events>()),
      reader_(home_->settings().buffers, home_->settings().request_max_bytes) {}

Connection::~Connection() = default;

void Connection::open() {
  event_base* base = home_->loop().base();
  const auto readable = [](evutil_socket_t, short, void* self) { static_cast<Connection*>(self)->on_readable(); };
  const auto writable = [](evutil_socket_t, short, void* self) { static_cast<Connection*>(self)->on_writable(); };
  event_assign(&events_->read, base, fd_.get(), EV_READ | EV_PERSIST, readable, this);
  event_assign(&events_->write, base, fd_.get(), EV_WRITE | EV_PERSIST, writable, this);
  last_active_ = home_->now();
  home_->add(shared_from_this());
  want_read(true);
}

void Connection::close() {
  if (closed()) return;
  want_read(false);
  want_write(false);
  unmute_.cancel();
  if (finishing_) home_->settings().buffers->budget.end_finish(this);
  finishing_ = false;
  output_.clear();
  slots_.clear();
  reader_.clear();
  peer_->session.reset();
  home_->remove(*this);
  fd_.reset();  // last, so that the counters are right when the client learns of it
}

void Connection::drain() {
  draining_ = true;
  home_->work_later(*this);
}

void Connection::work() {
  if (closed()) return;
  if (!writing_) write();
  proceed();
}

void Connection::tick(int64_t now, int64_t idle_ticks) {
  const int64_t idle = now - last_active_;
  if (finishing_ && idle > 1) {
    LOG(WARNING) << "closing " << name() << ": it stopped in the middle of a request of " << reader_.unfinished()
                 << " bytes so far while the memory for requests is used up (queued.max.request.bytes="
                 << home_->settings().buffers->budget.limit() << ")";
    close();
  } else if (idle_ticks >= 0 && idle > idle_ticks && !muted_ && !waits_for_memory_) {
    VLOG(1) << "closing " << name() << ": idle for connections.max.idle.ms=" << home_->settings().max_idle_ms;
    home_->counters().idle_killed.add(1);
    close();
  }
}

// ---- Reading

bool Connection::may_read() const {
  return !eof_ && !draining_ && !closing_ && !muted_ && !waits_for_memory_ && !reader_.holding() && may_start();
}

// Whether a further request may be taken as far as those before it are concerned.
bool Connection::may_start() const {
  return !exclusive_ && outstanding_ < kMaxOutstanding && output_.pending() <= kMaxPending;
}

void Connection::on_readable() {
  // The event stays armed until it comes in vain: most answers are there before the next request is.
  if (!may_read() || must_wait_for_memory()) {
    want_read(false);
    return;
  }
  iovec to[2];
  const int places = reader_.prepare(home_->scratch(), to);
  if (places == 0) return fail("no memory for a request");
  const ssize_t n = transport_->readv(to, places);
  if (n < 0) {
    if (errno != EAGAIN && errno != EINTR) fail(std::strerror(errno));
    return;
  }
  if (n == 0) {
    eof_ = true;
    want_read(false);
    finish_if_idle();
    return;
  }
  last_active_ = home_->now();
  home_->counters().bytes_in.add(n);
  check(reader_.received(static_cast<size_t>(n), home_->scratch(), *this));
}

bool Connection::must_wait_for_memory() {
  MemoryBudget& budget = home_->settings().buffers->budget;
  if (finishing_ || !(reader_.in_large_frame() ? budget.exhausted() : budget.reserve_exhausted())) return false;
  const bool begun = reader_.unfinished() > 0;
  if (begun && budget.try_finish(this)) {
    finishing_ = true;
    return false;
  }
  waits_for_memory_ = true;
  budget.wait_for_release(begun, [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    Connection& c = *self;
    c.home_->loop().post([self = std::move(self)] {
      self->waits_for_memory_ = false;
      self->home_->work_later(*self);
    });
  });
  return true;
}

bool Connection::ready_for(ByteView frame) {
  const auto stopped = [&] { return closed() || draining_ || closing_ || muted_ || !may_start(); };
  if (stopped()) return false;
  if (outstanding_ == 0 || home_->settings().handler->may_pipeline(frame)) return true;
  // Those that were collected may well be answered at once.
  hand_over();
  return !stopped() && outstanding_ == 0;
}

void Connection::deliver(Frame frame) {
  FrameHandler& handler = *home_->settings().handler;
  if (finishing_) {
    finishing_ = false;
    home_->settings().buffers->budget.end_finish(this);
  }
  const uint64_t ticket = first_ticket_ + slots_.size();
  slots_.emplace_back();
  ++outstanding_;
  exclusive_ = !handler.may_pipeline(frame.bytes);
  home_->counters().requests.add(1);
  Responder responder(shared_from_this(), ticket);
  if (exclusive_) return handler.on_frame(peer_, std::move(frame), std::move(responder));
  home_->arrivals().push_back({std::move(frame), std::move(responder)});
}

void Connection::end_of_read() { hand_over(); }

// Gives the handler the frames that were collected.
void Connection::hand_over() {
  std::vector<Arrival>& arrivals = home_->arrivals();
  if (arrivals.empty()) return;
  FrameHandler& handler = *home_->settings().handler;
  if (arrivals.size() == 1) {
    handler.on_frame(peer_, std::move(arrivals[0].frame), std::move(arrivals[0].responder));
  } else {
    handler.on_frames(peer_, arrivals);
  }
  arrivals.clear();
}

void Connection::check(FrameReader::Fault fault) {
  if (fault == FrameReader::Fault::none) return;
  if (fault == FrameReader::Fault::memory) return fail("no memory for a request");
  LOG_EVERY_T(WARNING, 0.1) << "closing " << name() << ": it announced a request of " << reader_.bad_length()
                            << " bytes; socket.request.max.bytes=" << home_->settings().request_max_bytes
                            << ". Raise that if such requests are meant, otherwise see what connects there";
  // Answers to what came before are still due.
  draining_ = true;
  want_read(false);
  finish_if_idle();
}

// ---- Answers

void Connection::answer(uint64_t ticket, Chain body, int mute_ms) {
  settle(ticket, Slot::body, std::move(body), mute_ms);
}

void Connection::answer_nothing(uint64_t ticket, int mute_ms) { settle(ticket, Slot::nothing, Chain(), mute_ms); }

void Connection::answer_close(uint64_t ticket) { settle(ticket, Slot::close, Chain(), 0); }

void Connection::settle(uint64_t ticket, Slot::State state, Chain chain, int mute_ms) {
  if (home_->loop().in_loop()) return settle_here(ticket, state, std::move(chain), mute_ms);
  home_->loop().post([self = shared_from_this(), ticket, state, chain = std::move(chain), mute_ms]() mutable {
    self->settle_here(ticket, state, std::move(chain), mute_ms);
  });
}

void Connection::settle_here(uint64_t ticket, Slot::State state, Chain chain, int mute_ms) {
  if (closed() || closing_) return;
  const size_t index = ticket - first_ticket_;
  assert(index < slots_.size() && slots_[index].state == Slot::waiting);
  slots_[index].state = state;
  slots_[index].chain = std::move(chain);
  if (--outstanding_ == 0) exclusive_ = false;
  if (mute_ms > 0) mute(mute_ms);
  size_t ready = 0;
  for (; ready < slots_.size() && slots_[ready].state != Slot::waiting && !closing_; ++ready) {
    if (slots_[ready].state == Slot::body) output_.push(std::move(slots_[ready].chain));
    if (slots_[ready].state == Slot::close) closing_ = true;
  }
  slots_.erase(slots_.begin(), slots_.begin() + static_cast<ptrdiff_t>(ready));
  first_ticket_ += ready;
  home_->work_later(*this);
}

void Connection::mute(int ms) {
  const int64_t until = Clock::system().mono_ms() + ms;
  if (muted_ && muted_until_ms_ >= until) return;
  muted_ = true;
  muted_until_ms_ = until;
  unmute_ = home_->loop().after(std::chrono::milliseconds(ms), [this] {
    muted_ = false;
    last_active_ = home_->now();
    home_->work_later(*this);
  });
}

// ---- Writing

void Connection::on_writable() {
  write();
  proceed();
}

void Connection::write() {
  if (waits_for_disk_ || output_.empty()) return want_write(false);
  ColdReads* cold = home_->settings().cold_reads;
  const Output::Outcome outcome = output_.write(*transport_, cold);
  if (output_.written() > 0) {
    last_active_ = home_->now();
    home_->counters().bytes_out.add(output_.written());
  }
  switch (outcome) {
    case Output::Outcome::done:
      return want_write(false);
    case Output::Outcome::blocked:
    case Output::Outcome::turn:  // the socket takes more: the event comes at once, after those of others
      return want_write(true);
    case Output::Outcome::cold:
      want_write(false);
      waits_for_disk_ = true;
      home_->counters().cold_reads.add(1);
      cold->prefetch(output_.cold_range(), [self = shared_from_this()]() mutable {
        Connection& c = *self;
        c.home_->loop().post([self = std::move(self)] {
          self->waits_for_disk_ = false;
          self->home_->work_later(*self);
        });
      });
      return;
    case Output::Outcome::broken:
      return fail(output_.error());
    case Output::Outcome::unreadable:
      LOG(ERROR) << "closing " << name() << " in the middle of an answer: " << output_.error();
      return close();
  }
}

// After anything changed: requests that were held, reading, the end.
void Connection::proceed() {
  if (closed()) return;
  if (reader_.holding()) check(reader_.resume(*this));
  if (closed()) return;
  if (may_read()) want_read(true);
  finish_if_idle();
}

void Connection::finish_if_idle() {
  if (closed() || !output_.empty()) return;
  if (closing_ || (outstanding_ == 0 && (draining_ || (eof_ && !reader_.holding())))) close();
}

void Connection::fail(const std::string& why) {
  VLOG(1) << "closing " << name() << ": " << why;
  close();
}

void Connection::want_read(bool on) {
  if (on == reading_) return;
  reading_ = on;
  on ? event_add(&events_->read, nullptr) : event_del(&events_->read);
}

void Connection::want_write(bool on) {
  if (on == writing_) return;
  writing_ = on;
  on ? event_add(&events_->write, nullptr) : event_del(&events_->write);
}

std::string Connection::name() const {
  return "the connection from " + peer_->host + ":" + std::to_string(peer_->port) + " on listener " + peer_->listener;
}

}  // namespace meerkat::net
