// Several pieces of memory into a file, one behind the other.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/file.h"

namespace meerkat {

/// Writes all pieces from `offset` on, or fails (a failed write may have left a part behind): with one system call for
/// a real file, joined and by File::pwrite() for one without a descriptor.
Status write_gathered(File& file, std::span<const ByteView> pieces, int64_t offset);

}  // namespace meerkat
