// Error codes of the protocol, and results that fail with one.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/error_table.h"

namespace meerkat::wire {

/// An error code as it travels in messages. Values that no row of the table names can come from a newer peer.
enum class ErrorCode : int16_t {
#define X(name, code, retriable, message) name = code,
  MEERKAT_ERROR_CODES(X)
#undef X
};

/// Kafka's name of the code, such as "NOT_LEADER_OR_FOLLOWER"; "UNKNOWN_SERVER_ERROR" for a code that we do not know.
std::string_view name(ErrorCode code);
/// The sentence that goes into an error message field when there is nothing more precise to say; empty for `none`.
std::string_view default_message(ErrorCode code);
/// Whether a client may try the same request again.
bool retriable(ErrorCode code);
std::ostream& operator<<(std::ostream& out, ErrorCode code);

/// Why an operation failed, in the terms of the protocol. An empty message stands for the code's default message.
struct Failure {
  ErrorCode code = ErrorCode::unknown_server_error;
  std::string message;
};

/// A value, or the error code to answer with.
template <class T>
using Outcome = Result<T, Failure>;

/// Shorthand: `return refuse(ErrorCode::invalid_topic_exception, "…")`. Without a message the default one is taken.
inline Fail<Failure> refuse(ErrorCode code, std::string message = {}) {
  if (message.empty()) message = default_message(code);
  return Fail<Failure>(Failure{code, std::move(message)});
}

}  // namespace meerkat::wire
