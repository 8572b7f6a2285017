// The one way for foreign bytes to become values: a cursor that fails once and stays failed.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/varint.h"

namespace meerkat::wire {

/// Reads the protocol's primitives. After the first failure every read yields zeros and `failed()` holds; there is
/// nothing left to read then, so loops end by themselves. Does not own the bytes.
class Reader {
 public:
  explicit Reader(ByteView bytes) : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()) {}

  size_t remaining() const { return static_cast<size_t>(end_ - at_); }
  size_t used() const { return failed_ ? failed_at_ : static_cast<size_t>(at_ - begin_); }
  bool failed() const { return failed_; }
  /// What went wrong, in which field, at which byte.
  std::string error() const;

  /// Gives up; the first reason stays. `field` and `reason` must be literals.
  [[gnu::cold, gnu::noinline]] void fail(const char* field, const char* reason);

  /// A big-endian integer, double or bool (anything but 0 is true).
  template <class T>
  T number(const char* field) {
    constexpr size_t kSize = sizeof(T);
    if (remaining() < kSize) [[unlikely]] {
      fail(field, "is cut off");
      return T{};
    }
    const uint8_t* from = at_;
    at_ += kSize;
    if constexpr (std::is_same_v<T, bool>)
      return *from != 0;
    else if constexpr (std::is_same_v<T, double>)
      return std::bit_cast<double>(load_be<uint64_t>(from));
    else
      return load_be<T>(from);
  }

  uint32_t uvarint(const char* field) {
    if (at_ != end_ && *at_ < 0x80) return *at_++;
    return long_uvarint(field);
  }

  /// A length that stands as varint plus one; negative is null. Computed in 32 bits with wrap-around, as Kafka does.
  int32_t compact_length(const char* field) { return static_cast<int32_t>(uvarint(field) - 1u); }

  /// The next `size` bytes, in place; empty after a failure.
  ByteView bytes(const char* field, size_t size) {
    if (remaining() < size) [[unlikely]] {
      fail(field, "is cut off");
      return {};
    }
    ByteView view(at_, size);
    at_ += size;
    return view;
  }

  /// The next `size` bytes as text (utf8.h).
  void text(const char* field, size_t size, std::string& out);

 private:
  uint32_t long_uvarint(const char* field);

  const uint8_t* begin_;
  const uint8_t* at_;
  const uint8_t* end_;
  bool failed_ = false;
  const char* field_ = "";
  const char* reason_ = "";
  size_t failed_at_ = 0;
};

}  // namespace meerkat::wire
