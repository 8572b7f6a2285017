#include "broker/zookeeper_offsets.h"

#include <charconv>

#include "zk/paths.h"
#include "zk/tree.h"

namespace meerkat::broker {

namespace {

Fail<wire::Failure> failed(const zk::ZkError& error) {
  return wire::refuse(wire::ErrorCode::unknown_server_error, error.message);
}

}  // namespace

wire::Outcome<void> ZooKeeperOffsets::store(const std::string& group, const TopicPartition& partition, int64_t offset) {
  const std::string path = zk::paths::consumer_offset(group, partition.topic, partition.partition);
  const std::string data = std::to_string(offset);
  auto set = session_.run(zk::SetData{path, data});
  if (set.ok()) return {};
  if (set.code != zk::Code::no_node) return failed(set.error());
  auto created = zk::create_with_parents(session_, path, data);
  if (created) return {};
  if (created.error().code != zk::Code::node_exists) return failed(created.error());
  // Another member of the group was first; the last one to write wins, as ever.
  set = session_.run(zk::SetData{path, data});
  if (!set.ok()) return failed(set.error());
  return {};
}

wire::Outcome<std::optional<int64_t>> ZooKeeperOffsets::load(const std::string& group,
                                                             const TopicPartition& partition) {
  auto node = zk::get_if_exists(session_, zk::paths::consumer_offset(group, partition.topic, partition.partition));
  if (!node) return failed(node.error());
  if (!*node || !(*node)->data) return std::optional<int64_t>();
  const std::string& text = *(*node)->data;
  int64_t offset = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), offset);
  if (error != std::errc() || end != text.data() + text.size()) {
    return wire::refuse(wire::ErrorCode::unknown_server_error, "the stored offset is no number: " + text);
  }
  return std::optional(offset);
}

}  // namespace meerkat::broker
