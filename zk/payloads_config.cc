// /config/…, /config/changes, log directory events, blocks of producer ids, members of old consumer groups
#include "zk/json.h"
#include "zk/paths.h"
#include "zk/payloads.h"
#include "zk/znodes.pb.h"

namespace meerkat::zk {

namespace {

constexpr int kConfigVersion = 1;
constexpr int kConfigChangeVersion = 2;
constexpr int kLogDirFailure = 1;

}  // namespace

std::string encode_config(const ConfigMap& config) {
  pb::Config m;
  m.set_version(kConfigVersion);
  for (const auto& [key, value] : config) (*m.mutable_config())[valid_utf8(key)] = valid_utf8(value);
  return to_json(m);
}

Result<ConfigMap> decode_config(std::string_view path, std::string_view json) {
  pb::Config m;
  if (Status read = from_json(path, json, m); !read) return read.failure();
  if (m.version() != kConfigVersion) return malformed(path, "version is not 1");
  return ConfigMap(m.config().begin(), m.config().end());
}

std::string encode_config_change(std::string_view entity_path) {
  pb::ConfigChange m;
  m.set_version(kConfigChangeVersion);
  m.set_entity_path(std::string(entity_path));
  return to_json(m);
}

Result<std::string> decode_config_change(std::string_view path, std::string_view json) {
  pb::ConfigChange m;
  if (Status read = from_json(path, json, m); !read) return read.failure();
  if (m.version() == 1 && !m.entity_type().empty() && !m.entity_name().empty()) {
    return m.entity_type() + "/" + m.entity_name();
  }
  if (m.version() == kConfigChangeVersion && !m.entity_path().empty()) return m.entity_path();
  return malformed(path, "neither version 1 with entity_type and entity_name nor version 2 with entity_path");
}

std::string encode_log_dir_event(int32_t broker_id) {
  pb::LogDirEvent m;
  m.set_version(1);
  m.set_broker(broker_id);
  m.set_event(kLogDirFailure);
  return to_json(m);
}

Result<int32_t> decode_log_dir_event(std::string_view path, std::string_view json) {
  pb::LogDirEvent m;
  if (Status read = from_json(path, json, m); !read) return read.failure();
  if (!m.has_broker()) return malformed(path, "no broker");
  return m.broker();
}

std::string encode(const ProducerIdBlock& block) {
  pb::ProducerIdBlock m;
  m.set_version(1);
  m.set_broker(block.broker_id);
  m.set_block_start(block.first);
  m.set_block_end(block.last);
  return to_json(m);
}

Result<ProducerIdBlock> decode_producer_id_block(std::string_view json) {
  pb::ProducerIdBlock m;
  if (Status read = from_json(paths::kProducerIdBlock, json, m); !read) return read.failure();
  if (!m.has_block_start() || !m.has_block_end() || m.block_start() < 0 || m.block_end() < m.block_start()) {
    return malformed(paths::kProducerIdBlock, "block_start and block_end are no range");
  }
  return ProducerIdBlock{m.broker(), m.block_start(), m.block_end()};
}

std::string encode(const ConsumerRegistration& consumer) {
  pb::Consumer m;
  m.set_version(1);
  for (const auto& [topic, streams] : consumer.subscription) (*m.mutable_subscription())[valid_utf8(topic)] = streams;
  m.set_pattern(consumer.pattern);
  m.set_timestamp(consumer.timestamp_ms);
  return to_json(m);
}

Result<ConsumerRegistration> decode_consumer(std::string_view path, std::string_view json) {
  pb::Consumer m;
  if (Status read = from_json(path, json, m); !read) return read.failure();
  return ConsumerRegistration{
      {m.subscription().begin(), m.subscription().end()}, m.pattern().empty() ? "static" : m.pattern(), m.timestamp()};
}

}  // namespace meerkat::zk
