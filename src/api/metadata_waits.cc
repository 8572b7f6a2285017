#include "api/metadata_waits.h"

namespace meerkat::api {

MetadataWaits::MetadataWaits(event::Loop& loop, cluster::MetadataCache& metadata) : loop_(loop), metadata_(metadata) {
  metadata.add_listener([this](const auto&, const auto&, const auto&) { loop_.post([this] { check(); }); });
}

void MetadataWaits::wait(Condition condition, std::chrono::milliseconds limit, Task then) {
  loop_.post([this, condition = std::move(condition), limit, then = std::move(then)]() mutable {
    if (condition(*metadata_.image())) return then();
    auto at = waiters_.insert(waiters_.end(), Waiter{std::move(condition), std::move(then), {}});
    at->timer = loop_.after(limit, [this, at] {
      Task late = std::move(at->then);
      waiters_.erase(at);
      late();
    });
  });
}

void MetadataWaits::check() {
  auto image = metadata_.image();
  for (auto it = waiters_.begin(); it != waiters_.end();) {
    if (!it->condition(*image)) {
      ++it;
      continue;
    }
    Task then = std::move(it->then);
    it = waiters_.erase(it);
    then();
  }
}

}  // namespace meerkat::api
