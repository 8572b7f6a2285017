// Every message by name, for tests that replay all of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "wire/codec.h"
#include "wire/json.h"

namespace meerkat::wire {

/// A message whose type is known at run time only.
struct AnyMessage {
  std::string name;  // "FetchRequest"
  MessageInfo info;
  std::shared_ptr<void> (*make)();
  Status (*decode)(void* message, ByteView body, int16_t version, size_t* used, UnknownTags* unknown);
  Status (*encode)(const void* message, int16_t version, Chain& out, const UnknownTags* unknown);
};

template <class M>
AnyMessage any_message() {
  AnyMessage any{std::string(type_name<M>()), message_info<M>(), nullptr, nullptr, nullptr};
  any.make = []() -> std::shared_ptr<void> { return std::make_shared<M>(); };
  any.decode = [](void* message, ByteView body, int16_t version, size_t* used, UnknownTags* unknown) {
    return decode_into(*static_cast<M*>(message), body, version, used, unknown);
  };
  any.encode = [](const void* message, int16_t version, Chain& out, const UnknownTags* unknown) {
    return try_encode(*static_cast<const M*>(message), version, out, {}, unknown);
  };
  return any;
}

/// All there are: requests and responses by key, headers, and what is not an API.
const std::vector<AnyMessage>& all_messages();
/// The one of that name; null if there is none.
const AnyMessage* find_message(const std::string& name);

}  // namespace meerkat::wire
