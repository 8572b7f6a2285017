// Private to the record room: a walk over the records of a magic-2 batch that looks only at their frame (timestamp,
// offset, whether there is a key) and checks that everything fits. Compressed payloads are decompressed through a
// window of fixed size, so that neither memory nor cache suffers from what they grow to.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "record/batch.h"
#include "record/compression.h"
#include "record/record.h"
#include "record/scratch.h"
#include "record/varint.h"

namespace meerkat::record {

/// What the walk sees of a record.
struct RecordFrame {
  int64_t timestamp_delta = 0;
  int32_t offset_delta = 0;
  bool has_key = false;
};

class RecordWalker {
 public:
  /// `batch` is whole, of magic 2, with a known codec; its count is above 0.
  explicit RecordWalker(const BatchView& batch);

  [[nodiscard]] Next next(RecordFrame& out) {
    if (left_ == 0) return unreadable_ == Unreadable::no ? Next::end : Next::malformed;
    int32_t body_size = 0;
    const uint8_t* body = read_varint(at_, end_, body_size);
    // Nearly all records lie in the window as a whole, with at least a byte after them.
    if (body != nullptr && body_size > 0 && end_ - body > body_size && unreadable_ == Unreadable::no) [[likely]] {
      at_ = body + body_size;
      --left_;
      if (left_ > 0 && whole(body, at_, out)) [[likely]]
        return Next::record;
      return refuse(left_ == 0 ? "more bytes than the announced records take"
                               : "a record whose fields do not fit its length");
    }
    return next_across(out);
  }
  Unreadable unreadable() const { return unreadable_; }
  const std::string& failure() const { return failure_; }

 private:
  /// Tries to have `n` bytes (a few) in the window; fewer stay only at the end of the data.
  void want(size_t n) {
    if (static_cast<size_t>(end_ - at_) < n && source_ != nullptr) refill();
  }
  void refill();
  /// Reads a record's body that lies in the window as a whole, and takes all of it.
  static bool whole(const uint8_t* at, const uint8_t* end, RecordFrame& out) {
    ++at;  // attributes; none are defined
    int32_t size = 0;
    if ((at = read_varlong(at, end, out.timestamp_delta)) == nullptr) return false;
    if ((at = read_varint(at, end, out.offset_delta)) == nullptr) return false;
    if ((at = read_varint(at, end, size)) == nullptr) return false;
    out.has_key = size >= 0;
    if (size > end - at) return false;
    at += std::max(size, 0);
    if ((at = read_varint(at, end, size)) == nullptr || size > end - at) return false;
    at += std::max(size, 0);
    if ((at = read_varint(at, end, size)) == nullptr || size < 0) return false;
    return size == 0 ? at == end : whole_headers(at, end, size);
  }
  static bool whole_headers(const uint8_t* at, const uint8_t* end, int32_t count);
  Next next_across(RecordFrame& out);
  bool skip(size_t n);
  bool varint(int32_t& out);
  bool skip_nullable(bool may_be_null);
  /// Bytes of the payload before at_.
  uint64_t position() const { return loaded_ - static_cast<uint64_t>(end_ - at_); }
  Next refuse(const char* why);

  const uint8_t* at_;
  const uint8_t* end_;
  uint64_t loaded_;
  int32_t left_;
  std::unique_ptr<Decompressor> source_;  // none when the payload is not compressed, or has ended
  ScratchLease window_;
  Unreadable unreadable_ = Unreadable::no;
  std::string failure_;
};

}  // namespace meerkat::record
