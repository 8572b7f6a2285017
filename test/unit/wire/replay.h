// Checks one sample of a message both ways.
#pragma once

#include <string>

#include "nlohmann/json.hpp"
#include "test/unit/wire/any_message.h"

namespace meerkat::wire {

/// Differences found while replaying: the first ones are shown when it goes out of scope, and any fails the test.
class Differences {
 public:
  void add(const std::string& where, const std::string& what);
  ~Differences();

 private:
  int count_ = 0;
  std::string text_;
};

/// `body` must decode to exactly `expected`, and `expected` must encode to exactly `body`.
void replay(const AnyMessage& message, int16_t version, ByteView body, const nlohmann::json& expected,
            Differences& out);

}  // namespace meerkat::wire
