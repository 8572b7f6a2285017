#include "cluster/coordinator_partition.h"

namespace meerkat::cluster {

int32_t java_string_hash(std::string_view utf8) {
  uint32_t hash = 0;
  auto unit = [&](uint32_t u) { hash = hash * 31 + u; };
  for (size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<uint8_t>(utf8[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t code = length == 1 ? lead : lead & (0xffu >> (length + 1));
    for (size_t k = 1; k < length && i + k < utf8.size(); ++k)
      code = code << 6 | (static_cast<uint8_t>(utf8[i + k]) & 0x3f);
    i += length;
    if (code < 0x10000) {
      unit(code);
    } else {
      code -= 0x10000;
      unit(0xd800 + (code >> 10));
      unit(0xdc00 + (code & 0x3ff));
    }
  }
  return static_cast<int32_t>(hash);
}

}  // namespace meerkat::cluster
