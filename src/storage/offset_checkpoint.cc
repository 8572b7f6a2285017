#include "storage/offset_checkpoint.h"

#include <glog/logging.h>

#include "storage/text_checkpoint.h"

namespace meerkat::storage {
namespace {

Result<PartitionOffsets> parse(ByteView content) {
  auto lines = parse_checkpoint(content, 3);
  if (!lines) return lines.failure();
  PartitionOffsets offsets;
  for (auto& line : *lines) {
    auto partition = parse_number(line[1]), offset = parse_number(line[2]);
    if (!partition) return partition.failure();
    if (!offset) return offset.failure();
    offsets[{line[0], static_cast<int32_t>(*partition)}] = *offset;
  }
  return offsets;
}

}  // namespace

PartitionOffsets read_offset_checkpoint(FileSystem& fs, const std::string& path) {
  if (!fs.exists(path)) return {};
  auto content = read_file(fs, path);
  if (!content) {
    LOG(WARNING) << content.error().message << "; going on as if it were empty";
    return {};
  }
  auto offsets = parse(*content);
  if (!offsets) {
    LOG(WARNING) << path << " cannot be used: " << offsets.error().message
                 << "; going on as if it were empty, it will be written anew";
    return {};
  }
  return std::move(offsets).value();
}

Status write_offset_checkpoint(FileSystem& fs, const std::string& path, const PartitionOffsets& offsets) {
  std::vector<std::string> lines;
  lines.reserve(offsets.size());
  for (auto& [tp, offset] : offsets) {
    lines.push_back(tp.topic + " " + std::to_string(tp.partition) + " " + std::to_string(offset));
  }
  return write_atomically(fs, path, as_bytes(print_checkpoint(lines)));
}

}  // namespace meerkat::storage
