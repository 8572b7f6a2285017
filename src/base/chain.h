// What leaves through a socket: memory the chain owns, memory that something else keeps alive, and ranges of files.
// Built by the wire codec, sent by net with writev and sendfile; stored record batches are never copied into it.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"

namespace meerkat {

/// `length` bytes of an open file from `offset`. Keeps the file open (and its bytes readable after an unlink).
struct FileRange {
  std::shared_ptr<const File> file;
  int64_t offset = 0;
  int64_t length = 0;
};

/// Memory that belongs to `owner`, which the view keeps alive.
struct SharedView {
  std::shared_ptr<const void> owner;
  ByteView bytes;
};

/// A sequence of parts to send in order. Move-only in spirit: copying copies the owned bytes.
class Chain {
 public:
  using Part = std::variant<Bytes, SharedView, FileRange>;

  void append(Bytes bytes);
  void append(SharedView view);
  void append(FileRange range);
  /// The owned bytes at the end, to write into; starts a new part if the last one is of another kind.
  Bytes& tail();
  /// Bytes of all parts together.
  int64_t size() const;
  const std::vector<Part>& parts() const { return parts_; }
  std::vector<Part>& parts() { return parts_; }
  /// All parts copied into one buffer (file ranges are read). For tests and small control messages.
  Bytes flatten() const;

 private:
  std::vector<Part> parts_;
};

}  // namespace meerkat
