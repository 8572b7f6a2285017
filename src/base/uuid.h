// Kafka's 16-byte ids: topic ids, directory ids. Printed as 22 characters of URL-safe base64 without padding.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meerkat {

struct Uuid {
  std::array<uint8_t, 16> bytes{};

  /// A random version-4 id whose text does not start with '-' and that is none of Kafka's reserved ones.
  static Uuid random();
  /// Parses the 22-character form; nothing on anything else.
  static std::optional<Uuid> parse(std::string_view text);
  std::string to_string() const;
  bool is_zero() const { return *this == Uuid{}; }
  auto operator<=>(const Uuid&) const = default;

  template <class H>
  friend H AbslHashValue(H h, const Uuid& id) {
    return H::combine(std::move(h), id.bytes);
  }
};

}  // namespace meerkat
