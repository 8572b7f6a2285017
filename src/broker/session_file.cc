#include "broker/session_file.h"

#include <glog/logging.h>

#include <filesystem>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace meerkat::broker {
namespace {

// Lines: the version of this format, zookeeper.connect, the session's id and its password, both in hexadecimal.
constexpr char kVersion[] = "0";

std::string encode(const std::string& connect, const zk::SessionId& session) {
  const std::string password(session.password.begin(), session.password.end());
  return absl::StrCat(kVersion, "\n", connect, "\n", absl::Hex(static_cast<uint64_t>(session.id)), "\n",
                      absl::BytesToHexString(password), "\n");
}

std::optional<zk::SessionId> decode(const std::string& connect, const std::string& text) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  zk::SessionId session;
  if (lines.size() < 4 || lines[0] != kVersion || lines[1] != connect) return std::nullopt;
  if (uint64_t id = 0; absl::SimpleHexAtoi(lines[2], &id)) session.id = static_cast<int64_t>(id);
  const bool is_hex = lines[3].find_first_not_of("0123456789abcdef") == std::string::npos;
  if (session.id == 0 || !is_hex || lines[3].size() != 2 * session.password.size()) return std::nullopt;
  const std::string password = absl::HexStringToBytes(lines[3]);
  std::copy(password.begin(), password.end(), session.password.begin());
  return session;
}

}  // namespace

std::optional<zk::SessionId> SessionFile::read(const std::string& connect) const {
  for (const std::string& dir : dirs_) {
    const auto content = read_file(files_, dir + "/" + kName);
    if (!content) continue;
    if (auto session = decode(connect, std::string(content->begin(), content->end()))) return session;
  }
  return std::nullopt;
}

void SessionFile::write(const std::string& connect, const zk::SessionId& session) {
  const std::string text = encode(connect, session);
  for (const std::string& dir : dirs_) {
    const std::string path = dir + "/" + kName;
    auto written = write_atomically(files_, path, ByteView(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
    if (!written) {
      LOG(WARNING) << "Cannot note the ZooKeeper session in " << path << ": " << written.error().message;
      continue;
    }
    // Whoever has the password can end the session.
    std::error_code ignored;
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
                                 ignored);
  }
}

void SessionFile::remove() {
  for (const std::string& dir : dirs_) {
    const std::string path = dir + "/" + kName;
    if (files_.exists(path)) (void)files_.remove(path);
  }
}

}  // namespace meerkat::broker
