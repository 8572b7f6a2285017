// SCRAM credentials (RFC 5802) as /config/users keeps them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace meerkat::api {

/// Numbers of KIP-554.
enum class ScramMechanism : int8_t { unknown = 0, sha_256 = 1, sha_512 = 2 };

/// `unknown` for every other number.
ScramMechanism scram_mechanism(int8_t number);
/// "SCRAM-SHA-256", the key in /config/users; empty for `unknown`.
std::string_view scram_name(ScramMechanism mechanism);

inline constexpr int32_t kMinScramIterations = 4096, kMaxScramIterations = 16384;

/// "salt=…,stored_key=…,server_key=…,iterations=N" from the password after its iterations; not of `unknown`.
std::string scram_credential(ScramMechanism mechanism, ByteView salt, ByteView salted_password, int32_t iterations);
/// The iterations of such a text; 0 if it is none.
int32_t scram_iterations(std::string_view credential);

}  // namespace meerkat::api
