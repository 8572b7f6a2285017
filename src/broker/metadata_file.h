// The metadata image that a broker had at its end, kept beside meta.properties: should it become controller when it
// starts again, before any controller has told it anything, it need not read every partition's state (see
// controller/guess.h). What is written there is a guess, and never shown to a client.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "cluster/metadata_image.h"

namespace meerkat::broker {

/// A CRC-32C, then the topics as an UpdateMetadata request with its version in front. A file that cannot be written,
/// read or understood costs time at the next start, nothing else: it is logged.
class MetadataFile {
 public:
  static constexpr char kName[] = "cluster.metadata";

  /// `dirs`: the log directories. Written to the first that takes it, read from the first that has it.
  MetadataFile(FileSystem& files, std::vector<std::string> dirs) : files_(files), dirs_(std::move(dirs)) {}

  /// Null if there is none.
  std::shared_ptr<const cluster::MetadataImage> read() const;
  /// An image without topics leaves the file as it is.
  void write(const cluster::MetadataImage& image);

 private:
  FileSystem& files_;
  const std::vector<std::string> dirs_;
};

}  // namespace meerkat::broker
