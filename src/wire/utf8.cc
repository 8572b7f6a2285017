#include "wire/utf8.h"

#include <cstring>

namespace meerkat::wire {
namespace {

/// Length of the run of ASCII at the start.
size_t ascii_prefix(const uint8_t* at, size_t size) {
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t word;
    std::memcpy(&word, at + i, 8);
    if (word & 0x8080808080808080ull) break;
  }
  while (i < size && at[i] < 0x80) ++i;
  return i;
}

bool continues(uint8_t byte) { return (byte & 0xc0) == 0x80; }

/// The sequence that starts with a byte >= 0x80: how many bytes to consume, and whether they are well-formed. A
/// malformed one ends where its first impossible byte stands; a surrogate counts as one malformed sequence of three.
struct Sequence {
  size_t length;
  bool valid;
};

Sequence sequence(const uint8_t* at, size_t size) {
  uint8_t lead = at[0];
  if (lead < 0xc2 || lead > 0xf4) return {1, false};
  size_t need = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (size < 2 || !continues(at[1])) return {1, false};
  uint8_t second = at[1];
  if (need == 2) return {2, true};
  if (lead == 0xe0 && second < 0xa0) return {1, false};
  if (lead == 0xf0 && second < 0x90) return {1, false};
  if (lead == 0xf4 && second > 0x8f) return {1, false};
  if (size < 3 || !continues(at[2])) return {2, false};
  if (need == 3) return {3, !(lead == 0xed && second >= 0xa0)};
  if (size < 4 || !continues(at[3])) return {3, false};
  return {4, true};
}

}  // namespace

bool is_utf8(ByteView bytes) {
  const uint8_t* at = bytes.data();
  size_t left = bytes.size();
  while (true) {
    size_t ascii = ascii_prefix(at, left);
    at += ascii;
    left -= ascii;
    if (left == 0) return true;
    Sequence s = sequence(at, left);
    if (!s.valid) return false;
    at += s.length;
    left -= s.length;
  }
}

std::string to_utf8(ByteView bytes) {
  if (is_utf8(bytes)) return std::string(as_text(bytes));
  std::string out;
  const uint8_t* at = bytes.data();
  size_t left = bytes.size();
  while (left > 0) {
    Sequence s = *at < 0x80 ? Sequence{ascii_prefix(at, left), true} : sequence(at, left);
    if (s.valid)
      out.append(reinterpret_cast<const char*>(at), s.length);
    else
      out += "\xef\xbf\xbd";
    at += s.length;
    left -= s.length;
  }
  return out;
}

}  // namespace meerkat::wire
