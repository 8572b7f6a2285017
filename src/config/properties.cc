#include "config/properties.h"

#include <cstdint>
#include <optional>
#include <vector>

#include "base/file.h"

namespace meerkat::config {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f'; }

// Natural lines joined where they end in an odd number of backslashes; blank lines and comments left out.
std::vector<std::string> logical_lines(std::string_view text) {
  std::vector<std::string> out;
  std::string line;
  bool continued = false;
  size_t at = 0;
  while (at < text.size()) {
    size_t end = text.find_first_of("\r\n", at);
    std::string_view natural = text.substr(at, end == std::string_view::npos ? end : end - at);
    if (end == std::string_view::npos) {
      at = text.size();
    } else {
      at = end + (text.substr(end, 2) == "\r\n" ? 2 : 1);
    }
    while (!natural.empty() && is_blank(natural.front())) natural.remove_prefix(1);
    if (!continued && (natural.empty() || natural.front() == '#' || natural.front() == '!')) continue;
    size_t slashes = 0;
    while (slashes < natural.size() && natural[natural.size() - 1 - slashes] == '\\') ++slashes;
    continued = slashes % 2 == 1;
    if (continued) natural.remove_suffix(1);
    line += natural;
    if (!continued) out.push_back(std::move(line)), line.clear();
  }
  if (continued) out.push_back(std::move(line));
  return out;
}

void append_utf8(std::string* out, uint32_t c) {
  if (c < 0x80) {
    *out += static_cast<char>(c);
  } else if (c < 0x800) {
    *out += static_cast<char>(0xc0 | (c >> 6));
    *out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    *out += static_cast<char>(0xe0 | (c >> 12));
    *out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    *out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    *out += static_cast<char>(0xf0 | (c >> 18));
    *out += static_cast<char>(0x80 | ((c >> 12) & 0x3f));
    *out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    *out += static_cast<char>(0x80 | (c & 0x3f));
  }
}

// The four hex digits of a \uXXXX at the beginning of `text`.
std::optional<uint32_t> hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  uint32_t value = 0;
  for (char c : text.substr(0, 4)) {
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<uint32_t>(digit);
  }
  return value;
}

Result<std::string> unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    char c = text[++i];
    switch (c) {
      case 't':
        out += '\t';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 'f':
        out += '\f';
        break;
      case 'u': {
        auto unit = hex4(text.substr(i + 1));
        if (!unit) return fail("malformed \\u escape in \"" + std::string(text) + "\": expected four hex digits");
        i += 4;
        uint32_t point = *unit;
        // A pair of surrogates is one character.
        if (point >= 0xd800 && point < 0xdc00 && text.substr(i + 1, 2) == "\\u") {
          auto low = hex4(text.substr(i + 3));
          if (low && *low >= 0xdc00 && *low < 0xe000) {
            point = 0x10000 + ((point - 0xd800) << 10) + (*low - 0xdc00);
            i += 6;
          }
        }
        append_utf8(&out, point);
        break;
      }
      default:
        out += c;
    }
  }
  return out;
}

// Where the key of a logical line ends: the first separator without a backslash in front.
size_t key_end(std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '=' || line[i] == ':' || is_blank(line[i])) {
      return i;
    }
  }
  return line.size();
}

std::string escape(std::string_view text, bool key) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    switch (c) {
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\f':
        out += "\\f";
        break;
      case ' ':
        out += key || i == 0 ? "\\ " : " ";
        break;
      case '\\':
      case '=':
      case ':':
      case '#':
      case '!':
        if (key || c == '\\') out += '\\';
        out += c;
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace

Result<Entries> parse_properties(std::string_view text) {
  Entries out;
  for (const auto& line : logical_lines(text)) {
    std::string_view rest = line;
    size_t end = key_end(rest);
    auto key = unescape(rest.substr(0, end));
    if (!key) return key.failure();
    rest.remove_prefix(end);
    while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
    if (!rest.empty() && (rest.front() == '=' || rest.front() == ':')) rest.remove_prefix(1);
    while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
    auto value = unescape(rest);
    if (!value) return value.failure();
    out[std::move(*key)] = std::move(*value);
  }
  return out;
}

Result<Entries> read_properties(const std::string& path) {
  auto content = read_file(FileSystem::system(), path);
  if (!content) return fail("cannot read properties file " + path + ": " + content.error().message);
  auto entries = parse_properties(as_text(*content));
  if (!entries) return fail("properties file " + path + ": " + entries.error().message);
  return entries;
}

std::string print_properties(const Entries& entries, std::string_view comment) {
  std::string out;
  while (!comment.empty()) {
    size_t end = comment.find('\n');
    out += "# " + std::string(comment.substr(0, end)) + "\n";
    comment = end == std::string_view::npos ? std::string_view() : comment.substr(end + 1);
  }
  for (const auto& [key, value] : entries) out += escape(key, true) + "=" + escape(value, false) + "\n";
  return out;
}

}  // namespace meerkat::config
