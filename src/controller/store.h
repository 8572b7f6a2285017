// The controller's hand on ZooKeeper: reads in pipelined batches, and writes that fail for a controller that has been
// replaced. Once fenced, or without its session, a store does nothing more: callers go on and find out by lost().
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "controller/context.h"
#include "controller/partition_state_machine.h"
#include "zk/controller_lease.h"
#include "zk/payloads.h"
#include "zk/request.h"

namespace meerkat::controller {

/// Belongs to one term. All functions block and are called on the controller's thread, but for lose().
class Store {
 public:
  /// Runs a batch and returns the answers by index: Session::run, or a test's tree.
  using Run = std::function<std::vector<zk::Response>(std::vector<zk::Request>)>;

  Store(Run run, zk::ControllerLease lease) : run_(std::move(run)), lease_(lease) {}

  /// Whether this term is over: another controller was elected, the session has ended, or ZooKeeper cannot be read.
  bool lost() const { return lost_; }
  /// Ends the term from outside (any thread): the session has expired.
  void lose() { lost_ = true; }
  const zk::ControllerLease& lease() const { return lease_; }

  // ---- Reading. Watches that are registered for a path are armed. What cannot be understood is logged and left out.

  std::map<int32_t, Broker> read_brokers();
  std::optional<Broker> read_broker(int32_t id);
  std::vector<std::string> read_children(const std::string& path);
  /// Nothing if there is no such node or it holds null.
  std::optional<std::string> read_data(const std::string& path);
  /// Whether a node exists; arms a node watch also if it does not.
  bool exists(const std::string& path);

  struct TopicNode {
    std::string topic;
    zk::TopicAssignment assignment;
    int32_t version = 0;
  };
  /// The topics' znodes, without those that are missing or malformed.
  std::vector<TopicNode> read_topics(std::span<const std::string> topics);
  /// The state of partitions; nothing for those that have none (yet).
  std::vector<std::optional<Leadership>> read_states(std::span<const TopicPartition> partitions);
  /// The same where most are guessed already, by index: a guess whose partition epoch is the znode's version is true.
  /// Hundreds are checked in one request; what was not guessed, or not rightly, is read.
  std::vector<std::optional<Leadership>> confirm_states(std::span<const TopicPartition> partitions,
                                                        std::vector<std::optional<Leadership>> guesses);
  /// Of these topics, those whose own config, or else the broker default, allows unclean elections.
  std::set<std::string> unclean_topics(std::span<const std::string> topics, bool broker_default);

  // ---- Writing: every one in a multi with a check of /controller_epoch.

  /// What became of a state write.
  struct Written {
    zk::Code code = zk::Code::ok;
    int32_t partition_epoch = 0;  // the new one
  };
  /// Writes partition states, each on condition of its partition epoch. bad_version: it has changed meanwhile.
  std::vector<Written> write_states(std::span<const StateWrite> writes);
  /// Creates the nodes of new partitions with their first state. node_exists: there is a state already.
  std::vector<Written> create_states(std::span<const StateWrite> writes);
  /// Rewrites a topic's assignment whatever its version; false if the topic is gone.
  bool write_topic(const std::string& topic, const zk::TopicAssignment& assignment);
  /// Rewrites it if the version is still the one read.
  bool write_topic_if(const TopicNode& node);
  /// Creates a node, or overwrites it.
  void put(const std::string& path, const std::string& data);
  /// Deletes nodes; those that are gone do not matter.
  void remove(std::vector<std::string> paths);
  /// Deletes all that ZooKeeper holds about a topic: partitions, topic, config, and the deletion mark last.
  bool delete_topic(const std::string& topic);

 private:
  std::vector<zk::Response> run(std::vector<zk::Request> batch);
  zk::Response run_one(zk::Request request);
  zk::Response write(zk::Op op);
  // Multis of many operations; true for those that went through as a whole.
  std::vector<bool> run_chunks(std::vector<std::vector<zk::Op>> chunks, std::vector<zk::Response>* responses);
  Written confirm_state(const StateWrite& write, zk::Code code);
  Written create_one_state(const StateWrite& write);

  Run run_;
  zk::ControllerLease lease_;
  std::atomic<bool> lost_{false};
};

}  // namespace meerkat::controller
