// The "records" field of Produce and Fetch: record batches that pass through without a copy.
#pragma once

#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/chain.h"

namespace meerkat::wire {

/// Decoded: `view` points into the frame (which the caller keeps alive). To encode: `view` (kept alive by `owner`)
/// followed by `files`. A null field is not the same as an empty one.
struct RecordsField {
  bool null = false;
  ByteView view;
  std::shared_ptr<const void> owner;
  std::vector<FileRange> files;

  int64_t size() const {
    int64_t n = static_cast<int64_t>(view.size());
    for (const auto& f : files) n += f.length;
    return n;
  }
};

}  // namespace meerkat::wire
