// Consumers' positions of Kafka's first protocol: /consumers/G/offsets/T/P.
#pragma once

#include "api/services.h"
#include "zk/session.h"

namespace meerkat::broker {

class ZooKeeperOffsets : public api::ZooKeeperOffsets {
 public:
  explicit ZooKeeperOffsets(zk::Session& session) : session_(session) {}
  wire::Outcome<void> store(const std::string& group, const TopicPartition& partition, int64_t offset) override;
  wire::Outcome<std::optional<int64_t>> load(const std::string& group, const TopicPartition& partition) override;

 private:
  zk::Session& session_;
};

}  // namespace meerkat::broker
