#include "client/zookeeper_group.h"

#include <regex>

#include "absl/strings/numbers.h"
#include "zk/paths.h"
#include "zk/tree.h"

namespace meerkat::client {

namespace paths = zk::paths;
using zk::Code;

Status ZookeeperGroup::add_member(const std::string& member, const zk::ConsumerRegistration& what) {
  if (auto made = zk::ensure_path(session_, paths::consumer_ids(group_)); !made) return fail(made.error().message);
  auto created =
      session_.run(zk::Create{paths::consumer_id(group_, member), zk::encode(what), zk::CreateMode::ephemeral, {}});
  if (created.ok() || (created.code == Code::node_exists && created.resent)) return {};
  return fail(created.error().message);
}

void ZookeeperGroup::remove_member(const std::string& member) {
  session_.run(zk::Delete{paths::consumer_id(group_, member)});
}

Result<std::map<std::string, zk::ConsumerRegistration>> ZookeeperGroup::members() {
  auto ids = zk::children_or_none(session_, paths::consumer_ids(group_));
  if (!ids) return fail(ids.error().message);
  std::vector<zk::Request> reads;
  for (const auto& id : *ids) reads.push_back(zk::Get{paths::consumer_id(group_, id)});
  const auto answers = session_.run(std::move(reads));
  std::map<std::string, zk::ConsumerRegistration> members;
  for (size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].code == Code::no_node) continue;  // gone meanwhile: the watch tells
    if (!answers[i].ok()) return fail(answers[i].error().message);
    auto member = zk::decode_consumer(answers[i].path, answers[i].data.value_or(""));
    if (!member) return member.failure();
    members[(*ids)[i]] = std::move(*member);
  }
  return members;
}

Result<bool> ZookeeperGroup::claim(const TopicPartition& partition, const std::string& stream) {
  const std::string path = paths::consumer_owner(group_, partition.topic, partition.partition);
  auto created = session_.run(zk::Create{path, stream, zk::CreateMode::ephemeral, {}});
  if (created.code == Code::no_node) {
    if (auto made = zk::ensure_path(session_, std::string(paths::parent(path))); !made) {
      return fail(made.error().message);
    }
    created = session_.run(zk::Create{path, stream, zk::CreateMode::ephemeral, {}});
  }
  if (created.ok()) return true;
  if (created.code != Code::node_exists) return fail(created.error().message);
  auto owner = session_.run(zk::Get{path});
  return owner.ok() && owner.data == stream && owner.stat.ephemeral_owner == session_.id().id;
}

void ZookeeperGroup::release(const TopicPartition& partition) {
  session_.run(zk::Delete{paths::consumer_owner(group_, partition.topic, partition.partition)});
}

Result<std::map<TopicPartition, std::string>> ZookeeperGroup::owners(const std::set<TopicPartition>& partitions) {
  std::map<TopicPartition, std::string> owners;
  for (const auto& p : partitions) {
    auto owner = zk::get_if_exists(session_, paths::consumer_owner(group_, p.topic, p.partition));
    if (!owner) return fail(owner.error().message);
    if (*owner) owners[p] = (*owner)->data.value_or("");
  }
  return owners;
}

Status ZookeeperGroup::commit(const std::map<TopicPartition, int64_t>& offsets) {
  for (const auto& [p, offset] : offsets) {
    const std::string path = paths::consumer_offset(group_, p.topic, p.partition), data = std::to_string(offset);
    auto set = session_.run(zk::SetData{path, data});
    if (set.code == Code::no_node) {
      auto created = zk::create_with_parents(session_, path, data);
      if (!created && created.error().code != Code::node_exists) return fail(created.error().message);
    } else if (!set.ok()) {
      return fail(set.error().message);
    }
  }
  return {};
}

Result<std::map<TopicPartition, int64_t>> ZookeeperGroup::offsets(const std::set<TopicPartition>& partitions) {
  std::map<TopicPartition, int64_t> offsets;
  for (const auto& p : partitions) {
    auto node = zk::get_if_exists(session_, paths::consumer_offset(group_, p.topic, p.partition));
    if (!node) return fail(node.error().message);
    int64_t offset = 0;
    if (*node && absl::SimpleAtoi((*node)->data.value_or(""), &offset)) offsets[p] = offset;
  }
  return offsets;
}

Result<std::map<TopicPartition, int64_t>> ZookeeperGroup::all_offsets() {
  std::set<TopicPartition> partitions;
  auto topics = zk::children_or_none(session_, paths::consumer_offsets(group_));
  if (!topics) return fail(topics.error().message);
  for (const auto& topic : *topics) {
    auto numbers = zk::children_or_none(session_, paths::consumer_offsets(group_, topic));
    if (!numbers) return fail(numbers.error().message);
    for (const auto& number : *numbers) {
      if (auto p = paths::parse_id(number)) partitions.insert({topic, *p});
    }
  }
  return offsets(partitions);
}

Result<std::vector<std::string>> zookeeper_groups(zk::Session& session) {
  auto groups = zk::children_or_none(session, paths::kConsumers);
  if (!groups) return fail(groups.error().message);
  return std::move(*groups);
}

Result<TopicPartitions> zookeeper_topics(zk::Session& session, const std::set<std::string>& topics) {
  TopicPartitions out;
  for (const auto& topic : topics) {
    const std::string path = paths::topic(topic);
    // Exists arms the watch also for a topic that is yet to come.
    const auto answers = session.run(std::vector<zk::Request>{zk::Exists{path}, zk::Get{path}});
    if (answers[1].code == Code::no_node) continue;
    if (!answers[1].ok()) return fail(answers[1].error().message);
    auto assignment = zk::decode_topic(topic, answers[1].data.value_or(""));
    if (!assignment) return assignment.failure();
    for (const auto& [p, replicas] : assignment->partitions) out[topic].push_back(p);
  }
  return out;
}

Result<std::vector<HostPort>> zookeeper_brokers(zk::Session& session) {
  auto ids = zk::children_or_none(session, paths::kBrokerIds);
  if (!ids) return fail(ids.error().message);
  std::vector<HostPort> brokers;
  for (const auto& name : *ids) {
    const auto id = paths::parse_id(name);
    if (!id) continue;
    auto node = zk::get_if_exists(session, paths::broker(*id));
    if (!node) return fail(node.error().message);
    if (!*node) continue;
    auto broker = zk::decode_broker(*id, (*node)->data.value_or(""));
    if (!broker) return broker.failure();
    for (const auto& endpoint : broker->endpoints) {
      if (endpoint.security_protocol == "PLAINTEXT") brokers.push_back({endpoint.host, endpoint.port});
    }
  }
  if (brokers.empty()) return fail("no broker is registered in ZooKeeper that listens with PLAINTEXT");
  return brokers;
}

std::map<std::string, int32_t> resolve(const zk::ConsumerRegistration& member, const std::set<std::string>& topics) {
  if (member.pattern == "static") return member.subscription;
  std::map<std::string, int32_t> out;
  const bool wanted = member.pattern == "white_list";
  for (const auto& [expression, streams] : member.subscription) {
    // The standard library tells of a bad pattern by an exception only. A member with such a one reads nothing.
    try {
      const std::regex pattern(expression);
      for (const auto& topic : topics) {
        if (std::regex_match(topic, pattern) == wanted) out[topic] = streams;
      }
    } catch (const std::regex_error&) {
      continue;
    }
  }
  return out;
}

}  // namespace meerkat::client
