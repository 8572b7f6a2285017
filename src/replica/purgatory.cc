#include "replica/purgatory.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/container/inlined_vector.h"

namespace meerkat::replica {

/// An operation that waits, and its places in the lists. Owned by the purgatory; a poke under way shares it.
struct WaitPoint::Waiter : std::enable_shared_from_this<Waiter> {
  Purgatory* purgatory = nullptr;  // loop thread: null once it has ended
  event::Loop* loop = nullptr;
  std::unique_ptr<DelayedOperation> operation;  // loop thread
  std::vector<Node> nodes;                      // links: each under its list's mutex
  event::Timer timer;                           // loop thread
  std::atomic<bool> poked{false};
};

void WaitPoint::add(Node& node) {
  waiting_.fetch_add(1, std::memory_order_acq_rel);
  MutexLock lock(mutex_);
  node.next = first_;
  if (first_) first_->previous = &node;
  first_ = &node;
}

void WaitPoint::remove(Node& node) {
  {
    MutexLock lock(mutex_);
    if (node.previous) node.previous->next = node.next;
    if (node.next) node.next->previous = node.previous;
    if (first_ == &node) first_ = node.next;
  }
  waiting_.fetch_sub(1, std::memory_order_acq_rel);
}

void WaitPoint::poke(Progress what) {
  // A read-modify-write, not a load: it is ordered with add()'s, so that a waiter that we miss sees the progress when
  // it tries for the last time.
  if (waiting_.fetch_add(0, std::memory_order_acq_rel) == 0) return;
  using Waiters = absl::InlinedVector<std::shared_ptr<Waiter>, 8>;
  Waiters woken;
  {
    MutexLock lock(mutex_);
    for (Node* n = first_; n; n = n->next) {
      if ((n->what & what) && !n->waiter->poked.exchange(true, std::memory_order_acq_rel)) {
        woken.push_back(n->waiter->shared_from_this());
      }
    }
  }
  std::sort(woken.begin(), woken.end(), [](const auto& a, const auto& b) { return a->loop < b->loop; });
  for (auto from = woken.begin(); from != woken.end();) {
    event::Loop* loop = (*from)->loop;
    auto to = std::find_if(from, woken.end(), [&](const auto& w) { return w->loop != loop; });
    loop->post([mine = Waiters(std::make_move_iterator(from), std::make_move_iterator(to))] {
      for (const auto& waiter : mine) {
        if (waiter->purgatory) waiter->purgatory->retry(*waiter);
      }
    });
    from = to;
  }
}

Purgatory::Purgatory(event::Loop& loop) : loop_(loop) {}

Purgatory::~Purgatory() {
  while (!waiters_.empty()) take_off(*waiters_.begin()->first);
}

void Purgatory::wait(std::unique_ptr<DelayedOperation> operation, std::span<const Watch> watches,
                     std::chrono::milliseconds limit) {
  assert(loop_.in_loop());
  auto waiter = std::make_shared<Waiter>();
  waiter->purgatory = this;
  waiter->loop = &loop_;
  waiter->operation = std::move(operation);
  waiter->nodes.reserve(watches.size());
  for (const auto& watch : watches) {
    waiter->nodes.push_back({.waiter = waiter.get(), .where = watch.where, .what = watch.what});
  }
  waiters_.emplace(waiter.get(), waiter);
  size_.fetch_add(1, std::memory_order_relaxed);
  for (auto& node : waiter->nodes) node.where->add(node);
  // What happened before we were on the lists poked nobody.
  if (waiter->operation->try_complete()) {
    take_off(*waiter);
    return;
  }
  waiter->timer = loop_.after(limit, [this, w = waiter.get()] {
    const auto ended = take_off(*w);
    ended->operation->expire();
  });
}

void Purgatory::retry(Waiter& waiter) {
  // Cleared first: what happens from here on pokes again.
  waiter.poked.exchange(false, std::memory_order_acq_rel);
  if (waiter.operation->try_complete()) take_off(waiter);
}

std::shared_ptr<Purgatory::Waiter> Purgatory::take_off(Waiter& waiter) {
  for (auto& node : waiter.nodes) node.where->remove(node);
  waiter.timer.cancel();
  waiter.purgatory = nullptr;
  auto it = waiters_.find(&waiter);
  auto owned = std::move(it->second);
  waiters_.erase(it);
  size_.fetch_sub(1, std::memory_order_relaxed);
  return owned;
}

void Purgatory::expire_all() {
  while (!waiters_.empty()) {
    const auto ended = take_off(*waiters_.begin()->first);
    ended->operation->expire();
  }
}

Purgatory& Purgatories::of(event::Loop& loop) {
  MutexLock lock(mutex_);
  auto it = std::find_if(all_.begin(), all_.end(), [&](const auto& p) { return &p->loop() == &loop; });
  return it != all_.end() ? **it : *all_.emplace_back(std::make_unique<Purgatory>(loop));
}

size_t Purgatories::size() const {
  MutexLock lock(mutex_);
  size_t n = 0;
  for (const auto& p : all_) n += p->size();
  return n;
}

void Purgatories::expire_all() {
  MutexLock lock(mutex_);
  for (const auto& p : all_) {
    p->loop().post([purgatory = p.get()] { purgatory->expire_all(); });
  }
}

}  // namespace meerkat::replica
