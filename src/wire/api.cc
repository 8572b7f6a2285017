#include "wire/api.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "wire/messages/all.h"

namespace meerkat::wire {
namespace {

template <class Request, class Response>
constexpr ApiInfo info(std::string_view name) {
  static_assert(Request::kKey == Response::kKey);
  static_assert(Request::kVersions == Response::kVersions);
  static_assert(Request::kFlexible == Response::kFlexible);
  return {static_cast<ApiKey>(Request::kKey), name, Request::kVersions, Request::kFlexible};
}

constexpr ApiInfo kApis[] = {
#define X(key, name, Name) info<Name##Request, Name##Response>(#Name),
    MEERKAT_APIS(X)
#undef X
};

constexpr int kMaxKey = static_cast<int>(std::end(kApis)[-1].key);

constexpr auto kRowOfKey = [] {
  std::array<int8_t, kMaxKey + 1> rows{};
  rows.fill(-1);
  for (size_t i = 0; i < std::size(kApis); ++i) rows[static_cast<size_t>(kApis[i].key)] = static_cast<int8_t>(i);
  return rows;
}();

}  // namespace

int16_t ApiInfo::request_header_version(int16_t version) const {
  if (key == ApiKey::controlled_shutdown && version == 0) return 0;
  return flexible(version) ? 2 : 1;
}

int16_t ApiInfo::response_header_version(int16_t version) const {
  return key != ApiKey::api_versions && flexible(version) ? 1 : 0;
}

std::span<const ApiInfo> apis() { return kApis; }

const ApiInfo* find_api(int16_t key) {
  if (key < 0 || key > kMaxKey || kRowOfKey[static_cast<size_t>(key)] < 0) return nullptr;
  return &kApis[kRowOfKey[static_cast<size_t>(key)]];
}

const ApiInfo& api_info(ApiKey key) {
  const ApiInfo* found = find_api(static_cast<int16_t>(key));
  assert(found != nullptr);
  return *found;
}

std::string_view name(ApiKey key) {
  const ApiInfo* found = find_api(static_cast<int16_t>(key));
  return found ? found->name : "Unknown";
}

}  // namespace meerkat::wire
