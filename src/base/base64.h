// Base64 with the standard alphabet and padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace meerkat {

std::string to_base64(ByteView bytes);
/// Nothing if the text is not padded to a multiple of four or holds other characters.
std::optional<Bytes> from_base64(std::string_view text);

}  // namespace meerkat
