// A controller's term over a ZooKeeper in memory and brokers that write down what they are told.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controller/broker_events.h"
#include "controller/deletion_events.h"
#include "controller/failover.h"
#include "controller/term.h"
#include "controller/topic_events.h"
#include "test/unit/controller/fake_zookeeper.h"

namespace meerkat::controller {

/// Requests as lines: "LISR 1 t-0 leader=1 epoch=0 isr=1,2 new", "UMR 1 t-0 leader=1 …", "STOP 1 t-0 epoch=0 delete".
class FakeChannels : public Channels {
 public:
  void add(const Broker& broker) override { open.insert(broker.info.id); }
  void remove(int32_t broker) override { open.erase(broker); }

  void send(int32_t broker, const wire::LeaderAndIsrRequest& r) override {
    ++requests;
    epochs.push_back(r.broker_epoch);
    for (const auto& t : r.topic_states) {
      for (const auto& p : t.partition_states) {
        lines.push_back(absl::StrCat("LISR ", broker, " ", t.topic_name, "-", p.partition_index, " leader=", p.leader,
                                     " epoch=", p.leader_epoch, " isr=", absl::StrJoin(p.isr, ","),
                                     " replicas=", absl::StrJoin(p.replicas, ","), p.is_new ? " new" : "",
                                     p.leader_recovery_state != 0 ? " recovering" : ""));
      }
    }
  }
  void send(int32_t broker, const wire::UpdateMetadataRequest& r) override {
    ++requests;
    std::vector<int32_t> live;
    for (const auto& b : r.live_brokers) live.push_back(b.id);
    lines.push_back(absl::StrCat("UMR ", broker, " live=", absl::StrJoin(live, ",")));
    for (const auto& t : r.topic_states) {
      for (const auto& p : t.partition_states) {
        lines.push_back(absl::StrCat(
            "UMR ", broker, " ", t.topic_name, "-", p.partition_index, " leader=", p.leader, " epoch=", p.leader_epoch,
            " isr=", absl::StrJoin(p.isr, ","),
            p.offline_replicas.empty() ? "" : absl::StrCat(" offline=", absl::StrJoin(p.offline_replicas, ","))));
      }
    }
  }
  void send(int32_t broker, const wire::StopReplicaRequest& r) override {
    ++requests;
    for (const auto& t : r.topic_states) {
      for (const auto& p : t.partition_states) {
        lines.push_back(absl::StrCat("STOP ", broker, " ", t.topic_name, "-", p.partition_index,
                                     " epoch=", p.leader_epoch, p.delete_partition ? " delete" : ""));
      }
    }
  }

  /// Lines that start with `prefix`, and forgets nothing.
  std::vector<std::string> with(const std::string& prefix) const {
    std::vector<std::string> out;
    for (const auto& line : lines) {
      if (line.starts_with(prefix)) out.push_back(line);
    }
    return out;
  }
  void clear() {
    lines.clear();
    epochs.clear();
    requests = 0;
  }

  std::vector<std::string> lines;
  std::vector<int64_t> epochs;
  std::set<int32_t> open;
  int requests = 0;
};

class FakeWatcher : public Watcher {
 public:
  void watch_topic(const std::string& topic) override { topics.insert(topic); }
  void unwatch_topic(const std::string& topic) override { topics.erase(topic); }
  void watch_broker(int32_t id) override { brokers.insert(id); }
  void unwatch_broker(int32_t id) override { brokers.erase(id); }
  std::set<std::string> topics;
  std::set<int32_t> brokers;
};

class ClusterTest : public ::testing::Test {
 protected:
  using Lines = std::vector<std::string>;

  ClusterTest() {
    zookeeper.put(zk::paths::kControllerEpoch, "7");
    for (const char* path : {zk::paths::kBrokerIds, zk::paths::kTopics, zk::paths::kDeleteTopics,
                             zk::paths::kIsrChangeNotification, zk::paths::kLogDirEventNotification}) {
      zookeeper.put(path);
    }
    zookeeper.put("/config/topics");
    settings.broker_id = 1;
  }

  void add_broker(int32_t id) {
    zk::BrokerInfo info;
    info.id = id;
    info.endpoints.push_back({"PLAINTEXT", "host" + std::to_string(id), 9000 + id, "PLAINTEXT"});
    zookeeper.put(zk::paths::broker(id), zk::encode(info));
  }
  void remove_broker(int32_t id) { zookeeper.erase(zk::paths::broker(id)); }

  void add_topic(const std::string& name, std::map<int32_t, std::vector<int32_t>> partitions, bool with_id = true) {
    zk::TopicAssignment node;
    if (with_id) node.topic_id = Uuid::random();
    node.partitions = std::move(partitions);
    zookeeper.put(zk::paths::topic(name), zk::encode(node));
  }
  void add_state(const std::string& topic, int32_t partition, int32_t leader, std::vector<int32_t> isr,
                 int32_t leader_epoch = 0, int32_t controller_epoch = 6) {
    zookeeper.put(zk::paths::partition_state(topic, partition),
                  zk::encode(zk::PartitionStateNode{controller_epoch, leader, leader_epoch, std::move(isr), false}));
  }

  /// A term begins on what ZooKeeper holds now. A later call stands for another controller's term.
  void begin() {
    const auto* epoch = zookeeper.find(zk::paths::kControllerEpoch);
    const int32_t number = std::stoi(epoch->data.value());
    store = std::make_unique<Store>([this](auto batch) { return zookeeper.run(std::move(batch)); },
                                    zk::ControllerLease{settings.broker_id, number, epoch->stat.version});
    term.reset(new Term{settings, *store, channels, watcher, own_broker, {}, {}});
    begin_term(*term);
  }
  void begin_quietly() {
    begin();
    quiet();
  }
  void quiet() {
    channels.clear();
    zookeeper.writes.clear();
  }

  zk::PartitionStateNode state(const std::string& topic, int32_t partition) {
    return *zk::decode_partition_state("", zookeeper.data(zk::paths::partition_state(topic, partition)));
  }
  Partition& partition(const std::string& topic, int32_t number) { return *term->context.find({topic, number}); }

  FakeZooKeeper zookeeper;
  FakeChannels channels;
  FakeWatcher watcher;
  Settings settings;
  bool unclean_default = false;
  std::shared_ptr<const cluster::MetadataImage> last_metadata;
  const OwnBroker own_broker{[this] { return unclean_default; }, [this] { return last_metadata; }};
  std::unique_ptr<Store> store;
  std::unique_ptr<Term> term;
};

}  // namespace meerkat::controller
