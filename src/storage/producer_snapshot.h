// The bytes of a .snapshot file: the producer state of a log up to an offset.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "storage/producer_entry.h"

namespace meerkat::storage {

/// Version 1: int16 version, uint32 CRC-32C of what follows, int32 count, 46 bytes an entry; the last batch of each.
Bytes encode_producer_snapshot(const std::vector<const ProducerEntry*>& entries);
/// An error that says what is wrong with the bytes.
Result<std::vector<ProducerEntry>> decode_producer_snapshot(ByteView bytes);

}  // namespace meerkat::storage
