#include "cluster/topic_admin.h"

#include <glog/logging.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/topic_configs.h"
#include "zk/paths.h"
#include "zk/payloads.h"
#include "zk/session.h"

namespace meerkat::cluster {
namespace {

using wire::ErrorCode;

constexpr size_t kMaxNameLength = 249;

bool allowed_in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

std::vector<BrokerRack> by_id(std::span<const BrokerRack> brokers) {
  std::vector<BrokerRack> out(brokers.begin(), brokers.end());
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return out;
}

Fail<wire::Failure> zk_failure(const zk::Response& response) {
  LOG(ERROR) << "ZooKeeper: " << response.error().message;
  // Whoever was controller in that session is so no more; clients look for the next one and ask again.
  if (response.code == zk::Code::session_expired) return wire::refuse(ErrorCode::not_controller);
  if (response.code == zk::Code::operation_timeout) return wire::refuse(ErrorCode::request_timed_out);
  return wire::refuse(ErrorCode::unknown_server_error, response.error().message);
}

wire::Outcome<std::map<std::string, std::string>> check_configs(const NewTopic& topic) {
  config::Entries entries;
  std::vector<std::string> without_value;
  for (const auto& [name, value] : topic.configs) {
    if (value) {
      entries[name] = *value;
    } else {
      without_value.push_back(name);
    }
  }
  if (!without_value.empty()) {
    return wire::refuse(
        ErrorCode::invalid_config,
        absl::StrCat("A new topic cannot have null values in its configs: ", absl::StrJoin(without_value, ","), "."));
  }
  return std::map<std::string, std::string>(entries.begin(), entries.end());
}

wire::Outcome<Assignment> place(const NewTopic& topic, const TopicAdmin::Settings& settings,
                                std::span<const BrokerRack> alive, const Draw& draw) {
  if (!topic.manual_assignment.empty()) {
    if (topic.partitions != -1 || topic.replication_factor != -1) {
      return wire::refuse(ErrorCode::invalid_request,
                          "Give either replica assignments or the numbers of partitions and replicas, not both.");
    }
    return topic.manual_assignment;
  }
  return assign_replicas(
      by_id(alive), topic.partitions == -1 ? settings.default_partitions : topic.partitions,
      topic.replication_factor == -1 ? settings.default_replication_factor : topic.replication_factor, draw);
}

Assignment numbered(const std::vector<std::vector<int32_t>>& lists, int32_t first) {
  Assignment out;
  for (const auto& replicas : lists) out[first++] = replicas;
  return out;
}

wire::Outcome<Assignment> place_added(const NewPartitions& wanted, const zk::TopicAssignment& now,
                                      std::span<const BrokerRack> alive) {
  const auto have = static_cast<int32_t>(now.partitions.size());
  if (wanted.count < have) {
    return wire::refuse(ErrorCode::invalid_partitions,
                        absl::StrCat("Topic currently has ", have, " partitions, which is higher than the requested ",
                                     wanted.count, "."));
  }
  if (wanted.count == have) {
    return wire::refuse(ErrorCode::invalid_partitions, absl::StrCat("Topic already has ", have, " partitions."));
  }
  if (!wanted.added_replicas) return assign_added_partitions(now.partitions, wanted.count, by_id(alive));
  if (wanted.added_replicas->size() != static_cast<size_t>(wanted.count - have)) {
    return wire::refuse(ErrorCode::invalid_replica_assignment,
                        absl::StrCat("Increasing the number of partitions by ", wanted.count - have, " but ",
                                     wanted.added_replicas->size(), " assignments provided."));
  }
  auto added = numbered(*wanted.added_replicas, have);
  const auto first = now.partitions.find(0);
  const size_t replication_factor = first == now.partitions.end() ? 0 : first->second.size();
  if (auto ok = check_added_assignment(added, replication_factor, alive); !ok) return ok.failure();
  return added;
}

}  // namespace

wire::Outcome<void> check_topic_name(std::string_view name) {
  const auto invalid = [](const std::string& why) {
    return wire::refuse(ErrorCode::invalid_topic_exception, "Topic name is invalid: " + why);
  };
  const std::string quoted = "'" + std::string(name) + "'";
  if (name.empty()) return invalid("the empty string is not allowed");
  if (name == "." || name == "..") return invalid(quoted + " is not allowed");
  if (name.size() > kMaxNameLength) {
    return invalid(absl::StrCat("the length of ", quoted, " is longer than the max allowed length ", kMaxNameLength));
  }
  if (!std::all_of(name.begin(), name.end(), allowed_in_name)) {
    return invalid(quoted + " contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'");
  }
  return {};
}

bool topic_names_collide(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return (x == '.' ? '_' : x) == (y == '.' ? '_' : y);
         });
}

TopicAdmin::TopicAdmin(zk::Session& session, Settings settings, Draw draw)
    : session_(session), settings_(settings), draw_(std::move(draw)) {}

// Whether the name is free. A name that breaks the rules must not become a path.
wire::Outcome<void> TopicAdmin::check_new(const NewTopic& topic, bool name_ok) {
  if (!name_ok) return {};
  const bool may_collide = topic.name.find_first_of("._") != std::string::npos;
  std::vector<zk::Request> batch{zk::Exists{zk::paths::topic(topic.name)},
                                 zk::Exists{zk::paths::delete_topic(topic.name)}};
  if (may_collide) batch.push_back(zk::Children{zk::paths::kTopics});
  const auto responses = session_.run(std::move(batch));
  for (const auto& r : responses) {
    if (!r.ok() && r.code != zk::Code::no_node) return zk_failure(r);
  }
  if (responses[1].ok()) {
    return wire::refuse(ErrorCode::topic_already_exists,
                        absl::StrCat("Topic '", topic.name, "' is marked for deletion."));
  }
  if (responses[0].ok()) {
    return wire::refuse(ErrorCode::topic_already_exists, absl::StrCat("Topic '", topic.name, "' already exists."));
  }
  if (!may_collide) return {};
  for (const auto& other : responses[2].children) {
    if (topic_names_collide(topic.name, other)) {
      return wire::refuse(ErrorCode::invalid_topic_exception,
                          absl::StrCat("Topic '", topic.name, "' collides with existing topics: ", other));
    }
  }
  return {};
}

wire::Outcome<CreatedTopic> TopicAdmin::create_topic(const NewTopic& topic, std::span<const BrokerRack> alive,
                                                     bool validate_only) {
  const auto name_ok = check_topic_name(topic.name);
  if (auto free = check_new(topic, name_ok.ok()); !free) return free.failure();
  auto configs = check_configs(topic);
  if (!configs) return configs.failure();
  auto assignment = place(topic, settings_, alive, draw_);
  if (!assignment) return assignment.failure();
  if (!name_ok) return name_ok.failure();
  if (auto ok = check_manual_assignment(*assignment); !ok) return ok.failure();
  if (auto ok = config::validate_topic_configs({configs->begin(), configs->end()}); !ok) {
    return wire::refuse(ErrorCode::invalid_config, ok.error().message);
  }
  CreatedTopic created{topic.name, {}, std::move(*assignment), std::move(*configs)};
  if (validate_only) return created;
  auto id = write_new(created);
  if (!id) return id.failure();
  created.id = *id;
  LOG(INFO) << "Created topic " << created.name << " with " << created.partitions() << " partitions of "
            << created.replication_factor() << " replicas, id " << created.id.to_string() << ".";
  return created;
}

// Config and assignment in one transaction, so that no topic is ever seen without its configs.
wire::Outcome<Uuid> TopicAdmin::write_new(const CreatedTopic& topic) {
  zk::TopicAssignment node;
  node.topic_id = Uuid::random();
  node.partitions = topic.assignment;
  const std::string path = zk::paths::topic(topic.name);
  const std::string config_path = zk::paths::config("topics/" + topic.name);
  const std::string config = zk::encode_config(topic.configs);
  const zk::Create create_topic{path, zk::encode(node)};

  auto response = session_.run(zk::Multi{{zk::Create{config_path, config}, create_topic}});
  if (!response.ok() && !response.ops.empty() && response.ops.front().code == zk::Code::node_exists) {
    // Configs may have been set before the topic exists, or be left of an earlier one: the new ones count.
    response = session_.run(zk::Multi{{zk::SetData{config_path, config}, create_topic}});
  }
  if (response.ok()) return *node.topic_id;
  if (response.code != zk::Code::node_exists) return zk_failure(response);
  // The topic may be our own, written by a first copy of the request before the connection broke: its id tells.
  const auto found = session_.run(zk::Get{path});
  if (found.ok() && found.data) {
    const auto there = zk::decode_topic(topic.name, *found.data);
    if (there && there->topic_id == node.topic_id) return *node.topic_id;
  }
  return wire::refuse(ErrorCode::topic_already_exists, absl::StrCat("Topic '", topic.name, "' already exists."));
}

wire::Outcome<Assignment> TopicAdmin::create_partitions(const NewPartitions& wanted, std::span<const BrokerRack> alive,
                                                        bool validate_only) {
  const auto unknown = [&] {
    return wire::refuse(ErrorCode::unknown_topic_or_partition,
                        absl::StrCat("The topic '", wanted.topic, "' does not exist."));
  };
  if (!check_topic_name(wanted.topic)) return unknown();
  const std::string path = zk::paths::topic(wanted.topic);
  for (;;) {
    const auto read = session_.run(zk::Get{path});
    if (read.code == zk::Code::no_node) return unknown();
    if (!read.ok()) return zk_failure(read);
    auto node = zk::decode_topic(wanted.topic, read.data.value_or(""));
    if (!node) return wire::refuse(ErrorCode::unknown_server_error, node.error().message);
    if (!node->adding_replicas.empty() || !node->removing_replicas.empty()) {
      return wire::refuse(
          ErrorCode::reassignment_in_progress,
          absl::StrCat("Partitions of topic '", wanted.topic, "' are being reassigned; add partitions afterwards."));
    }
    auto added = place_added(wanted, *node, alive);
    if (!added || validate_only) return added;
    node->partitions.insert(added->begin(), added->end());
    const auto written = session_.run(zk::SetData{path, zk::encode(*node), read.stat.version});
    if (written.ok()) return added;
    if (written.code == zk::Code::no_node) return unknown();
    if (written.code != zk::Code::bad_version) return zk_failure(written);
    if (written.resent) {
      const auto now = session_.run(zk::Get{path});
      if (now.ok() && now.data == zk::encode(*node)) return added;
    }
  }
}

wire::Outcome<void> TopicAdmin::delete_topic(const std::string& name) {
  const auto unknown = [&] {
    return wire::refuse(ErrorCode::unknown_topic_or_partition,
                        absl::StrCat("Topic '", name, "' to delete does not exist."));
  };
  if (!check_topic_name(name)) return unknown();
  const auto there = session_.run(zk::Exists{zk::paths::topic(name)});
  if (there.code == zk::Code::no_node) return unknown();
  if (!there.ok()) return zk_failure(there);
  const auto marked = session_.run(zk::Create{zk::paths::delete_topic(name), std::nullopt});
  if (!marked.ok() && marked.code != zk::Code::node_exists) return zk_failure(marked);
  return {};
}

}  // namespace meerkat::cluster
