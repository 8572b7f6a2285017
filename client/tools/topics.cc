// meerkat-topics: create, list, describe, alter and delete topics. Flags as kafka-topics.sh has them.
#include <gflags/gflags.h>

#include <algorithm>
#include <iostream>
#include <regex>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/admin.h"
#include "client/command_line.h"
#include "client/explain.h"
#include "wire/internal_topics.h"

DEFINE_string(bootstrap_server, "", "host:port of brokers to connect to first");
DEFINE_bool(create, false, "create a topic");
DEFINE_bool(list, false, "list topics");
DEFINE_bool(describe, false, "describe topics: partitions, leaders, replicas, configs");
DEFINE_bool(alter, false, "change the number of partitions");
DEFINE_bool(delete, false, "delete topics");
DEFINE_string(topic, "", "a topic; for list, describe and delete a regular expression");
DEFINE_int32(partitions, -1, "number of partitions");
DEFINE_int32(replication_factor, -1, "number of replicas");
DEFINE_string(replica_assignment, "", "replicas by partition: 1:2,2:3 is two partitions of two replicas");
DEFINE_bool(if_not_exists, false, "create: succeed if the topic exists already");
DEFINE_bool(if_exists, false, "alter, describe, delete: succeed if there is no such topic");
DEFINE_bool(exclude_internal, false, "leave out internal topics");
DEFINE_bool(under_replicated_partitions, false, "describe: only partitions whose ISR lacks replicas, and why");
DEFINE_bool(unavailable_partitions, false, "describe: only partitions without a leader");
DEFINE_bool(topics_with_overrides, false, "describe: only topics with configs of their own");

namespace meerkat::client {
namespace {

constexpr char kUsage[] =
    "meerkat-topics --bootstrap-server HOST:PORT --create --topic T [--partitions N] [--replication-factor N] "
    "[--config KEY=VALUE]...\n"
    "meerkat-topics --bootstrap-server HOST:PORT --list | --describe [--topic T] | --alter --topic T --partitions N | "
    "--delete --topic T";

/// Replicas of partitions as "1:2,2:3".
Result<std::vector<std::vector<int32_t>>> parse_assignment(const std::string& text) {
  std::vector<std::vector<int32_t>> assignment;
  for (const std::string& partition : std::vector<std::string>(absl::StrSplit(text, ','))) {
    auto& replicas = assignment.emplace_back();
    for (const std::string& word : std::vector<std::string>(absl::StrSplit(partition, ':'))) {
      int32_t id = 0;
      if (!absl::SimpleAtoi(word, &id)) return fail("'" + word + "' in --replica-assignment is no broker id");
      replicas.push_back(id);
    }
  }
  return assignment;
}

/// The topics that --topic means; all without it.
wire::Outcome<std::vector<std::string>> matching(Admin& admin) {
  auto names = admin.list_topics();
  if (!names) return names;
  std::regex pattern;
  try {
    if (!FLAGS_topic.empty()) pattern = std::regex(FLAGS_topic);
  } catch (const std::regex_error& e) {
    return wire::refuse(wire::ErrorCode::invalid_request, "--topic is no regular expression: " + std::string(e.what()));
  }
  std::erase_if(*names, [&](const std::string& name) {
    return (FLAGS_exclude_internal && wire::is_internal_topic(name)) ||
           (!FLAGS_topic.empty() && !std::regex_match(name, pattern));
  });
  if (names->empty() && !FLAGS_topic.empty() && !FLAGS_if_exists) {
    return wire::refuse(wire::ErrorCode::unknown_topic_or_partition,
                        "Topic '" + FLAGS_topic + "' does not exist as expected");
  }
  return names;
}

int create(Admin& admin, const std::vector<std::string>& configs) {
  TopicSpec topic;
  topic.name = FLAGS_topic;
  topic.partitions = FLAGS_partitions;
  topic.replication_factor = static_cast<int16_t>(FLAGS_replication_factor);
  auto pairs = parse_pairs(configs);
  if (!pairs) return complain("--config: " + pairs.error().message);
  topic.configs = *pairs;
  if (!FLAGS_replica_assignment.empty()) {
    auto assignment = parse_assignment(FLAGS_replica_assignment);
    if (!assignment) return complain(assignment.error().message);
    topic.assignment = *assignment;
  }
  auto created = admin.create_topic(topic);
  if (!created && !(FLAGS_if_not_exists && created.error().code == wire::ErrorCode::topic_already_exists)) {
    return complain(created.error().message);
  }
  if (created) std::cout << "Created topic " << FLAGS_topic << ".\n";
  return 0;
}

int list(Admin& admin) {
  auto names = matching(admin);
  if (!names) return complain(names.error().message);
  for (const std::string& name : *names) std::cout << name << "\n";
  return 0;
}

using Reasons = std::map<TopicPartition, std::vector<std::string>>;

void print(const TopicDescription& topic, const Reasons& reasons) {
  const auto& partitions = topic.metadata.partitions;
  const std::string& name = *topic.metadata.name;
  const bool selective = FLAGS_under_replicated_partitions || FLAGS_unavailable_partitions;
  if (!selective) {
    std::cout << "Topic: " << name << "\tTopicId: " << topic.metadata.topic_id.to_string()
              << "\tPartitionCount: " << partitions.size()
              << "\tReplicationFactor: " << (partitions.empty() ? 0 : partitions[0].replica_nodes.size())
              << "\tConfigs: " << absl::StrJoin(topic.configs, ",", absl::PairFormatter("=")) << "\n";
  }
  for (const auto& p : partitions) {
    if (FLAGS_under_replicated_partitions && p.isr_nodes.size() >= p.replica_nodes.size()) continue;
    if (FLAGS_unavailable_partitions && p.leader_id >= 0) continue;
    std::cout << "\tTopic: " << name << "\tPartition: " << p.partition_index
              << "\tLeader: " << (p.leader_id < 0 ? "none" : std::to_string(p.leader_id))
              << "\tReplicas: " << absl::StrJoin(p.replica_nodes, ",") << "\tIsr: " << absl::StrJoin(p.isr_nodes, ",");
    const auto why = reasons.find({name, p.partition_index});
    if (why != reasons.end()) std::cout << "\tWhy: " << absl::StrJoin(why->second, "; ");
    std::cout << "\n";
  }
}

int describe(Cluster& cluster, Admin& admin) {
  auto names = matching(admin);
  if (!names) return complain(names.error().message);
  if (names->empty()) return 0;
  auto topics = admin.describe_topics(*names);
  if (!topics) return complain(topics.error().message);
  const Reasons reasons = FLAGS_under_replicated_partitions ? explain(cluster, *topics) : Reasons{};
  for (const TopicDescription& topic : *topics) {
    if (FLAGS_topics_with_overrides && topic.configs.empty()) continue;
    print(topic, reasons);
  }
  return 0;
}

int alter(Admin& admin) {
  if (FLAGS_partitions < 1) return complain("--alter changes the number of partitions: give --partitions");
  std::vector<std::vector<int32_t>> added;
  if (!FLAGS_replica_assignment.empty()) {
    auto assignment = parse_assignment(FLAGS_replica_assignment);
    if (!assignment) return complain(assignment.error().message);
    added = *assignment;
  }
  auto done = admin.create_partitions(FLAGS_topic, FLAGS_partitions, added);
  if (done) return 0;
  if (FLAGS_if_exists && done.error().code == wire::ErrorCode::unknown_topic_or_partition) return 0;
  return complain(done.error().message);
}

int remove(Admin& admin) {
  auto names = matching(admin);
  if (!names) return complain(names.error().message);
  int status = 0;
  for (const std::string& name : *names) {
    if (auto done = admin.delete_topic(name); !done) status = complain(name + ": " + done.error().message);
  }
  return status;
}

int run(const std::vector<std::string>& configs) {
  if (FLAGS_create + FLAGS_list + FLAGS_describe + FLAGS_alter + FLAGS_delete != 1) {
    return complain("give exactly one of --create, --list, --describe, --alter, --delete (--help tells more)");
  }
  if ((FLAGS_create || FLAGS_alter || FLAGS_delete) && FLAGS_topic.empty()) return complain("--topic is missing");
  auto connected = connect(FLAGS_bootstrap_server, "meerkat-topics");
  if (!connected) return complain(connected.error().message);
  Admin admin(*connected->cluster);
  if (FLAGS_create) return create(admin, configs);
  if (FLAGS_list) return list(admin);
  if (FLAGS_describe) return describe(*connected->cluster, admin);
  if (FLAGS_alter) return alter(admin);
  return remove(admin);
}

}  // namespace
}  // namespace meerkat::client

int main(int argc, char** argv) {
  auto repeated = meerkat::client::take_repeated_flags(&argc, argv, {"config"});
  meerkat::client::parse_tool_flags(&argc, &argv, meerkat::client::kUsage);
  return meerkat::client::run(repeated["config"]);
}
