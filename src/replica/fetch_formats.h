// What a fetch result becomes for clients that cannot read the format of the log (KIP-31, KIP-110, KIP-283).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "storage/log_config.h"
#include "wire/messages/01_fetch.h"

namespace meerkat::replica {

/// Makes an error of a result that the client could not read: zstd topics before v10; before v4 whatever would have to
/// be converted where the topic forbids that (a replica is always allowed).
void fit_format(const storage::LogConfig& config, int16_t version, bool from_replica,
                wire::FetchResponse::PartitionData& data);

/// Whether clients of this version of Fetch read old formats only.
bool wants_old_formats(int16_t version);

/// Where a request reads each partition from: by topic and partition.
using FetchOffsets = std::map<std::pair<std::string, int32_t>, int64_t>;
FetchOffsets fetch_offsets(const wire::FetchRequest& request);

/// Converts all records to the version's magic. A piece of one batch, which stands for a batch beyond the client's
/// limit, stays as it is. Reads the disk: not for a loop. Any thread.
void convert_formats(int16_t version, const FetchOffsets& offsets, wire::FetchResponse& response);

}  // namespace meerkat::replica
