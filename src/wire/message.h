// What a message's header needs to declare it. A message is a plain struct:
//
//   struct HeartbeatRequest {
//     static constexpr int16_t kKey = 12;
//     static constexpr Versions kVersions = between(0, 4);
//     static constexpr int16_t kFlexible = 4;  // first version with compact encodings and tagged fields (KIP-482)
//     std::string group_id;                    // the member initialiser is the protocol's default
//     std::optional<std::string> group_instance_id;
//     static void fields(auto& m, auto& io) {
//       io("GroupId", m.group_id);
//       io("GroupInstanceId", m.group_instance_id, since(3));  // optional: may be null
//     }
//   };
//
// fields() is all there is to know about the encoding; writer, reader, JSON and schema dump visit it (codec.h,
// schema.h). It lists the fields in the order of the wire, tagged ones with io.tag(number, …). The names are the
// protocol's own. Types: bool, intN_t, uint16_t, double, ErrorCode (an int16), std::string, Bytes, Uuid, RecordsField,
// structs, vectors of these, and std::optional of what can be null. Custom defaults stand at the member only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/uuid.h"
#include "wire/error.h"
#include "wire/field.h"
#include "wire/records_field.h"
