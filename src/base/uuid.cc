#include "base/uuid.h"

#include <sys/random.h>

#include <cstdlib>

namespace meerkat {
namespace {
constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-') return 62;
  if (c == '_') return 63;
  return -1;
}

/// Ids 0 and 1 have a meaning of their own in Kafka (none, the metadata topic).
bool reserved(const Uuid& id) {
  for (size_t i = 0; i < 15; ++i) {
    if (id.bytes[i] != 0) return false;
  }
  return id.bytes[15] <= 1;
}
}  // namespace

Uuid Uuid::random() {
  for (;;) {
    Uuid id;
    if (getrandom(id.bytes.data(), id.bytes.size(), 0) != 16) std::abort();
    id.bytes[6] = static_cast<uint8_t>((id.bytes[6] & 0x0f) | 0x40);
    id.bytes[8] = static_cast<uint8_t>((id.bytes[8] & 0x3f) | 0x80);
    if (!reserved(id) && id.to_string()[0] != '-') return id;
  }
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 22) return std::nullopt;
  Uuid id;
  uint32_t bits = 0;
  int have = 0;
  size_t out = 0;
  for (char c : text) {
    int d = digit(c);
    if (d < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(d);
    have += 6;
    if (have >= 8) {
      have -= 8;
      id.bytes[out++] = static_cast<uint8_t>(bits >> have);
    }
  }
  return id;
}

std::string Uuid::to_string() const {
  std::string text;
  text.reserve(22);
  for (size_t i = 0; i < 16; i += 3) {
    uint32_t v = static_cast<uint32_t>(bytes[i]) << 16;
    if (i + 1 < 16) v |= static_cast<uint32_t>(bytes[i + 1]) << 8;
    if (i + 2 < 16) v |= bytes[i + 2];
    int chars = i + 2 < 16 ? 4 : 2;
    for (int k = 0; k < chars; ++k) text += kAlphabet[v >> (18 - 6 * k) & 63];
  }
  return text;
}

}  // namespace meerkat
