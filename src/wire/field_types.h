// What kinds of types a field can have, asked at compile time by the visitors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/bytes.h"
#include "base/uuid.h"
#include "wire/error.h"
#include "wire/records_field.h"

namespace meerkat::wire {

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;

template <class T>
inline constexpr bool kIsNumber = std::is_arithmetic_v<T> || std::is_same_v<T, ErrorCode>;

/// Arrays are vectors, but a vector of uint8_t is the protocol's bytes.
template <class T>
inline constexpr bool kIsArray = kIsVector<T> && !std::is_same_v<T, Bytes>;

template <class T>
inline constexpr bool kIsStruct =
    std::is_class_v<T> && !kIsOptional<T> && !kIsVector<T> && !std::is_same_v<T, std::string> &&
    !std::is_same_v<T, Uuid> && !std::is_same_v<T, RecordsField>;

/// A default-constructed M: its members are the protocol's defaults.
template <class M>
inline const M kDefaults{};

/// The member of kDefaults<M> that corresponds to `field` of `owner`.
template <class M, class T>
const T& default_of(const M& owner, const T& field) {
  auto offset = reinterpret_cast<const char*>(&field) - reinterpret_cast<const char*>(&owner);
  return *reinterpret_cast<const T*>(reinterpret_cast<const char*>(&kDefaults<M>) + offset);
}

template <class T>
bool equals_default(const T& value, const T& fallback);

/// Visits a struct to see whether all its members have their defaults.
template <class M>
struct DefaultCheck {
  const M& owner;
  bool all = true;

  template <class T, class... Options>
  void operator()(const char*, const T& value, Options...) {
    all = all && equals_default(value, default_of(owner, value));
  }
  template <class T, class... Options>
  void tag(int32_t, const char* name, const T& value, Options...) {
    (*this)(name, value);
  }
};

/// Whether a value is what a receiver assumes when it gets none. An array's default is always empty or null.
template <class T>
bool equals_default(const T& value, const T& fallback) {
  if constexpr (kIsOptional<T>) {
    if (value.has_value() != fallback.has_value()) return false;
    return !value.has_value() || equals_default(*value, *fallback);
  } else if constexpr (kIsVector<T>) {
    return value.empty();
  } else if constexpr (std::is_same_v<T, RecordsField>) {
    return value.size() == 0;
  } else if constexpr (kIsStruct<T>) {
    DefaultCheck<T> check{value};
    T::fields(value, check);
    return check.all;
  } else {
    return value == fallback;
  }
}

/// "FetchRequest" for wire::FetchRequest, "FetchTopic" for a struct nested in it.
template <class M>
constexpr std::string_view type_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  text = text.substr(text.find("M = ") + 4);
  text = text.substr(0, text.find_first_of(";]"));
  return text.substr(text.rfind(':') + 1);
}

}  // namespace meerkat::wire
