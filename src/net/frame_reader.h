// From a stream of bytes to frames: a length of four bytes, then as many bytes.
#pragma once

#include <sys/uio.h>

#include <memory>

#include "base/bytes.h"
#include "net/buffers.h"
#include "net/handler.h"

namespace meerkat::net {

/// Cuts one connection's stream into frames. Costs no memory between frames. One thread.
///
/// A turn: prepare() says where to read to, received() takes what was read and delivers. If the sink is not ready, the
/// rest is kept; then resume() delivers it before the next turn.
class FrameReader {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    /// Whether `frame` may be delivered now.
    virtual bool ready_for(ByteView frame) = 0;
    virtual void deliver(Frame frame) = 0;
    /// The frames of one read have been delivered; their bytes are about to be given away unless somebody keeps them.
    virtual void end_of_read() {}
  };
  enum class Fault {
    none,
    length,  // negative or above the maximum: bad_length() has it
    memory,  // the kernel gave none
  };

  FrameReader(std::shared_ptr<Buffers> buffers, int32_t max_frame) : buffers_(std::move(buffers)), max_(max_frame) {}
  ~FrameReader();
  FrameReader(const FrameReader&) = delete;
  FrameReader& operator=(const FrameReader&) = delete;

  /// Fills `to` with the places for the next bytes; gives their number, 0 if out of memory. Not while holding().
  int prepare(Scratch& scratch, iovec to[2]);
  /// `n` bytes were read to these places.
  Fault received(size_t n, Scratch& scratch, Sink& sink);
  /// Delivers what is held, as far as the sink is ready.
  Fault resume(Sink& sink);
  /// There are bytes for which the sink was not ready.
  bool holding() const { return held_ != nullptr || (partial_ && partial_->complete()); }
  /// Bytes of a frame that has begun and is not complete.
  size_t unfinished() const { return partial_ ? partial_->filled() : header_filled_; }
  /// The next bytes belong to a frame too large for the scratch block.
  bool in_large_frame() const { return partial_ && partial_->size() > Scratch::kMinSpace; }
  /// Forgets what has arrived. Not from within deliver().
  void clear();
  int32_t bad_length() const { return bad_length_; }

 private:
  struct Held;
  Fault feed(const std::shared_ptr<void>& owner, MutableBytes data, Sink& sink, size_t* used);

  std::shared_ptr<Buffers> buffers_;
  std::shared_ptr<FrameBuffer> partial_;  // the frame that is arriving; complete while the sink is not ready for it
  std::shared_ptr<Held> held_;            // bytes behind it, for which the sink was not ready
  int32_t max_;
  int32_t bad_length_ = 0;
  uint8_t header_[4];
  uint8_t header_filled_ = 0;
};

}  // namespace meerkat::net
