#include "storage/meta_properties.h"

#include <ctime>

#include "storage/text_checkpoint.h"

namespace meerkat::storage {
namespace {

std::string path_in(const std::string& log_dir) { return log_dir + "/meta.properties"; }

std::string trimmed(std::string_view s) {
  auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!s.empty() && blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && blank(s.back())) s.remove_suffix(1);
  return std::string(s);
}

}  // namespace

Result<std::optional<MetaProperties>> read_meta_properties(FileSystem& fs, const std::string& log_dir) {
  auto path = path_in(log_dir);
  if (!fs.exists(path)) return std::optional<MetaProperties>();
  auto content = read_file(fs, path);
  if (!content) return content.failure();
  MetaProperties meta;
  std::optional<int64_t> version;
  auto rest = as_text(*content);
  while (!rest.empty()) {
    auto end = rest.find('\n');
    auto line = trimmed(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.empty() || line[0] == '#' || line[0] == '!') continue;
    auto sign = line.find_first_of("=:");
    auto key = trimmed(line.substr(0, sign));
    auto value = sign == std::string::npos ? "" : trimmed(line.substr(sign + 1));
    if (key == "version" || key == "broker.id") {
      auto number = parse_number(value);
      if (!number) return fail(path + ": " + key + ": " + number.error().message);
      if (key == "version") {
        version = *number;
      } else {
        meta.broker_id = static_cast<int32_t>(*number);
      }
    }
    if (key == "cluster.id") meta.cluster_id = value;
    if (key == "directory.id") meta.directory_id = value;
  }
  if (version != 0) {
    return fail(path + (version ? " has version " + std::to_string(*version) : " has no version") +
                "; a broker coordinated by ZooKeeper reads version 0 only");
  }
  return std::optional<MetaProperties>(meta);
}

Status write_meta_properties(FileSystem& fs, Clock& clock, const std::string& log_dir, const MetaProperties& meta) {
  std::time_t now = clock.wall_ms() / 1000;
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char date[64];
  std::strftime(date, sizeof date, "#%a %b %d %H:%M:%S UTC %Y\n", &parts);
  std::string text = std::string("#\n") + date;
  if (meta.broker_id >= 0) text += "broker.id=" + std::to_string(meta.broker_id) + "\n";
  if (!meta.directory_id.empty()) text += "directory.id=" + meta.directory_id + "\n";
  text += "version=0\n";
  if (!meta.cluster_id.empty()) text += "cluster.id=" + meta.cluster_id + "\n";
  return write_atomically(fs, path_in(log_dir), as_bytes(text));
}

}  // namespace meerkat::storage
