#include "storage/text_checkpoint.h"

#include <charconv>
#include <string_view>

namespace meerkat::storage {
namespace {

std::string_view next_line(std::string_view& rest) {
  auto end = rest.find('\n');
  auto line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> fields;
  while (!line.empty()) {
    auto end = line.find_first_of(" \t");
    if (end != 0) fields.emplace_back(line.substr(0, end));
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  }
  return fields;
}

}  // namespace

Result<int64_t> parse_number(const std::string& text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return fail("'" + text + "' is not a number");
  return value;
}

Result<std::vector<std::vector<std::string>>> parse_checkpoint(ByteView content, size_t fields) {
  auto rest = as_text(content);
  auto version = parse_number(std::string(next_line(rest)));
  if (!version) return fail("the version line is unreadable: " + version.error().message);
  if (*version != 0) return fail("version " + std::to_string(*version) + " is not known, only 0 is");
  auto count = parse_number(std::string(next_line(rest)));
  if (!count) return fail("the line with the number of entries is unreadable: " + count.error().message);
  std::vector<std::vector<std::string>> lines;
  while (!rest.empty()) {
    auto line = next_line(rest);
    if (line.empty() && rest.empty()) break;
    lines.push_back(split(line));
    if (lines.back().size() != fields) {
      return fail("entry " + std::to_string(lines.size()) + " is malformed: '" + std::string(line) + "'");
    }
  }
  if (static_cast<int64_t>(lines.size()) != *count) {
    return fail("there are " + std::to_string(lines.size()) + " entries, not the announced " + std::to_string(*count));
  }
  return lines;
}

std::string print_checkpoint(const std::vector<std::string>& lines) {
  std::string text = "0\n" + std::to_string(lines.size()) + "\n";
  for (auto& line : lines) text += line + "\n";
  return text;
}

}  // namespace meerkat::storage
