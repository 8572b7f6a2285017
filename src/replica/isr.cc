#include "replica/isr.h"

#include <algorithm>
#include <cassert>

namespace meerkat::replica {

namespace {
bool contains(const std::vector<int32_t>& list, int32_t id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}
}  // namespace

const std::vector<int32_t>& Isr::committed() const {
  if (const auto* expand = std::get_if<PendingExpand>(&state_)) return expand->last.isr;
  if (const auto* shrink = std::get_if<PendingShrink>(&state_)) return shrink->last.isr;
  return std::get<SettledIsr>(state_).isr;
}

std::vector<int32_t> Isr::maximal() const {
  auto isr = committed();
  if (const auto* expand = std::get_if<PendingExpand>(&state_)) isr.push_back(expand->joining);
  return isr;
}

size_t Isr::maximal_size() const {
  return committed().size() + (std::holds_alternative<PendingExpand>(state_) ? 1 : 0);
}

bool Isr::in_committed(int32_t replica) const { return contains(committed(), replica); }

bool Isr::in_maximal(int32_t replica) const {
  const auto* expand = std::get_if<PendingExpand>(&state_);
  return in_committed(replica) || (expand && expand->joining == replica);
}

std::vector<int32_t> Isr::expand(int32_t replica) {
  assert(!in_flight() && !in_committed(replica));
  state_ = PendingExpand{SettledIsr{committed()}, replica};
  return proposed();
}

std::vector<int32_t> Isr::shrink(std::vector<int32_t> leaving) {
  assert(!in_flight());
  state_ = PendingShrink{SettledIsr{committed()}, std::move(leaving)};
  return proposed();
}

std::vector<int32_t> Isr::proposed() const {
  auto isr = maximal();
  if (const auto* shrink = std::get_if<PendingShrink>(&state_)) {
    std::erase_if(isr, [&](int32_t id) { return contains(shrink->leaving, id); });
  }
  return isr;
}

void Isr::revert() { commit(committed()); }

}  // namespace meerkat::replica
