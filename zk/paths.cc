#include "zk/paths.h"

#include <charconv>

namespace meerkat::zk::paths {

namespace {

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string join(std::string_view parent, std::string_view child) {
  std::string path;
  path.reserve(parent.size() + 1 + child.size());
  path.append(parent).append("/").append(child);
  return path;
}

}  // namespace

std::string broker(int32_t broker_id) { return join(kBrokerIds, std::to_string(broker_id)); }
std::string topic(std::string_view topic) { return join(kTopics, topic); }
std::string partitions(std::string_view topic) { return join(paths::topic(topic), "partitions"); }
std::string partition(std::string_view topic, int32_t partition) {
  return join(partitions(topic), std::to_string(partition));
}
std::string partition_state(std::string_view topic, int32_t partition) {
  return join(paths::partition(topic, partition), "state");
}
std::string delete_topic(std::string_view topic) { return join(kDeleteTopics, topic); }
std::string config(std::string_view entity_path) { return join(kConfig, entity_path); }
std::string consumer_ids(std::string_view group) { return join(join(kConsumers, group), "ids"); }
std::string consumer_id(std::string_view group, std::string_view consumer) {
  return join(consumer_ids(group), consumer);
}
std::string consumer_owner(std::string_view group, std::string_view topic, int32_t partition) {
  return join(join(join(join(kConsumers, group), "owners"), topic), std::to_string(partition));
}
std::string consumer_offsets(std::string_view group) { return join(join(kConsumers, group), "offsets"); }
std::string consumer_offsets(std::string_view group, std::string_view topic) {
  return join(consumer_offsets(group), topic);
}
std::string consumer_offset(std::string_view group, std::string_view topic, int32_t partition) {
  return join(join(join(join(kConsumers, group), "offsets"), topic), std::to_string(partition));
}

std::string_view parent(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == std::string_view::npos || slash == 0 ? "/" : path.substr(0, slash);
}

std::string_view leaf(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::optional<int32_t> parse_id(std::string_view name) { return parse_number<int32_t>(name); }

std::optional<int64_t> parse_sequence(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  return parse_number<int64_t>(name.substr(prefix.size()));
}

}  // namespace meerkat::zk::paths
