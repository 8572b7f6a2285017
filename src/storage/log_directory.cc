#include "storage/log_directory.h"

#include <algorithm>
#include <string_view>

#include "storage/text_checkpoint.h"

namespace meerkat::storage {
namespace {

constexpr size_t kLongestName = 255;
constexpr size_t kLongestTopic = 249;
constexpr std::string_view kMark = "/.kafka_cleanshutdown";

bool legal_topic(std::string_view topic) {
  if (topic.empty() || topic.size() > kLongestTopic || topic == "." || topic == "..") return false;
  return std::all_of(topic.begin(), topic.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

}  // namespace

std::optional<PartitionDir> parse_partition_dir(const std::string& name) {
  if (name.starts_with("__cluster_metadata") || name == "remote-log-index-cache" || name == "lost+found") {
    return PartitionDir{DirKind::ignored, {}};
  }
  std::string_view rest = name;
  DirKind kind = DirKind::log;
  for (auto& [suffix, meaning] :
       {std::pair{"-delete", DirKind::deleted}, {"-future", DirKind::future}, {"-stray", DirKind::stray}}) {
    if (!rest.ends_with(suffix)) continue;
    kind = meaning;
    auto dot = rest.rfind('.');
    if (dot == std::string_view::npos) return std::nullopt;
    rest = rest.substr(0, dot);
  }
  auto dash = rest.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  auto number = rest.substr(dash + 1);
  bool digits =
      !number.empty() && std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
  // The name of a deleted one may be cut.
  auto partition = digits ? parse_number(std::string(number)) : Result<int64_t>(int64_t{0});
  if ((!digits && kind != DirKind::deleted) || !partition || *partition > INT32_MAX) return std::nullopt;
  if (!legal_topic(rest.substr(0, dash))) return std::nullopt;
  return PartitionDir{kind, {std::string(rest.substr(0, dash)), static_cast<int32_t>(*partition)}};
}

std::string marked_dir_name(const TopicPartition& tp, const Uuid& id, const char* suffix) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string tail = ".";
  for (uint8_t byte : id.bytes) {
    tail += kHex[byte >> 4];
    tail += kHex[byte & 15];
  }
  tail += suffix;
  auto partition = "-" + std::to_string(tp.partition);
  return tp.topic.substr(0, kLongestName - tail.size() - partition.size()) + partition + tail;
}

Result<bool> take_clean_mark(FileSystem& fs, const std::string& log_dir) {
  auto path = log_dir + std::string(kMark);
  if (!fs.exists(path)) return false;
  if (auto done = fs.remove(path); !done) return done.failure();
  if (auto done = fs.sync_directory(log_dir); !done) return done.failure();
  return true;
}

Status leave_clean_mark(FileSystem& fs, const std::string& log_dir) {
  return write_atomically(fs, log_dir + std::string(kMark), as_bytes(R"({"version":0,"brokerEpoch":-1})"));
}

}  // namespace meerkat::storage
