// Reads a file in the background, in order, for a scan that is busy with what it has: recovery of one large log then
// reads on one core and verifies on another.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <optional>
#include <thread>

#include "base/file.h"
#include "base/mutex.h"

namespace meerkat::storage {

/// One thread of its own. Used by one other thread.
class ReadAhead {
 public:
  /// Ranges below this are not worth a thread.
  static constexpr int64_t kWorthwhile = int64_t{32} << 20;

  /// Begins to read [from, to) of `file`, which must outlive this.
  ReadAhead(const File& file, int64_t from, int64_t to);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// `rest`, the unused end of what the last call gave, followed by the next bytes of the range; just `rest` at its
  /// end. Valid until the next call.
  Result<ByteView> next(ByteView rest);

 private:
  static constexpr size_t kChunk = size_t{512} << 10;
  static constexpr size_t kHeadroom = size_t{64} << 10;  // in front of a chunk, for a rest
  static constexpr size_t kDepth = 3;

  struct Slot {
    Bytes bytes;
    size_t filled = 0;
  };
  void run(int64_t from, int64_t to);

  const File& file_;
  std::array<Slot, kDepth> slots_;
  Bytes joined_;  // where a rest is too long for the headroom
  Mutex mutex_;
  std::condition_variable_any changed_;
  uint64_t read_ = 0;      // chunks so far; the n-th lies in slot n % kDepth
  uint64_t given_ = 0;     // of these, to the scan
  uint64_t released_ = 0;  // of these, not needed any more
  bool ended_ = false;     // no more will be read
  bool unwanted_ = false;
  std::optional<Error> error_;
  std::thread thread_;
};

}  // namespace meerkat::storage
