#include "record/walker.h"

#include <cstring>

namespace meerkat::record {

namespace {

constexpr size_t kWindow = 64 * 1024;

}  // namespace

RecordWalker::RecordWalker(const BatchView& batch)
    : at_(batch.payload().data()),
      end_(at_ + batch.payload().size()),
      loaded_(batch.payload().size()),
      left_(batch.count()) {
  if (batch.codec() == Codec::none) return;
  source_ = Decompressor::open(batch.codec(), batch.magic(), batch.payload());
  window_.buffer().resize(kWindow);
  at_ = end_ = window_.buffer().data();
  loaded_ = 0;
}

void RecordWalker::refill() {
  Bytes& window = window_.buffer();
  auto kept = static_cast<size_t>(end_ - at_);
  std::memmove(window.data(), at_, kept);
  at_ = window.data();
  end_ = at_ + kept;
  auto got = source_->read(MutableBytes(window).subspan(kept));
  if (!got) {
    unreadable_ = Unreadable::compression;
    failure_ = got.error().message;
  }
  size_t gained = got ? *got : 0;
  if (kept + gained < window.size()) source_.reset();
  end_ += gained;
  loaded_ += gained;
}

bool RecordWalker::skip(size_t n) {
  while (true) {
    auto here = std::min(n, static_cast<size_t>(end_ - at_));
    at_ += here;
    n -= here;
    if (n == 0) return true;
    if (source_ == nullptr) return false;
    refill();
  }
}

bool RecordWalker::varint(int32_t& out) {
  want(kMaxVarint);
  const uint8_t* after = read_varint(at_, end_, out);
  if (after == nullptr) return false;
  at_ = after;
  return true;
}

bool RecordWalker::skip_nullable(bool may_be_null) {
  int32_t size;
  if (!varint(size)) return false;
  return size < 0 ? may_be_null : skip(static_cast<size_t>(size));
}

bool RecordWalker::whole_headers(const uint8_t* at, const uint8_t* end, int32_t count) {
  for (; count > 0; --count) {
    int32_t size = 0;
    if ((at = read_varint(at, end, size)) == nullptr || size < 0 || size > end - at) return false;
    at += size;
    if ((at = read_varint(at, end, size)) == nullptr || size > end - at) return false;
    at += std::max(size, 0);
  }
  return at == end;
}

/// A record that may begin in this window and end in a later one; also the last one of the batch.
Next RecordWalker::next_across(RecordFrame& out) {
  if (unreadable_ != Unreadable::no) return Next::malformed;
  --left_;

  int32_t body_size;
  if (!varint(body_size) || body_size < 0) return refuse("a record without a proper length");
  uint64_t body_end = position() + static_cast<uint64_t>(body_size);

  want(1 + kMaxVarlong + 2 * kMaxVarint);
  if (at_ == end_) return refuse("a record that is longer than its batch");
  ++at_;  // attributes; none are defined
  const uint8_t* after = read_varlong(at_, end_, out.timestamp_delta);
  if (after != nullptr) after = read_varint(after, end_, out.offset_delta);
  int32_t key_size = 0;
  if (after != nullptr) after = read_varint(after, end_, key_size);
  if (after == nullptr) return refuse("a record whose fields do not fit its length");
  at_ = after;
  out.has_key = key_size >= 0;
  if (out.has_key && !skip(static_cast<size_t>(key_size))) return refuse("a key that is longer than its batch");
  if (!skip_nullable(true)) return refuse("a value that is longer than its batch");

  int32_t headers;
  if (!varint(headers) || headers < 0) return refuse("a record with a malformed number of headers");
  // Each takes two bytes at least, which bounds the loop by the length that the record announced.
  for (; headers > 0; --headers) {
    if (position() >= body_end || !skip_nullable(false) || !skip_nullable(true)) {
      return refuse("a record with malformed headers");
    }
  }
  if (position() != body_end) return refuse("a record whose length is not that of its fields");
  if (left_ == 0) {
    want(1);
    if (unreadable_ != Unreadable::no) return Next::malformed;
    if (at_ != end_) return refuse("more bytes than the announced records take");
  }
  return Next::record;
}

Next RecordWalker::refuse(const char* why) {
  // What failed to decompress is the cause of whatever seems to be missing.
  if (unreadable_ == Unreadable::no) {
    unreadable_ = Unreadable::structure;
    failure_ = why;
  }
  return Next::malformed;
}

}  // namespace meerkat::record
