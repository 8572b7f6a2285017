// Small operations on the text of values, shared with those who write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace meerkat::config {

/// Without white space and control characters at both ends, as Java trims.
std::string_view trim(std::string_view text);
/// ASCII only.
std::string lower_case(std::string_view text);
std::string upper_case(std::string_view text);
/// Elements between commas, trimmed; no elements for blank text. "a,,b" has an empty one, as in Java.
std::vector<std::string> split_list(std::string_view text);
std::string join_list(const std::vector<std::string>& elements);
/// As Java prints a double: "0.5", "1.0", "1.0E10".
std::string double_text(double value);

}  // namespace meerkat::config
