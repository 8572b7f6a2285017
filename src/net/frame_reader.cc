#include "net/frame_reader.h"

#include <algorithm>
#include <cstring>

namespace meerkat::net {

/// A copy of what was read beyond the frames that could be delivered.
struct FrameReader::Held {
  std::shared_ptr<Buffers> buffers;
  Bytes bytes;
  size_t used = 0;

  Held(std::shared_ptr<Buffers> b, ByteView data) : buffers(std::move(b)), bytes(data.begin(), data.end()) {
    buffers->budget.take(static_cast<int64_t>(bytes.size()));
  }
  ~Held() { buffers->budget.give(static_cast<int64_t>(bytes.size())); }
};

FrameReader::~FrameReader() = default;

int FrameReader::prepare(Scratch& scratch, iovec to[2]) {
  int n = 0;
  if (partial_) {
    const MutableBytes rest = partial_->space();
    if (rest.empty()) return 0;
    to[n++] = {rest.data(), rest.size()};
    // What follows the frame is read along with its end, unless the end is far.
    if (rest.size() < partial_->size() - partial_->filled()) return n;
  }
  const MutableBytes space = scratch.space();
  if (space.empty()) return n;
  to[n++] = {space.data(), space.size()};
  return n;
}

void FrameReader::clear() {
  partial_ = nullptr;
  held_ = nullptr;
  header_filled_ = 0;
}

FrameReader::Fault FrameReader::received(size_t n, Scratch& scratch, Sink& sink) {
  if (partial_) {
    const size_t mine = std::min(n, partial_->space().size());
    partial_->filled_by(mine);
    n -= mine;
    if (!partial_->complete()) return Fault::none;
  }
  const MutableBytes data = n > 0 ? scratch.space().first(n) : MutableBytes();
  size_t used = 0;
  const Fault fault = feed(scratch.owner(), data, sink, &used);
  sink.end_of_read();
  if (fault == Fault::none && used < n) held_ = std::make_shared<Held>(buffers_, data.subspan(used));
  if (n > 0) scratch.settle(n);
  return fault;
}

FrameReader::Fault FrameReader::resume(Sink& sink) {
  const std::shared_ptr<Held> held = std::move(held_);
  size_t used = 0;
  const MutableBytes data = held ? MutableBytes(held->bytes).subspan(held->used) : MutableBytes();
  const Fault fault = feed(held, data, sink, &used);
  sink.end_of_read();
  if (!held) return fault;
  held->used += used;
  if (fault == Fault::none && held->used < held->bytes.size()) held_ = held;
  return fault;
}

FrameReader::Fault FrameReader::feed(const std::shared_ptr<void>& owner, MutableBytes data, Sink& sink, size_t* used) {
  size_t at = 0;
  for (;; *used = at) {
    if (partial_) {
      const size_t n = std::min(data.size() - at, partial_->size() - partial_->filled());
      for (size_t done = 0; done < n;) {
        const MutableBytes space = partial_->space();
        if (space.empty()) return Fault::memory;
        const size_t part = std::min(space.size(), n - done);
        std::memcpy(space.data(), data.data() + at + done, part);
        partial_->filled_by(part);
        done += part;
      }
      at += n;
      *used = at;
      if (!partial_->complete() || !sink.ready_for(partial_->bytes())) return Fault::none;
      const std::shared_ptr<FrameBuffer> whole = std::move(partial_);
      const MutableBytes bytes = whole->bytes();
      sink.deliver(Frame{whole, bytes});
      continue;
    }
    const size_t in_header = std::min<size_t>(sizeof header_ - header_filled_, data.size() - at);
    if (in_header == 0 && header_filled_ < sizeof header_) return Fault::none;
    std::memcpy(header_ + header_filled_, data.data() + at, in_header);
    if (header_filled_ + in_header < sizeof header_) {
      header_filled_ += in_header;
      *used = at + in_header;
      return Fault::none;
    }
    const auto length = load_be<int32_t>(header_);
    if (length < 0 || length > max_) {
      bad_length_ = length;
      return Fault::length;
    }
    const size_t rest = data.size() - at - in_header;
    if (rest >= static_cast<size_t>(length)) {
      const MutableBytes bytes = data.subspan(at + in_header, length);
      if (!sink.ready_for(bytes)) return Fault::none;  // the header is looked at again with it
      header_filled_ = 0;
      at += in_header + length;
      sink.deliver(Frame{owner, bytes});
      continue;
    }
    at += in_header;
    header_filled_ = 0;
    partial_ = std::make_shared<FrameBuffer>(buffers_, length);
  }
}

}  // namespace meerkat::net
