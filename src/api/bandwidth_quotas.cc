#include "api/bandwidth_quotas.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"

namespace meerkat::api {

using cluster::ConfigEntity;
using cluster::ConfigType;

// ---- Rates

void WindowedRate::forget_old(int64_t now_ms) {
  while (!samples_.empty() && now_ms - samples_.front().last_ms >= windows_ * window_ms_) samples_.pop_front();
}

void WindowedRate::record(double amount, int64_t now_ms) {
  if (samples_.empty() || now_ms - samples_.back().start_ms >= window_ms_) samples_.push_back({now_ms, now_ms, 0});
  samples_.back().amount += amount;
  samples_.back().last_ms = now_ms;
  if (samples_.size() > static_cast<size_t>(windows_)) samples_.pop_front();
}

void WindowedRate::take_back(double amount) {
  if (!samples_.empty()) samples_.back().amount -= amount;
}

int64_t WindowedRate::excess_ms(double limit, int64_t now_ms) {
  forget_old(now_ms);
  if (samples_.empty()) return 0;
  double total = 0;
  for (const Sample& sample : samples_) total += sample.amount;
  int64_t elapsed_ms = now_ms - samples_.front().start_ms;
  const int64_t missing = windows_ - 1 - elapsed_ms / window_ms_;
  if (missing > 0) elapsed_ms += missing * window_ms_;
  const double rate = total * 1000 / static_cast<double>(elapsed_ms);
  if (rate <= limit) return 0;
  return std::llround((rate - limit) / limit * static_cast<double>(elapsed_ms));
}

// ---- Quotas

void BandwidthQuotas::update(const ConfigEntity& entity, const config::Entries& settings) {
  if (entity.type != ConfigType::users && entity.type != ConfigType::clients) return;
  constexpr std::array<const char*, kKinds> kKeys = {"producer_byte_rate", "consumer_byte_rate"};
  MutexLock lock(mutex_);
  for (size_t kind = 0; kind < kKinds; ++kind) {
    double limit = 0;
    const auto it = settings.find(kKeys[kind]);
    if (it != settings.end() && absl::SimpleAtod(it->second, &limit) && limit > 0) {
      limits_[kind][entity] = limit;
    } else {
      limits_[kind].erase(entity);
    }
    any_[kind] = !limits_[kind].empty();
    if (limits_[kind].empty()) rates_[kind].clear();
  }
}

std::optional<BandwidthQuotas::Applied> BandwidthQuotas::applied(size_t kind, const std::string& user,
                                                                 const std::string& client_id) const {
  const std::string any(cluster::kDefaultEntity);
  const std::string both = user + '\n' + client_id, everywhere = user + '\n', anybody = '\n' + client_id;
  // From the narrowest to the widest; what is shared is the user's, the client's, or of that client of that user.
  const std::pair<ConfigEntity, const std::string*> order[] = {
      {{ConfigType::users, user, client_id}, &both},    {{ConfigType::users, user, any}, &both},
      {{ConfigType::users, user, {}}, &everywhere},     {{ConfigType::users, any, client_id}, &both},
      {{ConfigType::users, any, any}, &both},           {{ConfigType::users, any, {}}, &everywhere},
      {{ConfigType::clients, client_id, {}}, &anybody}, {{ConfigType::clients, any, {}}, &anybody},
  };
  for (const auto& [entity, sharers] : order) {
    const auto limit = limits_[kind].find(entity);
    if (limit != limits_[kind].end()) return Applied{limit->second, *sharers};
  }
  return std::nullopt;
}

void BandwidthQuotas::drop_idle(int64_t now_ms) {
  constexpr int64_t kIdleMs = 3'600'000;
  if (now_ms - dropped_ms_ < kIdleMs) return;
  dropped_ms_ = now_ms;
  for (auto& rates : rates_) {
    std::erase_if(rates, [&](const auto& item) { return now_ms - item.second.last_used_ms() >= kIdleMs; });
  }
}

int BandwidthQuotas::throttle_ms(Bandwidth kind_of, const std::string& user, const std::string& client_id,
                                 int64_t bytes) {
  const auto kind = static_cast<size_t>(kind_of);
  if (!any_[kind].load(std::memory_order_relaxed)) return 0;
  const int64_t now_ms = clock_.mono_ms();
  MutexLock lock(mutex_);
  const auto quota = applied(kind, user, client_id);
  if (!quota) return 0;
  drop_idle(now_ms);
  auto& rate = rates_[kind].try_emplace(quota->sharers, settings_.windows, settings_.window_ms).first->second;
  rate.record(static_cast<double>(bytes), now_ms);
  constexpr int64_t kLongestMs = INT32_MAX;
  return static_cast<int>(std::min(rate.excess_ms(quota->limit, now_ms), kLongestMs));
}

void BandwidthQuotas::take_back(Bandwidth kind_of, const std::string& user, const std::string& client_id,
                                int64_t bytes) {
  const auto kind = static_cast<size_t>(kind_of);
  MutexLock lock(mutex_);
  const auto quota = applied(kind, user, client_id);
  if (!quota) return;
  const auto rate = rates_[kind].find(quota->sharers);
  if (rate != rates_[kind].end()) rate->second.take_back(static_cast<double>(bytes));
}

}  // namespace meerkat::api
