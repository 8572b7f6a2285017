// A value, or the error that stood in its way. No exceptions cross a function's border in this code.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace meerkat {

/// The plain error: a sentence that names the cause and, where there is one, the cure. `code` is an errno or 0.
struct Error {
  std::string message;
  int code = 0;
};

/// Wraps an error on its way into a Result of any value type: `return Fail(Error{"…"})`.
template <class E>
struct Fail {
  E error;
  explicit Fail(E e) : error(std::move(e)) {}
};

/// Shorthand for the plain error.
inline Fail<Error> fail(std::string message, int code = 0) { return Fail<Error>(Error{std::move(message), code}); }

/// A value of type T or an error of type E. Reading the one that is not there is a programming error (asserted).
template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Fail<E> failed) : state_(std::in_place_index<1>, std::move(failed.error)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const E& error() const& {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }
  E&& error() && {
    assert(!ok());
    return std::move(*std::get_if<1>(&state_));
  }
  /// The error, ready to be returned from a function with another value type.
  Fail<E> failure() const { return Fail<E>(error()); }

 private:
  std::variant<T, E> state_;
};

/// Success without a value, or an error.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  Result(Fail<E> failed) : error_(std::move(failed.error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const E& error() const {
    assert(!ok());
    return *error_;
  }
  Fail<E> failure() const { return Fail<E>(*error_); }

 private:
  std::optional<E> error_;
};

using Status = Result<void, Error>;

}  // namespace meerkat
