// A broker's replica room on real logs in a temporary directory: broker 1 of three, fed like a controller would.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <future>
#include <mutex>

#include "base/clock.h"
#include "cluster/metadata_image.h"
#include "event/loop.h"
#include "record/builder.h"
#include "replica/apply.h"
#include "replica/context.h"
#include "storage/log_manager.h"
#include "wire/messages/04_leader_and_isr.h"
#include "wire/messages/05_stop_replica.h"
#include "wire/messages/06_update_metadata.h"

namespace meerkat::replica {

/// A directory that is gone with the object.
class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "meerkat-replica-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Keeps what storage wants done later; tests do not need it done.
class IdleScheduler : public storage::Scheduler {
 public:
  void after(int64_t, Task task) override { tasks_.push_back(std::move(task)); }

 private:
  std::deque<Task> tasks_;
};

/// Collects proposals, from any thread; the test answers as the controller. `sent` is for tests of one thread.
class FakeIsrChanges : public IsrChanges {
 public:
  struct Sent {
    IsrProposal proposal;
    Callback<wire::Outcome<CommittedIsr>> answer;
  };
  void submit(IsrProposal proposal, Callback<wire::Outcome<CommittedIsr>> answer) override {
    std::lock_guard lock(mutex_);
    sent.push_back({std::move(proposal), std::move(answer)});
    arrived_.notify_one();
  }
  /// Accepts the oldest proposal.
  void commit() {
    Sent s = take();
    s.answer(CommittedIsr{1, s.proposal.leader_epoch, s.proposal.partition_epoch + 1, s.proposal.isr});
  }
  void refuse(wire::ErrorCode code) { take().answer(wire::refuse(code)); }
  /// The oldest proposal, once there is one.
  Sent take() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !sent.empty(); });
    Sent s = std::move(sent.front());
    sent.pop_front();
    return s;
  }
  std::deque<Sent> sent;

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
};

inline std::unique_ptr<storage::LogManager> open_logs(const std::string& dir, storage::Scheduler& scheduler,
                                                      Clock& clock, storage::LogConfig config) {
  storage::LogManagerOptions options;
  options.log_dirs = {dir};
  options.clock = &clock;
  options.scheduler = &scheduler;
  options.config_of = [config](const std::string&) { return config; };
  auto logs = storage::LogManager::open(std::move(options));
  EXPECT_TRUE(logs.ok()) << (logs.ok() ? "" : logs.error().message);
  EXPECT_TRUE((*logs)->set_ids(1, "test-cluster").ok());
  auto loaded = (*logs)->load();
  EXPECT_TRUE(loaded.ok()) << (loaded.ok() ? "" : loaded.error().message);
  return std::move(*logs);
}

inline Uuid topic_id(uint8_t n = 1) {
  Uuid id;
  id.bytes[0] = n;
  return id;
}

/// A batch of `count` records; `value_size` bytes each.
inline Bytes batch_of(int count, size_t value_size = 10, record::BatchOptions options = {}) {
  record::BatchBuilder builder(options);
  const Bytes value(value_size, 'v');
  for (int i = 0; i < count; ++i) builder.append(1'700'000'000'000 + i, as_bytes("k"), ByteView(value));
  return builder.build();
}

class ReplicaTest : public ::testing::Test {
 protected:
  explicit ReplicaTest(storage::LogConfig config = {})
      : config_(config), logs(open_logs(dir.path(), scheduler, clock, config)) {
    loop.start();
    brokers({1, 2, 3});
  }
  ~ReplicaTest() override { loop.stop(); }

  /// Tells the broker who is alive.
  void brokers(std::vector<int32_t> ids) {
    wire::UpdateMetadataRequest r;
    r.controller_id = 1;
    r.controller_epoch = 1;
    for (int32_t id : ids) {
      wire::UpdateMetadataRequest::UpdateMetadataBroker broker;
      broker.id = id;
      broker.endpoints = {{9090 + id, "host", "PLAINTEXT", 0}};
      r.live_brokers.push_back(broker);
    }
    live_ = r.live_brokers;
    EXPECT_EQ(states.apply(r).error_code, wire::ErrorCode::none);
  }
  /// Tells the broker of a partition that somebody hosts.
  void metadata(const std::string& topic, int32_t leader, int32_t partition = 0, Uuid id = topic_id()) {
    wire::UpdateMetadataRequest r;
    r.controller_epoch = 1;
    r.live_brokers = live_;
    wire::UpdateMetadataRequest::UpdateMetadataPartitionState s;
    s.partition_index = partition;
    s.leader = leader;
    s.leader_epoch = 4;
    r.topic_states.push_back({topic, id, {s}});
    EXPECT_EQ(states.apply(r).error_code, wire::ErrorCode::none);
  }

  struct Role {
    int32_t leader = 1;
    int32_t epoch = 0;
    std::vector<int32_t> isr = {1};
    std::vector<int32_t> replicas = {1};
    int32_t partition_epoch = 0;
    int32_t partition = 0;
    Uuid id = topic_id();
    bool is_new = true;
    int32_t controller_epoch = 1;
    int64_t broker_epoch = -1;
  };
  wire::LeaderAndIsrResponse lisr(const std::string& topic, const Role& role, int16_t version = 7) {
    wire::LeaderAndIsrRequest r;
    r.controller_epoch = role.controller_epoch;
    r.broker_epoch = role.broker_epoch;
    wire::LeaderAndIsrRequest::LeaderAndIsrPartitionState s;
    s.partition_index = role.partition;
    s.leader = role.leader;
    s.leader_epoch = role.epoch;
    s.partition_epoch = role.partition_epoch;
    s.isr = role.isr;
    s.replicas = role.replicas;
    s.is_new = role.is_new;
    r.topic_states.push_back({topic, role.id, {s}});
    return states.apply(version, r);
  }
  wire::ErrorCode assign(const std::string& topic, const Role& role) {
    const auto response = lisr(topic, role);
    return response.error_code != wire::ErrorCode::none ? response.error_code
                                                        : response.topics.at(0).partition_errors.at(0).error_code;
  }
  std::shared_ptr<Partition> partition(const std::string& topic, int32_t index = 0) {
    const auto map = context.partitions.current();
    const auto* found = map->find(topic, index);
    return found ? *found : nullptr;
  }

  /// Runs `f` on the loop and waits for it.
  template <class F>
  void on_loop(F f) {
    std::promise<void> done;
    loop.post([&] {
      f();
      done.set_value();
    });
    done.get_future().wait();
  }
  RequestContext who(int16_t version) {
    RequestContext w;
    w.loop = &loop;
    w.version = version;
    w.listener = "PLAINTEXT";
    return w;
  }
  /// Appends with acks=1 on the leader, past the request path.
  wire::Outcome<LeaderAppend> append(Partition& p, Bytes batch, int16_t acks = 1) {
    auto plan = record::validate(batch, {.now_ms = clock.wall_ms()});
    EXPECT_TRUE(plan.ok());
    last_effects = {};
    return p.append(*plan, acks, record::AppendOrigin::client, last_effects);
  }

  storage::LogConfig config_;
  TempDir dir;
  ManualClock clock;
  IdleScheduler scheduler;
  std::unique_ptr<storage::LogManager> logs;
  cluster::MetadataCache cache;
  FakeIsrChanges isr_changes;
  event::Loop loop{"net-0"};
  ReplicaContext context{{.broker_id = 1}, *logs, cache, isr_changes, clock};
  StateChanges states{context, nullptr, {}};
  Effects last_effects;

 private:
  std::vector<wire::UpdateMetadataRequest::UpdateMetadataBroker> live_;
};

}  // namespace meerkat::replica
