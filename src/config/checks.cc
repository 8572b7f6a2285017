#include "config/checks.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "config/text.h"

namespace meerkat::config {
namespace {

// In order; the last of a release is what its plain name stands for.
constexpr std::array<std::string_view, 55> kVersions = {
    "0.8.0",      "0.8.1",      "0.8.2",      "0.9.0",      "0.10.0-IV0", "0.10.0-IV1", "0.10.1-IV0", "0.10.1-IV1",
    "0.10.1-IV2", "0.10.2-IV0", "0.11.0-IV0", "0.11.0-IV1", "0.11.0-IV2", "1.0-IV0",    "1.1-IV0",    "2.0-IV0",
    "2.0-IV1",    "2.1-IV0",    "2.1-IV1",    "2.1-IV2",    "2.2-IV0",    "2.2-IV1",    "2.3-IV0",    "2.3-IV1",
    "2.4-IV0",    "2.4-IV1",    "2.5-IV0",    "2.6-IV0",    "2.7-IV0",    "2.7-IV1",    "2.7-IV2",    "2.8-IV0",
    "2.8-IV1",    "3.0-IV0",    "3.0-IV1",    "3.1-IV0",    "3.2-IV0",    "3.3-IV0",    "3.3-IV1",    "3.3-IV2",
    "3.3-IV3",    "3.4-IV0",    "3.5-IV0",    "3.5-IV1",    "3.5-IV2",    "3.6-IV0",    "3.6-IV1",    "3.6-IV2",
    "3.7-IV0",    "3.7-IV1",    "3.7-IV2",    "3.7-IV3",    "3.7-IV4",    "3.8-IV0",    "3.9-IV0",
};

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

Status check_gzip_level(std::string_view value) {
  if (value == "-1" || (value.size() == 1 && value[0] >= '1' && value[0] <= '9')) return {};
  return fail("Value must be between 1 and 9 or equal to -1");
}

std::string full_version(std::string_view value) {
  // A release has two parts, before 1.0 three; what follows (a bug fix number) does not matter.
  int parts = value.starts_with("0.") ? 3 : 2;
  size_t end = 0;
  for (int i = 0; i < parts && end != std::string_view::npos; ++i) end = value.find('.', i == 0 ? 0 : end + 1);
  std::string_view key = value.substr(0, end);
  std::string found;
  for (auto v : kVersions) {
    if (v == key || v.substr(0, v.find('-')) == key) found = v;
  }
  return found;
}

Status check_version(std::string_view value) {
  if (!full_version(value).empty()) return {};
  return fail("Version " + std::string(value) + " is not a version known here: 0.8.0 to 3.9-IV0");
}

Status check_throttled_replicas(std::string_view value) {
  std::vector<std::string> elements = split_list(value);
  if (elements.size() == 1 && elements[0] == "*") return {};
  for (const auto& e : elements) {
    if (e.empty()) continue;
    size_t colon = e.find(':');
    if (colon == std::string::npos || !all_digits(std::string_view(e).substr(0, colon)) ||
        !all_digits(std::string_view(e).substr(colon + 1))) {
      return fail("Value must be * or a list of replicas as [partitionId]:[brokerId],[partitionId]:[brokerId],...");
    }
  }
  return {};
}

}  // namespace meerkat::config
