// What consumers of a group tell each other through the coordinator, as protocol metadata and assignment of the
// group type "consumer". An int16 version stands in front; a newer version is read as the newest one known.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 owned partitions (KIP-429), v2 generation (KIP-792), v3 rack (KIP-881).
struct ConsumerProtocolSubscription {
  static constexpr Versions kVersions = between(0, 3);
  static constexpr int16_t kFlexible = kNeverFlexible;

  struct TopicPartition {
    std::string topic;
    std::vector<int32_t> partitions;

    static void fields(auto& m, auto& io) {
      io("Topic", m.topic);
      io("Partitions", m.partitions);
    }
  };

  std::vector<std::string> topics;
  std::optional<Bytes> user_data;
  std::vector<TopicPartition> owned_partitions;
  int32_t generation_id = -1;
  std::optional<std::string> rack_id;

  static void fields(auto& m, auto& io) {
    io("Topics", m.topics);
    io("UserData", m.user_data);
    io("OwnedPartitions", m.owned_partitions, since(1), ignorable);
    io("GenerationId", m.generation_id, since(2), ignorable);
    io("RackId", m.rack_id, since(3), ignorable);
  }
};

/// The versions after 0 only keep step with the subscription.
struct ConsumerProtocolAssignment {
  static constexpr Versions kVersions = between(0, 3);
  static constexpr int16_t kFlexible = kNeverFlexible;

  struct TopicPartition {
    std::string topic;
    std::vector<int32_t> partitions;

    static void fields(auto& m, auto& io) {
      io("Topic", m.topic);
      io("Partitions", m.partitions);
    }
  };

  std::vector<TopicPartition> assigned_partitions;
  std::optional<Bytes> user_data;

  static void fields(auto& m, auto& io) {
    io("AssignedPartitions", m.assigned_partitions);
    io("UserData", m.user_data);
  }
};

}  // namespace meerkat::wire
