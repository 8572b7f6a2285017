// Two producers, a coordinator that may crash at every step, two partitions and a consumer under read_committed, in
// random interleavings: a transaction is seen as a whole or not at all, as its producer was told.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <vector>

#include "txn/events.h"
#include "txn/loader.h"
#include "txn/records.h"

namespace meerkat::txn {
namespace {

using wire::ErrorCode;

constexpr int kPartitions = 2;
constexpr int64_t kTimeoutMs = 1000;

TopicPartition partition_name(int index) { return {"t", index}; }

/// What the leaders of two partitions have: the log, and the producers' states.
class DataPartition {
 public:
  struct Entry {
    Producer producer;
    int value = 0;  // of data
    bool is_marker = false;
    bool commit = false;
  };

  bool append(Producer producer, int value) {
    auto& state = producers_.try_emplace(producer.id).first->second;
    if (producer.epoch < state.epoch) return false;
    state.epoch = producer.epoch;
    if (!state.open_since) state.open_since = log_.size();
    log_.push_back({producer, value});
    return true;
  }
  ErrorCode mark(Producer producer, bool commit, int coordinator_epoch) {
    auto& state = producers_.try_emplace(producer.id).first->second;
    if (coordinator_epoch < state.coordinator_epoch) return ErrorCode::transaction_coordinator_fenced;
    if (producer.epoch < state.epoch) return ErrorCode::invalid_producer_epoch;
    state = {producer.epoch, coordinator_epoch, std::nullopt};
    log_.push_back({producer, 0, true, commit});
    return ErrorCode::none;
  }
  bool any_open() const {
    return std::any_of(producers_.begin(), producers_.end(), [](const auto& p) { return p.second.open_since; });
  }
  /// What a consumer reads: up to the first open transaction, without aborted ones.
  std::vector<int> committed() const {
    size_t stable = log_.size();
    for (const auto& [id, state] : producers_) stable = std::min(stable, state.open_since.value_or(stable));
    std::vector<int> values;
    for (size_t i = 0; i < stable; ++i) {
      if (!log_[i].is_marker && ends_in_commit(i)) values.push_back(log_[i].value);
    }
    return values;
  }

 private:
  struct ProducerState {
    int16_t epoch = -1;
    int coordinator_epoch = -1;
    std::optional<size_t> open_since;
  };
  bool ends_in_commit(size_t index) const {
    for (size_t i = index; i < log_.size(); ++i) {
      if (log_[i].is_marker && log_[i].producer.id == log_[index].producer.id) return log_[i].commit;
    }
    return false;
  }

  std::vector<Entry> log_;
  std::map<int64_t, ProducerState> producers_;
};

/// Where a producer stands with its transaction.
struct Client {
  enum class Phase { init, add, produce, end } phase = Phase::init;
  std::string id;
  Producer producer;
  int transaction = 0;  // its number; values are made of it
  std::set<int> added;
  std::set<int> produced;
  bool commit = false;
  bool waits = false;  // for the answer to a request
};

enum class Told { nothing, committed, aborted };

class World {
 public:
  World(uint32_t seed, bool same_id, std::optional<int> crash_at) : random_(seed), crash_at_(crash_at) {
    clients_[0].id = "a";
    clients_[1].id = same_id ? "a" : "b";
    take_over();
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      if (crash_at_ == i || (!crash_at_ && one_in(60))) crash();
      step();
      look();
    }
  }
  /// No more requests and no more failures; what is open times out.
  void calm_down() {
    for (int round = 0; round < 10'000 && (!appends_.empty() || !markers_.empty()); ++round) settle();
    wall_ms_ += 2 * kTimeoutMs;
    for (auto& [id, txn] : transactions_) carry_out(txn, time_out(txn, wall_ms_), nullptr);
    for (int round = 0; round < 10'000 && (!appends_.empty() || !markers_.empty()); ++round) settle();
    look();
  }

  void check() {
    for (const auto& [id, txn] : transactions_) {
      EXPECT_TRUE(may_follow(txn.now.state, State::dead)) << id << " is " << name(txn.now.state);
    }
    std::map<int, std::vector<int>> seen;  // transaction → how many of its values in each partition
    for (int p = 0; p < kPartitions; ++p) {
      EXPECT_FALSE(partitions_[p].any_open());
      std::map<int, int> count;
      for (int value : read_[p]) ++count[value];
      for (const auto& [transaction, produced] : produced_) {
        if (!produced.contains(p)) continue;
        EXPECT_LE(count[transaction], 1) << "read once";
        seen[transaction].push_back(count[transaction]);
      }
    }
    for (const auto& [transaction, counts] : seen) {
      const int first = counts.front();
      for (int c : counts) EXPECT_EQ(c, first) << "transaction " << transaction << " as a whole or not at all";
      if (told_[transaction] == Told::nothing) continue;
      EXPECT_EQ(first, told_[transaction] == Told::committed ? 1 : 0) << "transaction " << transaction;
    }
  }
  int committed() const {
    return static_cast<int>(
        std::count_if(told_.begin(), told_.end(), [](const auto& t) { return t.second == Told::committed; }));
  }

 private:
  struct Append {
    std::string id;
    Write write;
    Client* client = nullptr;
    size_t index = 0;  // in the log
  };
  struct Marker {
    std::string id;
    Producer producer;
    bool commit = false;
    int partition = 0;
    int epoch = 0;
  };

  int below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  bool one_in(int n) { return below(n) == 0; }

  void step() {
    ++wall_ms_;
    switch (below(4)) {
      case 0:
      case 1:
        return request(clients_[below(2)]);
      case 2:
        return settle();
      default:
        if (one_in(20)) {
          wall_ms_ += kTimeoutMs;
          for (auto& [id, txn] : transactions_) carry_out(txn, time_out(txn, wall_ms_), nullptr);
        } else {
          settle();
        }
    }
  }

  // ---- Producers

  void request(Client& client) {
    if (client.waits) {
      // Its patience ends, and it repeats the request; the answer to the first one is lost.
      if (!one_in(10)) return;
      abandon(client);
    }
    if (one_in(15)) return;  // the request is lost
    if (client.phase == Client::Phase::init) return init(client, {});
    auto it = transactions_.find(client.id);
    if (it == transactions_.end()) return restart(client);
    Transaction& txn = it->second;
    if (client.phase == Client::Phase::add) {
      const int p = client.added.empty() ? below(kPartitions) : 1 - *client.added.begin();
      asked_ = p;
      return carry_out(txn, add_partitions(txn, client.producer, {partition_name(p)}, wall_ms_), &client);
    }
    if (client.phase == Client::Phase::produce) return produce(client, txn);
    carry_out(txn, end(txn, client.producer, client.commit, wall_ms_), &client);
  }

  void init(Client& client, std::optional<int64_t> fresh_id) {
    if (!transactions_.contains(client.id)) {
      transactions_[client.id] = new_transaction(client.id, ++last_producer_id_, kTimeoutMs, wall_ms_);
    }
    Transaction& txn = transactions_[client.id];
    const InitEvent event{.timeout_ms = kTimeoutMs, .expected = std::nullopt, .fresh_id = fresh_id};
    Step step = init_producer(txn, event, wall_ms_);
    if (step.needs_producer_id) return init(client, ++last_producer_id_);
    carry_out(txn, std::move(step), &client);
  }

  void produce(Client& client, Transaction& txn) {
    for (int p : client.added) {
      if (client.produced.contains(p)) continue;
      // As its leader does before the first batch of a transaction.
      const ErrorCode verified = verify_partition(txn, client.producer, partition_name(p));
      if (verified != ErrorCode::none || !partitions_[p].append(client.producer, client.transaction)) {
        return restart(client);
      }
      produced_[client.transaction].insert(p);
      client.produced.insert(p);
      break;
    }
    if (client.produced == client.added) {
      const bool more = client.added.size() < kPartitions && one_in(2);
      client.phase = more ? Client::Phase::add : Client::Phase::end;
      client.commit = !one_in(3);
    }
  }

  /// It does not know what became of its transaction.
  void restart(Client& client) {
    Client fresh;
    fresh.id = client.id;
    abandon(client);
    client = fresh;
  }
  void abandon(Client& client) {
    client.waits = false;
    for (Append& append : appends_) {
      if (append.client == &client) append.client = nullptr;
    }
  }
  void begin(Client& client) {
    client.phase = Client::Phase::add;
    client.transaction = ++last_transaction_;
    client.added.clear();
    client.produced.clear();
  }

  void answer(Client* client, ErrorCode error, const Write* write) {
    if (client == nullptr) return;
    client->waits = false;
    if (error == ErrorCode::concurrent_transactions || error == ErrorCode::not_coordinator) return;  // it tries again
    if (error != ErrorCode::none) return restart(*client);
    switch (client->phase) {
      case Client::Phase::init:
        if (write->why == Write::Why::fence) return;
        client->producer = write->next.producer;
        return begin(*client);
      case Client::Phase::add:
        client->added.insert(write != nullptr ? asked_of(*write, *client) : asked_);
        client->phase = Client::Phase::produce;
        return;
      case Client::Phase::produce:
        return;
      case Client::Phase::end:
        told_[client->transaction] = client->commit ? Told::committed : Told::aborted;
        return begin(*client);
    }
  }
  static int asked_of(const Write& write, const Client& client) {
    for (const auto& tp : write.next.partitions) {
      if (!client.added.contains(tp.partition)) return tp.partition;
    }
    return write.next.partitions.begin()->partition;
  }

  // ---- Coordinator

  void carry_out(Transaction& txn, Step step, Client* client) {
    if (!step.write) return answer(client, step.error, nullptr);
    if (client != nullptr) client->waits = true;
    write(txn, std::move(*step.write), client);
  }
  void write(Transaction& txn, Write write, Client* client) {
    log_.push_back(state_batch(txn.id, write.next, wall_ms_));
    appends_.push_back({txn.id, std::move(write), client, log_.size() - 1});
  }

  /// The oldest append reaches the replicas, or a marker its partition.
  void settle() {
    if (!appends_.empty() && (markers_.empty() || one_in(2))) {
      Append append = std::move(appends_.front());
      appends_.pop_front();
      replicated_ = append.index + 1;
      Transaction& txn = transactions_.at(append.id);
      const Stored then = stored(txn, append.write, ErrorCode::none, wall_ms_);
      answer(append.client, then.answer, &append.write);
      if (then.send_markers) send_markers(txn);
      return;
    }
    if (markers_.empty()) return;
    const auto at = markers_.begin() + below(static_cast<int>(markers_.size()));
    const Marker marker = *at;
    ErrorCode error = partitions_[marker.partition].mark(marker.producer, marker.commit, marker.epoch);
    if (one_in(8)) return;  // the answer is late: it is sent once more
    markers_.erase(at);
    auto it = transactions_.find(marker.id);
    if (marker.epoch != epoch_ || it == transactions_.end()) return;
    Transaction& txn = it->second;
    if (!txn.completion || txn.now.producer != marker.producer) return;
    ASSERT_NE(on_marker(txn, partition_name(marker.partition), error), MarkerFate::give_up) << wire::name(error);
    if (txn.now.partitions.empty()) write(txn, *txn.completion, nullptr);
  }
  void send_markers(Transaction& txn) {
    for (const auto& tp : txn.now.partitions) {
      markers_.push_back({txn.id, txn.now.producer, txn.now.state == State::prepare_commit, tp.partition, epoch_});
    }
  }

  void crash() {
    for (Append& append : appends_) {
      if (append.client != nullptr) append.client->waits = false;
    }
    appends_.clear();
    transactions_.clear();
    // Some of what was not replicated may have been, all the same.
    log_.resize(replicated_ + static_cast<size_t>(below(static_cast<int>(log_.size() - replicated_) + 1)));
    replicated_ = log_.size();
    take_over();
  }
  void take_over() {
    ++epoch_;
    Loader loader;
    for (const Bytes& batch : log_) loader.add(batch);
    for (auto& [id, details] : loader.take()) {
      Transaction& txn = transactions_[id];
      txn.id = id;
      txn.now = details;
    }
    for (auto& [id, txn] : transactions_) {
      if (loaded(txn, wall_ms_)) send_markers(txn);
    }
  }

  // ---- Consumer

  /// What was read once stays.
  void look() {
    for (int p = 0; p < kPartitions; ++p) {
      auto now = partitions_[p].committed();
      ASSERT_LE(read_[p].size(), now.size());
      ASSERT_TRUE(std::equal(read_[p].begin(), read_[p].end(), now.begin()));
      read_[p] = std::move(now);
    }
  }

  std::mt19937 random_;
  const std::optional<int> crash_at_;
  int64_t wall_ms_ = 1'000'000;
  int64_t last_producer_id_ = 0;
  int last_transaction_ = 0;
  int asked_ = 0;  // the partition of the last AddPartitionsToTxn
  int epoch_ = 0;
  Client clients_[2];
  std::map<std::string, Transaction> transactions_;
  std::vector<Bytes> log_;
  size_t replicated_ = 0;
  std::deque<Append> appends_;
  std::vector<Marker> markers_;
  DataPartition partitions_[kPartitions];
  std::vector<int> read_[kPartitions];
  std::map<int, std::set<int>> produced_;
  std::map<int, Told> told_;
};

int play(uint32_t seed, bool same_id, std::optional<int> crash_at, int steps) {
  SCOPED_TRACE("seed " + std::to_string(seed) + (same_id ? ", one id" : ", two ids") +
               (crash_at ? ", crash at step " + std::to_string(*crash_at) : ""));
  World world(seed, same_id, crash_at);
  world.run(steps);
  world.calm_down();
  world.check();
  return world.committed();
}

TEST(Model, RandomInterleavingsWithCrashes) {
  int committed = 0;
  for (uint32_t seed = 0; seed < 600 && !HasFailure(); ++seed) {
    committed += play(seed, seed % 2 == 0, std::nullopt, 1000);
  }
  EXPECT_GT(committed, 600) << "the model must get somewhere";
}

TEST(Model, ACrashAtEveryStep) {
  constexpr int kSteps = 250;
  for (uint32_t seed = 0; seed < 12; ++seed) {
    for (int crash_at = 0; crash_at < kSteps && !HasFailure(); ++crash_at) play(seed, seed % 2 == 0, crash_at, kSteps);
  }
}

}  // namespace
}  // namespace meerkat::txn
