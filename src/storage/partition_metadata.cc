#include "storage/partition_metadata.h"

#include <glog/logging.h>

#include <cerrno>

namespace meerkat::storage {
namespace {

std::string path_in(const std::string& dir) { return dir + "/partition.metadata"; }

}  // namespace

std::optional<Uuid> read_partition_metadata(FileSystem& fs, const std::string& dir) {
  auto path = path_in(dir);
  auto content = read_file(fs, path);
  if (!content) {
    if (content.error().code == ENOENT) return std::nullopt;
    LOG(WARNING) << content.error().message << "; the topic id counts as unknown";
    return std::nullopt;
  }
  auto text = as_text(*content);
  constexpr std::string_view kHead = "version: 0\ntopic_id: ";
  while (text.ends_with('\n')) text.remove_suffix(1);
  auto id = text.starts_with(kHead) ? Uuid::parse(text.substr(kHead.size())) : std::nullopt;
  if (!id) LOG(WARNING) << path << " cannot be used, the topic id counts as unknown";
  return id;
}

Status write_partition_metadata(FileSystem& fs, const std::string& dir, const Uuid& topic_id) {
  auto path = path_in(dir), temporary = path + ".tmp";
  auto content = "version: 0\ntopic_id: " + topic_id.to_string();
  {
    auto file = fs.open(temporary, OpenMode::create);
    if (!file) return file.failure();
    if (auto done = (*file)->pwrite(as_bytes(content), 0); !done) return done;
  }
  return fs.rename(temporary, path);
}

}  // namespace meerkat::storage
