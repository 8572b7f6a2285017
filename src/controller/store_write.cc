#include <glog/logging.h>

#include <algorithm>

#include "controller/store.h"
#include "zk/paths.h"

namespace meerkat::controller {
namespace {

// State writes in one multi. They succeed or fail together; after a failure each is tried alone.
constexpr size_t kStatesInOneMulti = 64;
constexpr size_t kDeletesInOneMulti = 128;

std::string encode(const Leadership& state) {
  zk::PartitionStateNode node;
  node.controller_epoch = state.controller_epoch;
  node.leader = state.leader;
  node.leader_epoch = state.leader_epoch;
  node.isr = state.isr;
  node.recovering = state.recovering;
  return zk::encode(node);
}

zk::Op set_state(const StateWrite& w) {
  return zk::SetData{zk::paths::partition_state(w.partition.topic, w.partition.partition), encode(w.next),
                     w.next.partition_epoch};
}

zk::Op create_node(const StateWrite& w) {
  return zk::Create{zk::paths::partition(w.partition.topic, w.partition.partition), std::nullopt};
}

zk::Op create_state(const StateWrite& w) {
  return zk::Create{zk::paths::partition_state(w.partition.topic, w.partition.partition), encode(w.next)};
}

// The operations of items [i, i + kStatesInOneMulti) in a multi each.
template <class Ops>
std::vector<std::vector<zk::Op>> in_chunks(std::span<const StateWrite> writes, Ops ops) {
  std::vector<std::vector<zk::Op>> chunks;
  for (size_t i = 0; i < writes.size(); i += kStatesInOneMulti) {
    auto& chunk = chunks.emplace_back();
    for (size_t j = i; j < std::min(i + kStatesInOneMulti, writes.size()); ++j) ops(writes[j], chunk);
  }
  return chunks;
}

}  // namespace

zk::Response Store::write(zk::Op op) {
  auto response = zk::unguard(run_one(zk::guarded(lease_, std::move(op))));
  if (response.code == zk::Code::controller_moved) lost_ = true;
  return response;
}

std::vector<bool> Store::run_chunks(std::vector<std::vector<zk::Op>> chunks, std::vector<zk::Response>* responses) {
  std::vector<zk::Request> batch;
  for (auto& chunk : chunks) {
    zk::Multi multi;
    multi.ops.push_back(zk::Check{zk::paths::kControllerEpoch, lease_.epoch_zk_version});
    for (auto& op : chunk) multi.ops.push_back(std::move(op));
    batch.push_back(std::move(multi));
  }
  *responses = run(std::move(batch));
  std::vector<bool> ok;
  for (const auto& r : *responses) {
    ok.push_back(r.ok());
    if (!r.ok() && !r.ops.empty() && r.ops.front().code == zk::Code::bad_version) lost_ = true;
  }
  return ok;
}

// A write that failed for what it found may have been done by its own first copy, sent before the connection broke.
Store::Written Store::confirm_state(const StateWrite& write, zk::Code code) {
  if (code != zk::Code::bad_version && code != zk::Code::node_exists) return {code, 0};
  const auto found = read_states(std::span(&write.partition, 1)).front();
  if (!found) return {code, 0};
  Leadership wanted = write.next;
  wanted.partition_epoch = found->partition_epoch;
  if (*found == wanted) return {zk::Code::ok, found->partition_epoch};
  return {code, 0};
}

std::vector<Store::Written> Store::write_states(std::span<const StateWrite> writes) {
  std::vector<zk::Response> responses;
  const auto whole =
      run_chunks(in_chunks(writes, [](const StateWrite& w, std::vector<zk::Op>& ops) { ops.push_back(set_state(w)); }),
                 &responses);
  std::vector<Written> out;
  for (size_t i = 0; i < writes.size(); ++i) {
    const size_t chunk = i / kStatesInOneMulti;
    if (whole[chunk]) {
      out.push_back({zk::Code::ok, responses[chunk].ops[1 + i % kStatesInOneMulti].stat.version});
    } else {
      const auto alone = write(set_state(writes[i]));
      out.push_back(alone.ok() ? Written{zk::Code::ok, alone.stat.version} : confirm_state(writes[i], alone.code));
    }
  }
  return out;
}

Store::Written Store::create_one_state(const StateWrite& w) {
  const auto node = write(create_node(w));
  if (!node.ok() && node.code != zk::Code::node_exists) return {node.code, 0};
  const auto state = write(create_state(w));
  return state.ok() ? Written{} : confirm_state(w, state.code);
}

std::vector<Store::Written> Store::create_states(std::span<const StateWrite> writes) {
  std::set<std::string> topics;
  for (const auto& w : writes) topics.insert(w.partition.topic);
  std::vector<zk::Request> parents;
  for (const auto& topic : topics) {
    parents.push_back(zk::guarded(lease_, zk::Create{zk::paths::partitions(topic), std::nullopt}));
  }
  run(std::move(parents));  // what exists already is fine; a topic that is gone fails again below
  std::vector<zk::Response> responses;
  const auto whole = run_chunks(in_chunks(writes,
                                          [](const StateWrite& w, std::vector<zk::Op>& ops) {
                                            ops.push_back(create_node(w));
                                            ops.push_back(create_state(w));
                                          }),
                                &responses);
  std::vector<Written> out;
  for (size_t i = 0; i < writes.size(); ++i) {
    out.push_back(whole[i / kStatesInOneMulti] ? Written{} : create_one_state(writes[i]));
  }
  return out;
}

bool Store::write_topic(const std::string& topic, const zk::TopicAssignment& assignment) {
  return write(zk::SetData{zk::paths::topic(topic), zk::encode(assignment), -1}).ok();
}

bool Store::write_topic_if(const TopicNode& node) {
  return write(zk::SetData{zk::paths::topic(node.topic), zk::encode(node.assignment), node.version}).ok();
}

void Store::put(const std::string& path, const std::string& data) {
  const auto set = write(zk::SetData{path, data, -1});
  if (set.code == zk::Code::no_node) write(zk::Create{path, data});
}

void Store::remove(std::vector<std::string> paths) {
  std::vector<std::vector<zk::Op>> chunks;
  for (size_t i = 0; i < paths.size(); ++i) {
    if (i % kDeletesInOneMulti == 0) chunks.emplace_back();
    chunks.back().push_back(zk::Delete{paths[i]});
  }
  std::vector<zk::Response> responses;
  const auto whole = run_chunks(std::move(chunks), &responses);
  for (size_t i = 0; i < paths.size(); ++i) {
    if (whole[i / kDeletesInOneMulti]) continue;
    const auto alone = write(zk::Delete{paths[i]});
    if (!alone.ok() && alone.code != zk::Code::no_node && !lost_) {
      LOG(ERROR) << "Cannot delete a znode: " << alone.error().message;
    }
  }
}

bool Store::delete_topic(const std::string& topic) {
  // Level by level, so that the tree may hold what we do not know; deepest nodes go first.
  std::vector<std::string> all{zk::paths::topic(topic)};
  for (size_t level = 0; level < all.size();) {
    const size_t end = all.size();
    std::vector<zk::Request> batch;
    for (size_t i = level; i < end; ++i) batch.push_back(zk::Children{all[i]});
    const auto responses = run(std::move(batch));
    for (size_t i = level; i < end; ++i) {
      for (const auto& child : responses[i - level].children) all.push_back(all[i] + "/" + child);
    }
    level = end;
  }
  std::reverse(all.begin(), all.end());
  all.push_back(zk::paths::config("topics/" + topic));
  all.push_back(zk::paths::delete_topic(topic));
  remove(std::move(all));
  return !lost_;
}

}  // namespace meerkat::controller
