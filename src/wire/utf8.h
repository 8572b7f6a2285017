// Strings from the wire become valid UTF-8, read as Java reads them.
#pragma once

#include <string>

#include "base/bytes.h"

namespace meerkat::wire {

/// Whether the bytes are well-formed UTF-8 (no surrogates, nothing above U+10FFFF, no overlong forms).
bool is_utf8(ByteView bytes);

/// The text, each malformed sequence replaced by U+FFFD exactly where Java's decoder does so: a peer that sends
/// garbage gets the same answer as from Kafka, and what we pass on is always text.
std::string to_utf8(ByteView bytes);

}  // namespace meerkat::wire
