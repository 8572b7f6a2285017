#include <glog/logging.h>

#include <cassert>

#include "controller/store.h"
#include "zk/paths.h"

namespace meerkat::controller {
namespace {

constexpr char kUnclean[] = "unclean.leader.election.enable";
// Far below jute.maxbuffer (1 MB) also with the longest topic names.
constexpr size_t kChecksInOneMulti = 256;

// Whether a code tells of the node, and not of the session, the connection or the rights.
bool is_answer(zk::Code code) {
  switch (code) {
    case zk::Code::ok:
    case zk::Code::no_node:
    case zk::Code::node_exists:
    case zk::Code::bad_version:
    case zk::Code::not_empty:
    case zk::Code::runtime_inconsistency:
      return true;
    default:
      return false;
  }
}

std::optional<Broker> parse_broker(int32_t id, const zk::Response& response) {
  if (!response.ok() || !response.data) return std::nullopt;
  auto info = zk::decode_broker(id, *response.data);
  if (!info) {
    LOG(ERROR) << "Leaving broker " << id << " out: " << info.error().message;
    return std::nullopt;
  }
  Broker broker;
  broker.info = std::move(*info);
  broker.epoch = response.stat.czxid;
  return broker;
}

std::optional<Leadership> parse_state(const std::string& path, const zk::Response& response) {
  if (!response.ok() || !response.data) return std::nullopt;
  auto state = zk::decode_partition_state(path, *response.data);
  if (!state) {
    LOG(ERROR) << "Taking a partition for one without a leader: " << state.error().message;
    return std::nullopt;
  }
  Leadership out;
  out.leader = state->leader;
  out.leader_epoch = state->leader_epoch;
  out.isr = std::move(state->isr);
  out.recovering = state->recovering;
  out.controller_epoch = state->controller_epoch;
  out.partition_epoch = response.stat.version;
  return out;
}

}  // namespace

std::vector<zk::Response> Store::run(std::vector<zk::Request> batch) {
  const size_t n = batch.size();
  std::vector<zk::Response> responses;
  if (!lost_ && n > 0) {
    responses = run_(std::move(batch));
    for (const auto& r : responses) {
      if (is_answer(r.code)) continue;
      // To take this for "there is none" would delete from the context what is only unreadable.
      if (!lost_) LOG(ERROR) << "The controller cannot go on: " << r.error().message;
      lost_ = true;
    }
  }
  // A term that is over sees empty answers: whatever is decided from them is neither written nor sent.
  if (responses.size() != n) {
    responses.assign(n, zk::Response{});
    for (auto& r : responses) r.code = zk::Code::session_expired;
  }
  return responses;
}

zk::Response Store::run_one(zk::Request request) {
  std::vector<zk::Request> batch;
  batch.push_back(std::move(request));
  return std::move(run(std::move(batch)).front());
}

std::map<int32_t, Broker> Store::read_brokers() {
  std::vector<int32_t> ids;
  std::vector<zk::Request> batch;
  for (const auto& child : read_children(zk::paths::kBrokerIds)) {
    if (const auto id = zk::paths::parse_id(child)) {
      ids.push_back(*id);
      batch.push_back(zk::Get{zk::paths::broker(*id)});
    }
  }
  const auto responses = run(std::move(batch));
  std::map<int32_t, Broker> out;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (auto broker = parse_broker(ids[i], responses[i])) out.emplace(ids[i], std::move(*broker));
  }
  return out;
}

std::optional<Broker> Store::read_broker(int32_t id) {
  return parse_broker(id, run_one(zk::Get{zk::paths::broker(id)}));
}

std::vector<std::string> Store::read_children(const std::string& path) { return run_one(zk::Children{path}).children; }

std::optional<std::string> Store::read_data(const std::string& path) { return run_one(zk::Get{path}).data; }

bool Store::exists(const std::string& path) { return run_one(zk::Exists{path}).ok(); }

std::vector<Store::TopicNode> Store::read_topics(std::span<const std::string> topics) {
  std::vector<zk::Request> batch;
  for (const auto& topic : topics) batch.push_back(zk::Get{zk::paths::topic(topic)});
  const auto responses = run(std::move(batch));
  std::vector<TopicNode> out;
  for (size_t i = 0; i < topics.size(); ++i) {
    if (!responses[i].ok() || !responses[i].data) continue;
    auto assignment = zk::decode_topic(topics[i], *responses[i].data);
    if (!assignment) {
      LOG(ERROR) << "Leaving topic " << topics[i] << " out: " << assignment.error().message;
      continue;
    }
    out.push_back({topics[i], std::move(*assignment), responses[i].stat.version});
  }
  return out;
}

std::vector<std::optional<Leadership>> Store::read_states(std::span<const TopicPartition> partitions) {
  std::vector<std::string> paths;
  std::vector<zk::Request> batch;
  for (const auto& tp : partitions) {
    paths.push_back(zk::paths::partition_state(tp.topic, tp.partition));
    batch.push_back(zk::Get{paths.back()});
  }
  const auto responses = run(std::move(batch));
  std::vector<std::optional<Leadership>> out;
  for (size_t i = 0; i < paths.size(); ++i) {
    auto state = parse_state(paths[i], responses[i]);
    if (state && state->controller_epoch > lease_.epoch) {
      LOG(WARNING) << "Epoch " << state->controller_epoch << " in " << paths[i] << " is newer than our term "
                   << lease_.epoch << ": another broker is controller now.";
      lost_ = true;
    }
    out.push_back(std::move(state));
  }
  return out;
}

std::vector<std::optional<Leadership>> Store::confirm_states(std::span<const TopicPartition> partitions,
                                                             std::vector<std::optional<Leadership>> guesses) {
  assert(guesses.size() == partitions.size());
  std::vector<size_t> checked;
  std::vector<size_t> unknown;
  std::vector<zk::Request> batch;
  for (size_t i = 0; i < partitions.size(); ++i) {
    // A state of a newer term has to be seen as such.
    if (!guesses[i] || guesses[i]->controller_epoch > lease_.epoch) {
      unknown.push_back(i);
      continue;
    }
    if (checked.size() % kChecksInOneMulti == 0) batch.push_back(zk::Multi{});
    std::get<zk::Multi>(batch.back())
        .ops.push_back(zk::Check{zk::paths::partition_state(partitions[i].topic, partitions[i].partition),
                                 guesses[i]->partition_epoch});
    checked.push_back(i);
  }
  const auto responses = run(std::move(batch));
  for (size_t c = 0; c < checked.size(); ++c) {
    const auto& response = responses[c / kChecksInOneMulti];
    const size_t op = c % kChecksInOneMulti;
    // Behind the first that has changed nothing was looked at.
    const bool confirmed = response.ok() || (op < response.ops.size() && response.ops[op].code == zk::Code::ok);
    if (!confirmed) unknown.push_back(checked[c]);
  }
  std::vector<TopicPartition> left;
  for (size_t i : unknown) left.push_back(partitions[i]);
  auto states = read_states(left);
  for (size_t i = 0; i < unknown.size(); ++i) guesses[unknown[i]] = std::move(states[i]);
  return guesses;
}

std::set<std::string> Store::unclean_topics(std::span<const std::string> topics, bool broker_default) {
  std::vector<zk::Request> batch;
  for (const auto& topic : topics) batch.push_back(zk::Get{zk::paths::config("topics/" + topic)});
  const auto responses = run(std::move(batch));
  std::set<std::string> out;
  for (size_t i = 0; i < topics.size(); ++i) {
    bool unclean = broker_default;
    if (responses[i].ok() && responses[i].data) {
      auto config = zk::decode_config(responses[i].path, *responses[i].data);
      if (!config) {
        LOG(ERROR) << "Electing no unclean leader in topic " << topics[i] << ": " << config.error().message;
        continue;
      }
      if (const auto it = config->find(kUnclean); it != config->end()) unclean = it->second == "true";
    }
    if (unclean) out.insert(topics[i]);
  }
  return out;
}

}  // namespace meerkat::controller
