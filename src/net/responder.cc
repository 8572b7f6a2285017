#include <cassert>
#include <utility>

#include "net/handler.h"

namespace meerkat::net {

Responder::Responder(std::shared_ptr<Target> target, uint64_t ticket) : target_(std::move(target)), ticket_(ticket) {}
Responder::Responder(Responder&&) noexcept = default;

Responder& Responder::operator=(Responder&& other) noexcept {
  if (target_) close();
  target_ = std::move(other.target_);
  ticket_ = other.ticket_;
  return *this;
}

Responder::~Responder() {
  if (target_) close();
}

void Responder::send(Chain body, int mute_ms) {
  assert(target_);
  std::exchange(target_, nullptr)->answer(ticket_, std::move(body), mute_ms);
}

void Responder::nothing(int mute_ms) {
  assert(target_);
  std::exchange(target_, nullptr)->answer_nothing(ticket_, mute_ms);
}

void Responder::close() {
  assert(target_);
  std::exchange(target_, nullptr)->answer_close(ticket_);
}

}  // namespace meerkat::net
