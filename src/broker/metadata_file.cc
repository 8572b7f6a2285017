#include "broker/metadata_file.h"

#include <glog/logging.h>

#include "base/crc32c.h"
#include "wire/codec.h"
#include "wire/messages/06_update_metadata.h"

namespace meerkat::broker {
namespace {

using wire::UpdateMetadataRequest;

constexpr size_t kCrcSize = sizeof(uint32_t);

UpdateMetadataRequest topics_of(const cluster::MetadataImage& image) {
  UpdateMetadataRequest out;
  image.for_each_topic([&](const cluster::TopicInfo& topic) {
    auto& to = out.topic_states.emplace_back();
    to.topic_name = topic.name;
    to.topic_id = topic.id;
    for (const auto& partition : topic.partitions) {
      auto& state = to.partition_states.emplace_back();
      state.partition_index = partition->index;
      state.controller_epoch = partition->controller_epoch;
      state.leader = partition->leader;
      state.leader_epoch = partition->leader_epoch;
      state.zk_version = partition->zk_version;
      state.isr = partition->isr;
      state.replicas = partition->replicas;
    }
  });
  return out;
}

Result<UpdateMetadataRequest> decode(ByteView content) {
  if (content.size() < kCrcSize) return fail("it is cut off");
  const ByteView body = content.subspan(kCrcSize);
  if (load_be<uint32_t>(content.data()) != crc32c(body)) return fail("its checksum is wrong");
  return wire::decode_versioned<UpdateMetadataRequest>(body);
}

}  // namespace

std::shared_ptr<const cluster::MetadataImage> MetadataFile::read() const {
  for (const std::string& dir : dirs_) {
    const std::string path = dir + "/" + kName;
    if (!files_.exists(path)) continue;
    auto content = read_file(files_, path);
    auto topics = content ? decode(*content) : Result<UpdateMetadataRequest>(content.failure());
    if (topics) return cluster::MetadataImage().apply(*topics);
    LOG(WARNING) << "Leaving " << path << " alone: " << topics.error().message;
  }
  return nullptr;
}

void MetadataFile::write(const cluster::MetadataImage& image) {
  if (image.topic_count() == 0) return;
  Bytes content = wire::encode_versioned(topics_of(image), UpdateMetadataRequest::kVersions.last);
  uint8_t crc[kCrcSize];
  store_be(crc, crc32c(content));
  content.insert(content.begin(), crc, crc + kCrcSize);
  for (const std::string& dir : dirs_) {
    const std::string path = dir + "/" + kName;
    const auto written = write_atomically(files_, path, content);
    if (written) return;
    LOG(WARNING) << "Cannot note the cluster's metadata in " << path << ": " << written.error().message;
  }
}

}  // namespace meerkat::broker
