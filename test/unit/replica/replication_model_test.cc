// A partition of three replicas under random schedules: appends, fetches, elections, crashes, answers that come late.
// What was acknowledged stays, and in the end all logs are the same byte for byte.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <random>
#include <set>

#include "record/batch.h"
#include "replica_fixture.h"

namespace meerkat::replica {
namespace {

using wire::ErrorCode;

struct Schedule {
  uint32_t seed = 0;
  bool unclean = false;  // a replica outside the ISR may be elected: records may be lost, but logs still agree
};

storage::LogConfig two_in_sync() {
  storage::LogConfig config;
  config.min_insync_replicas = 2;
  config.segment_bytes = 600;  // several segments in a short run
  return config;
}

class Cluster {
 public:
  explicit Cluster(Schedule schedule) : unclean_(schedule.unclean), random_(schedule.seed) {
    for (int32_t id : {1, 2, 3}) nodes_.emplace(id, std::make_unique<Node>(*this, id));
    elect(1);
  }

  void run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFatalFailure(); ++i) step();
  }

  /// Everybody comes back, the controller settles, and all catch up.
  void calm_down() {
    for (auto& [id, node] : nodes_) {
      if (!node->alive) restart(*node);
    }
    if (!nodes_.contains(leader_)) elect_someone();
    for (int round = 0; round < 400; ++round) {
      for (auto& [id, node] : nodes_) {
        while (!node->orders.empty()) deliver(*node);
        fetch(*node);
      }
      while (!proposals_.empty()) decide();
      clock_.advance_ms(100);
    }
    acknowledge();
  }

  void check() {
    ASSERT_TRUE(nodes_.contains(leader_)) << "somebody leads";
    auto& leader = *nodes_.at(leader_);
    SCOPED_TRACE(describe());
    const Bytes expected = bytes_of(*leader.log);
    for (auto& [id, node] : nodes_) {
      EXPECT_EQ(node->log->log_end_offset(), leader.log->log_end_offset()) << "replica " << id;
      EXPECT_EQ(node->log->high_watermark(), leader.log->log_end_offset()) << "replica " << id;
      EXPECT_TRUE(bytes_of(*node->log) == expected) << "replica " << id;
    }
    EXPECT_EQ(isr_.size(), 3u);
    if (unclean_) return;
    std::map<int64_t, std::string> stored;
    record::BatchRun run(expected);
    for (record::AnyBatch batch; run.next(batch);) {
      const auto payload = as_text(batch.v2().payload());
      stored[batch.base_offset] = std::string(payload.substr(payload.find('<'), 10));
    }
    for (const auto& [offset, value] : acknowledged_) {
      EXPECT_EQ(stored[offset], value) << "acknowledged at offset " << offset;
    }
  }
  size_t acknowledged() const { return acknowledged_.size(); }
  int32_t epochs() const { return epoch_; }

 private:
  struct Node {
    Node(Cluster& c, int32_t i) : id(i), logs(open_logs(dir.path(), scheduler, c.clock_, two_in_sync())) {
      env = {.broker_id = id, .clock = &c.clock_, .eligible = [&c](int32_t b) { return c.nodes_.at(b)->alive; }};
      log = *logs->get_or_create({"t", 0}, topic_id());
      start();
    }
    void start() {
      partition = std::make_shared<Partition>(TopicPartition{"t", 0}, env);
      partition->attach(log, topic_id());
    }

    const int32_t id;
    bool alive = true;
    TempDir dir;
    IdleScheduler scheduler;
    std::unique_ptr<storage::LogManager> logs;
    PartitionEnv env;
    std::shared_ptr<storage::Log> log;
    std::shared_ptr<Partition> partition;
    std::optional<FetchStart> at;     // as a follower
    int64_t checkpointed = 0;         // the high watermark that survives a crash
    std::deque<LeaderAndIsr> orders;  // of the controller, on their way
  };
  struct Waiting {
    int32_t node;
    std::shared_ptr<Partition> partition;
    LeaderAppend append;
    std::string value;
  };

  int pick(int bound) { return static_cast<int>(random_() % static_cast<uint32_t>(bound)); }
  Node& any() { return *nodes_.at(1 + pick(3)); }

  void step() {
    switch (pick(20)) {
      case 0:
      case 1:
      case 2:
      case 3:
        append(any());
        break;
      case 4:
        acknowledge();
        break;
      case 5:
        clock_.advance_ms(pick(15'000));
        break;
      case 6: {
        Node& node = any();
        if (node.alive) settle(node, node.partition->shrink_isr());
        break;
      }
      case 7:
      case 8:
        decide();
        break;
      case 9:
        if (pick(4) == 0) crash(any());
        break;
      case 10:
        for (auto& [id, node] : nodes_) {
          if (!node->alive && pick(2)) restart(*node);
        }
        break;
      case 11:
        if (pick(4) == 0) elect_someone();
        break;
      case 12:
        for (auto& [id, node] : nodes_) node->checkpointed = node->log->high_watermark();
        break;
      case 13:
      case 14:
        deliver(any());
        break;
      default:
        fetch(any());
    }
  }

  void append(Node& node) {
    if (!node.alive || !node.partition->is_leader()) return;
    char value[16];
    std::snprintf(value, sizeof value, "<%08d>", next_value_++);
    record::BatchBuilder builder;
    builder.append(1'700'000'000'000, std::nullopt, as_bytes(value));
    Bytes batch = builder.build();
    auto plan = record::validate(batch, {.now_ms = clock_.wall_ms()});
    ASSERT_TRUE(plan.ok());
    Effects effects;
    const int16_t acks = pick(3) ? -1 : 1;
    auto done = node.partition->append(*plan, acks, record::AppendOrigin::client, effects);
    settle(node, std::move(effects));
    if (done && acks == -1) waiting_.push_back({node.id, node.partition, *done, value});
  }

  void acknowledge() {
    std::erase_if(waiting_, [&](const Waiting& w) {
      const Node& node = *nodes_.at(w.node);
      if (!node.alive || node.partition != w.partition) return true;  // nobody was told
      auto state = w.partition->ack_state(w.append);
      if (state && *state == AckState::waiting) return false;
      if (state && *state == AckState::done) {
        auto [it, added] = acknowledged_.emplace(w.append.first_offset, w.value);
        EXPECT_TRUE(added || unclean_) << "offset " << w.append.first_offset << " was acknowledged twice";
      }
      return true;
    });
  }

  void fetch(Node& node) {
    const int32_t leader_id = node.partition->leader();
    if (!node.alive || leader_id < 0 || leader_id == node.id) return;
    Node& leader = *nodes_.at(leader_id);
    if (!leader.alive) return;
    if (!node.at) {
      auto start = node.partition->fetch_start();
      if (!start) return;
      node.at = *start;
    }
    Effects effects;
    auto read = leader.partition->read({.offset = node.at->offset,
                                        .max_bytes = 1 + pick(400),
                                        .bound = storage::ReadBound::log_end,
                                        .current_leader_epoch = node.at->leader_epoch,
                                        .last_fetched_epoch = node.at->last_fetched_epoch,
                                        .replica_id = node.id,
                                        .replica_log_start = node.log->log_start_offset()},
                                       effects);
    settle(leader, std::move(effects));
    if (!read) {
      if (read.error().code == ErrorCode::offset_out_of_range) out_of_range(node, leader);
      return;
    }
    if (read->diverging) {
      auto start = node.partition->truncate_to_epoch(*read->diverging, node.at->leader_epoch);
      ASSERT_TRUE(start.ok());
      node.at = *start;
      return;
    }
    Bytes bytes(static_cast<size_t>(read->records.length));
    if (!bytes.empty()) {
      ASSERT_TRUE(read->records.file->pread(bytes, read->records.offset).ok());
    }
    Effects mine;
    auto appended = node.partition->append_from_leader(bytes, node.at->offset, node.at->leader_epoch,
                                                       read->high_watermark, read->log_start_offset, mine);
    ASSERT_TRUE(appended.ok()) << appended.error().message;
    node.at->offset = appended->log_end_offset;
    node.at->last_fetched_epoch = node.log->latest_epoch();
  }

  void out_of_range(Node& node, Node& leader) {
    const int64_t end = leader.log->log_end_offset();
    if (end < node.log->log_end_offset()) {
      ASSERT_TRUE(node.partition->truncate_to(end, node.at->leader_epoch).ok());
    }
    node.at.reset();
  }

  void settle(Node& node, Effects effects) {
    if (effects.proposal) proposals_.push_back({node.id, node.partition, *effects.proposal});
  }

  // ---- The controller

  void decide() {
    if (proposals_.empty()) return;
    auto [id, partition, proposal] = proposals_.front();
    proposals_.pop_front();
    wire::Outcome<CommittedIsr> answer = wire::refuse(ErrorCode::none);
    const bool members_live =
        std::all_of(proposal.isr.begin(), proposal.isr.end(), [&](int32_t b) { return nodes_.at(b)->alive; });
    if (proposal.leader_epoch != epoch_) {
      answer = wire::refuse(ErrorCode::fenced_leader_epoch);
    } else if (proposal.partition_epoch != partition_epoch_) {
      answer = wire::refuse(ErrorCode::invalid_update_version);
    } else if (!members_live) {
      answer = wire::refuse(ErrorCode::ineligible_replica);
    } else {
      isr_ = proposal.isr;
      answer = CommittedIsr{leader_, epoch_, ++partition_epoch_, isr_};
    }
    Node& node = *nodes_.at(id);
    if (!node.alive || node.partition != partition) return;  // it asked, and died
    settle(node, partition->on_isr_answer(proposal, answer));
  }

  void elect_someone() {
    std::vector<int32_t> candidates;
    for (int32_t id : isr_) {
      if (nodes_.at(id)->alive) candidates.push_back(id);
    }
    if (candidates.empty() && unclean_) {
      for (auto& [id, node] : nodes_) {
        if (node->alive) candidates.push_back(id);
      }
      if (!candidates.empty()) {
        isr_ = {candidates[static_cast<size_t>(pick(static_cast<int>(candidates.size())))]};
        return elect(isr_[0]);
      }
    }
    if (candidates.empty()) {
      elect(-1);
    } else {
      elect(candidates[static_cast<size_t>(pick(static_cast<int>(candidates.size())))]);
    }
  }

  void elect(int32_t leader) {
    leader_ = leader;
    if (leader > 0) {
      std::erase_if(isr_, [&](int32_t id) { return !nodes_.at(id)->alive; });
    }
    ++epoch_;
    ++partition_epoch_;
    for (auto& [id, node] : nodes_) {
      if (node->alive) node->orders.push_back(state());
    }
  }

  LeaderAndIsr state() const {
    return {.leader = leader_,
            .leader_epoch = epoch_,
            .partition_epoch = partition_epoch_,
            .isr = isr_,
            .replicas = {1, 2, 3}};
  }

  void deliver(Node& node) {
    if (!node.alive || node.orders.empty()) return;
    const LeaderAndIsr order = node.orders.front();
    node.orders.pop_front();
    if (order.leader_epoch <= node.partition->leader_epoch()) return;
    if (order.leader == node.id) {
      auto effects = node.partition->make_leader(order);
      ASSERT_TRUE(effects.ok());
      settle(node, std::move(*effects));
    } else if (order.leader > 0) {
      node.partition->make_follower(order);
      node.at.reset();
    }
  }

  void crash(Node& node) {
    if (!node.alive) return;
    node.alive = false;
    node.orders.clear();
    node.at.reset();
    node.start();  // nothing is remembered but the log
    node.log->set_high_watermark(std::min(node.checkpointed, node.log->high_watermark()));
    const bool led = leader_ == node.id;
    if (isr_.size() > 1) std::erase(isr_, node.id);
    if (led) {
      elect_someone();
    } else {
      elect(leader_);
    }
  }

  void restart(Node& node) {
    node.alive = true;
    const bool may_lead = std::find(isr_.begin(), isr_.end(), node.id) != isr_.end();
    if (leader_ < 0 && (may_lead || unclean_)) {
      elect_someone();
    } else {
      node.orders.push_back(state());
    }
  }

  std::string describe() const {
    std::string text = "controller: leader " + std::to_string(leader_) + " epoch " + std::to_string(epoch_) + " isr";
    for (int32_t id : isr_) text += " " + std::to_string(id);
    for (const auto& [id, node] : nodes_) {
      const auto view = node->partition->view();
      text += "\nreplica " + std::to_string(id) + ": leader " + std::to_string(view.leader) + " epoch " +
              std::to_string(view.leader_epoch) + " log end " + std::to_string(node->log->log_end_offset()) +
              " high watermark " + std::to_string(node->log->high_watermark()) + " last epoch " +
              std::to_string(node->log->latest_epoch());
      if (node->at) text += " fetches " + std::to_string(node->at->offset);
      for (const auto& r : view.remotes)
        text += " [" + std::to_string(r.id) + ": " + std::to_string(r.log_end_offset) + "]";
    }
    return text;
  }

  static Bytes bytes_of(storage::Log& log) {
    Bytes all;
    for (int64_t at = log.log_start_offset(); at < log.log_end_offset();) {
      auto bytes = log.read_bytes(at, 1 << 20, storage::ReadBound::log_end);
      EXPECT_TRUE(bytes.ok());
      if (!bytes || bytes->empty()) break;
      record::BatchRun run(*bytes);
      for (record::AnyBatch batch; run.next(batch);) at = batch.last_offset + 1;
      all.insert(all.end(), bytes->begin(), bytes->end());
    }
    return all;
  }

  struct Asked {
    int32_t node;
    std::shared_ptr<Partition> partition;
    IsrProposal proposal;
  };

  const bool unclean_;
  std::mt19937 random_;
  ManualClock clock_;
  std::map<int32_t, std::unique_ptr<Node>> nodes_;
  int32_t leader_ = -1;
  int32_t epoch_ = -1;
  int32_t partition_epoch_ = -1;
  std::vector<int32_t> isr_{1, 2, 3};
  std::deque<Asked> proposals_;
  std::vector<Waiting> waiting_;
  std::map<int64_t, std::string> acknowledged_;
  int next_value_ = 0;
};

class ReplicationModel : public ::testing::TestWithParam<bool> {};

/// How many schedules to try; more of them by MEERKAT_SCHEDULES=N.
uint32_t schedules() {
  const char* asked = std::getenv("MEERKAT_SCHEDULES");
  return asked ? static_cast<uint32_t>(std::atoi(asked)) : 15;
}

TEST_P(ReplicationModel, KeepsWhatIsAcknowledgedAndAgreesInTheEnd) {
  size_t acknowledged = 0;
  int32_t epochs = 0;
  for (uint32_t seed = 1; seed <= schedules(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Cluster cluster({.seed = seed, .unclean = GetParam()});
    cluster.run(400);
    cluster.calm_down();
    cluster.check();
    if (HasFailure()) return;
    acknowledged += cluster.acknowledged();
    epochs += cluster.epochs();
  }
  EXPECT_GT(acknowledged, 2 * schedules()) << "the schedules make progress";
  EXPECT_GT(static_cast<uint32_t>(epochs), 2 * schedules()) << "and trouble";
}

INSTANTIATE_TEST_SUITE_P(Elections, ReplicationModel, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Unclean" : "Clean"; });

}  // namespace
}  // namespace meerkat::replica
