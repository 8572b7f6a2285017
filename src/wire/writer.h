// Where encoded messages are put together before they go into a chain.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/chain.h"
#include "base/varint.h"
#include "wire/records_field.h"
#include "wire/unknown_tags.h"

namespace meerkat::wire {

/// Collects bytes, and remembers where records belong that are not to be copied. The buffer is the thread's own scratch
/// and is copied out once, at its exact size; so only one Writer at a time may be at work in a thread.
class Writer {
 public:
  Writer(int16_t version, bool flexible, const UnknownTags* unknown = nullptr);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  int16_t version() const { return version_; }
  bool flexible() const { return flexible_; }
  const UnknownTags* unknown() const { return unknown_; }

  /// A big-endian integer, double or bool.
  template <class T>
  void number(T value) {
    room(sizeof(T));
    if constexpr (std::is_same_v<T, bool>)
      *at_ = value ? 1 : 0;
    else if constexpr (std::is_same_v<T, double>)
      store_be(at_, std::bit_cast<uint64_t>(value));
    else
      store_be(at_, value);
    at_ += sizeof(T);
  }
  void uvarint(uint32_t value) {
    room(kMaxUvarintSize);
    at_ = write_uvarint(at_, value);
  }
  void bytes(const void* data, size_t size) {
    room(size);
    if (size > 0) std::memcpy(at_, data, size);
    at_ += size;
  }
  void bytes(ByteView view) { bytes(view.data(), view.size()); }
  /// The bytes of a records field, without its length: by reference if they are many and something owns them.
  void records(const RecordsField& records);

  /// Room for a length that is not known yet: give `end_sized` what `begin_sized` returned once the content is written.
  size_t begin_sized();
  void end_sized(size_t start);

  /// Notes that the message cannot be said in this version. The first reason stays. Literals only.
  [[gnu::cold, gnu::noinline]] void fail(const char* field, const char* reason);
  bool failed() const { return failed_; }
  /// What could not be said.
  std::string error() const;

  /// Appends all to `out`, record bytes by reference.
  void move_to(Chain& out);
  /// All in one buffer; file ranges are read.
  Bytes flatten();

 private:
  struct Splice {
    size_t position;  // within the buffer
    const RecordsField* records;
  };
  struct Scratch;
  static Scratch& scratch();

  void room(size_t size) {
    if (static_cast<size_t>(end_ - at_) < size) [[unlikely]]
      grow(size);
  }
  void grow(size_t size);
  size_t position() const;

  int16_t version_;
  bool flexible_;
  bool failed_ = false;
  const UnknownTags* unknown_;
  Scratch& scratch_;
  uint8_t* at_;
  uint8_t* end_;
  const char* field_ = "";
  const char* reason_ = "";
};

}  // namespace meerkat::wire
