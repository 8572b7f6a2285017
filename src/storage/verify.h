// Whether the files of partitions are what they should be, and making indexes anew: meerkat-dump-log's --verify and
// --rebuild-indexes.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "base/file.h"

namespace meerkat::storage {

/// The files in `path` that belong to segments (.log, .index, .timeindex, .txnindex, .snapshot), sorted; `path` itself
/// if it is no directory.
Result<std::vector<std::string>> partition_files(FileSystem& fs, const std::string& path);

/// Checks one such file: every batch's bounds, checksum, order and records; every index entry against the log; that
/// others can be read. A line to `out`, and one more for each thing that is wrong. Whether all is well.
bool verify_file(FileSystem& fs, const std::string& path, std::ostream& out);

/// Makes the indexes of a partition's directory anew, the transaction indexes too. No broker may have the log directory
/// around it open. Batches are left as they are: what is wrong with them a broker's recovery cuts off. There is an
/// entry for every `index_interval_bytes`, the topic's index.interval.bytes.
Status rebuild_indexes(FileSystem& fs, const std::string& partition_dir, int32_t index_interval_bytes);

}  // namespace meerkat::storage
