#include "test/fakes/corpus.h"

#include <zlib.h>

#include <cstdlib>

namespace meerkat::test {

std::string corpus_directory() {
  const char* given = std::getenv("ORACLE_CORPUS");
  return given != nullptr ? given : "../shared/oracle/corpus";
}

std::vector<nlohmann::json> corpus_lines(const std::string& name) {
  std::vector<nlohmann::json> lines;
  gzFile file = gzopen((corpus_directory() + "/" + name + ".jsonl.gz").c_str(), "rb");
  if (file == nullptr) return lines;
  std::string text;
  std::string chunk(1 << 20, '\0');
  for (int n; (n = gzread(file, chunk.data(), static_cast<unsigned>(chunk.size()))) > 0;)
    text.append(chunk, 0, static_cast<size_t>(n));
  gzclose(file);
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) lines.push_back(nlohmann::json::parse(std::string_view(text).substr(at, end - at)));
    at = end + 1;
  }
  return lines;
}

Bytes from_hex(std::string_view hex) {
  auto nibble = [](char c) { return static_cast<uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); };
  Bytes out;
  out.reserve(hex.size() / 2);
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<uint8_t>(nibble(hex[i]) << 4 | nibble(hex[i + 1])));
  return out;
}

std::string to_hex(ByteView bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace meerkat::test
