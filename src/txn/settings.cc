#include "txn/settings.h"

#include <charconv>

namespace meerkat::txn {

int16_t markers_version(const std::string& inter_broker_protocol) {
  int major = 0;
  int minor = 0;
  const char* const end = inter_broker_protocol.data() + inter_broker_protocol.size();
  const auto dot = std::from_chars(inter_broker_protocol.data(), end, major).ptr;
  if (dot != end) std::from_chars(dot + 1, end, minor);
  return major > 2 || (major == 2 && minor >= 8) ? 1 : 0;
}

}  // namespace meerkat::txn
