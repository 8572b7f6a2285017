// Buffers that a thread keeps for decompression, so that a batch costs no allocation.
#pragma once

#include "base/bytes.h"

namespace meerkat::record {

/// A buffer leased from the calling thread's pool on first use, and given back (emptied) by the destructor on the same
/// thread. Leases nest. What grew large is freed instead of kept.
class ScratchLease {
 public:
  ScratchLease() = default;
  ScratchLease(ScratchLease&& other) noexcept;
  ScratchLease& operator=(ScratchLease&& other) noexcept;
  ~ScratchLease();
  Bytes& buffer();

 private:
  void give_back();
  Bytes buffer_;
  bool leased_ = false;
};

}  // namespace meerkat::record
