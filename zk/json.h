// From protobuf messages to Kafka's JSON and back. Used by payloads*.cc only.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace meerkat::zk {

/// Compact JSON: maps sorted by key, unset `optional` fields left out, everything else written. Fields come in their
/// order, `optional` ones and messages after the others.
std::string to_json(const google::protobuf::Message& message);
/// Unknown keys are ignored. The error names the znode.
Status from_json(std::string_view path, std::string_view json, google::protobuf::Message& message);
/// The text with every byte that is not UTF-8 replaced by U+FFFD, as Java does: protobuf would cut it off there.
std::string valid_utf8(std::string_view text);
/// The error for a znode whose content makes no sense.
Fail<Error> malformed(std::string_view path, std::string_view why);

}  // namespace meerkat::zk
