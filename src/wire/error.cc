#include "wire/error.h"

#include <array>
#include <cctype>

namespace meerkat::wire {
namespace {

struct Row {
  ErrorCode code;
  std::string_view lower_name;
  bool retriable;
  std::string_view message;
};

constexpr Row kRows[] = {
#define X(name, code, retriable, message) {ErrorCode::name, #name, retriable, message},
    MEERKAT_ERROR_CODES(X)
#undef X
};
constexpr size_t kCount = std::size(kRows);

/// The codes have no gaps: that of row i is i - 1.
constexpr bool dense() {
  for (size_t i = 0; i < kCount; ++i)
    if (static_cast<int>(kRows[i].code) != static_cast<int>(i) - 1) return false;
  return true;
}
static_assert(dense());

const Row& row(ErrorCode code) {
  int i = static_cast<int>(code) + 1;
  return i < 0 || i >= static_cast<int>(kCount) ? kRows[0] : kRows[i];
}

const std::array<std::string, kCount>& upper_names() {
  static const auto names = [] {
    std::array<std::string, kCount> all;
    for (size_t i = 0; i < kCount; ++i)
      for (char c : kRows[i].lower_name) all[i] += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return all;
  }();
  return names;
}

}  // namespace

std::string_view name(ErrorCode code) { return upper_names()[static_cast<size_t>(&row(code) - kRows)]; }
std::string_view default_message(ErrorCode code) { return row(code).message; }
bool retriable(ErrorCode code) { return row(code).retriable; }

std::ostream& operator<<(std::ostream& out, ErrorCode code) {
  return out << name(code) << '(' << static_cast<int>(code) << ')';
}

}  // namespace meerkat::wire
