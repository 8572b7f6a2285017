// What any broker writes to ZooKeeper about topics: creating them, adding partitions, marking them for deletion. The
// controller finds out by its watches. CreateTopics, auto-creation and the internal topics all come through here.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/uuid.h"
#include "cluster/placement.h"
#include "wire/error.h"

namespace meerkat::zk {
class Session;
}

namespace meerkat::cluster {

/// A topic to create. Partitions and replication factor of -1 mean the broker's defaults (KIP-464).
struct NewTopic {
  std::string name;
  int32_t partitions = -1;
  int32_t replication_factor = -1;
  Assignment manual_assignment;  // instead of the two numbers above
  std::vector<std::pair<std::string, std::optional<std::string>>> configs;
};

/// What was created, or would be (validate only).
struct CreatedTopic {
  std::string name;
  Uuid id;  // zero when only validated
  Assignment assignment;
  std::map<std::string, std::string> configs;  // the topic's own ones

  int32_t partitions() const { return static_cast<int32_t>(assignment.size()); }
  int32_t replication_factor() const {
    return assignment.empty() ? 0 : static_cast<int32_t>(assignment.begin()->second.size());
  }
};

/// Partitions to add to a topic; `count` is the total after. `added_replicas`: one list for each added partition, or
/// nothing to have them placed.
struct NewPartitions {
  std::string topic;
  int32_t count = 0;
  std::optional<std::vector<std::vector<int32_t>>> added_replicas;
};

/// The rules of a topic's name; INVALID_TOPIC_EXCEPTION with Kafka's reason.
wire::Outcome<void> check_topic_name(std::string_view name);

/// Whether two names would have the same metric name ('.' and '_' are one there).
bool topic_names_collide(std::string_view a, std::string_view b);

/// Creates and changes topics in ZooKeeper. Blocking: call it from a pool thread, not from a loop. Thread-safe.
class TopicAdmin {
 public:
  /// What it needs to know of the broker's configuration.
  struct Settings {
    int32_t default_partitions = 1;          // num.partitions
    int32_t default_replication_factor = 1;  // default.replication.factor
  };

  /// `session` outlives this.
  TopicAdmin(zk::Session& session, Settings settings, Draw draw = random_draw());

  /// Creates a topic over `alive` brokers: /config/topics/T, then /brokers/topics/T. With `validate_only` nothing is
  /// written. The topic exists when this returns; its leaders follow when the controller has seen it.
  wire::Outcome<CreatedTopic> create_topic(const NewTopic& topic, std::span<const BrokerRack> alive,
                                           bool validate_only = false);

  /// Adds partitions: rewrites /brokers/topics/T. Returns the added ones.
  wire::Outcome<Assignment> create_partitions(const NewPartitions& wanted, std::span<const BrokerRack> alive,
                                              bool validate_only = false);

  /// Marks a topic for deletion (/admin/delete_topics/T). The controller deletes it when all its replicas are alive.
  /// UNKNOWN_TOPIC_OR_PARTITION when there is no such topic; a topic that is marked already is a success.
  wire::Outcome<void> delete_topic(const std::string& name);

 private:
  wire::Outcome<void> check_new(const NewTopic& topic, bool name_ok);
  wire::Outcome<Uuid> write_new(const CreatedTopic& topic);

  zk::Session& session_;
  Settings settings_;
  Draw draw_;
};

}  // namespace meerkat::cluster
