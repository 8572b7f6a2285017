// How a broker writes a client's principal into an Envelope. An int16 version stands in front.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

struct DefaultPrincipalData {
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  std::string type;
  std::string name;
  bool token_authenticated = false;

  static void fields(auto& m, auto& io) {
    io("Type", m.type);
    io("Name", m.name);
    io("TokenAuthenticated", m.token_authenticated);
  }
};

}  // namespace meerkat::wire
