// What a fetch result becomes for clients that cannot read the format of the log (KIP-31, KIP-110, KIP-283).
#pragma once

#include <cstdint>

#include "storage/log_config.h"
#include "wire/messages/01_fetch.h"

namespace meerkat::replica {

/// Fetch before v10: no zstd topics. Before v4: records are read into memory and converted to the version's magic, if
/// the topic allows that (a replica is always allowed); else the result becomes an error. A piece of one batch, which
/// stands for a batch beyond the client's limit, stays as it is.
void fit_format(const storage::LogConfig& config, int16_t version, bool from_replica, int64_t fetch_offset,
                wire::FetchResponse::PartitionData& data);

}  // namespace meerkat::replica
