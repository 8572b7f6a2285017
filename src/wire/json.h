// Messages as JSON, the way Kafka's own JSON converters write them; and their schemas.
#pragma once

#include <string>

#include "base/result.h"
#include "nlohmann/json_fwd.hpp"
#include "wire/schema.h"

namespace meerkat::wire {

/// The fields of that version; tagged fields only where they differ from their default; bytes as base64, ids as text.
/// Two things Kafka leaves out: record bytes (base64), and tagged fields nobody knows, as "_unknownTags" of their
/// struct.
nlohmann::json to_json(const MessageInfo& info, const void* message, int16_t version,
                       const UnknownTags* unknown = nullptr);
/// The same with the fields in the order of the schema, as Kafka's tools print them.
nlohmann::ordered_json to_ordered_json(const MessageInfo& info, const void* message, int16_t version);
/// The reverse. Fails on a missing field, on one that the version lacks, and on a value that does not fit. Record bytes
/// end up in memory that the field owns.
Status from_json(const nlohmann::json& json, const MessageInfo& info, void* message, int16_t version,
                 UnknownTags* unknown = nullptr);

/// The JSON as one line of text, for logs.
std::string json_text(const MessageInfo& info, const void* message, int16_t version);
template <class M>
std::string json_text(const M& message, int16_t version) {
  return json_text(message_info<M>(), &message, version);
}

/// Fields, types, versions, nullability, defaults and tags, in the form of Kafka's message definitions.
nlohmann::json schema_json(const MessageInfo& info);

}  // namespace meerkat::wire
