// Reads assigned partitions from their leaders ahead of the reader, and follows them when they move.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/topic_partition.h"
#include "client/cluster.h"
#include "client/signal.h"
#include "record/format.h"
#include "wire/messages/01_fetch.h"

namespace meerkat::client {

/// A record that was read; owns its bytes.
struct ConsumedRecord {
  std::string topic;
  int32_t partition = -1;
  int64_t offset = -1;
  int64_t timestamp = -1;  // wall ms
  record::TimestampType timestamp_type = record::TimestampType::create_time;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

/// Names and defaults are those of Kafka's consumer.
struct FetchOptions {
  bool read_committed = false;  // isolation.level
  int32_t fetch_min_bytes = 1;
  int32_t fetch_max_bytes = 50 << 20;
  int32_t max_partition_fetch_bytes = 1 << 20;
  std::chrono::milliseconds fetch_max_wait{500};
  std::chrono::milliseconds retry_backoff{100};
  std::string client_rack;  // a replica there may be read instead of the leader (KIP-392)
};

/// Used from one thread; fetching goes on on the network's loop. Pokes the signal when something can be taken.
class Fetcher : public std::enable_shared_from_this<Fetcher> {
 public:
  Fetcher(Cluster& cluster, FetchOptions options, std::shared_ptr<Signal> signal);
  /// Touches the cluster no more: to be called before that goes. What is under way is dropped.
  void stop();

  /// Reads just these from now on. Those that were read before go on where they were; new ones have no position.
  void keep_only(const std::set<TopicPartition>& partitions);
  /// The next record to be given is the one at `offset`. What was fetched of the partition is dropped.
  void seek(const TopicPartition& partition, int64_t offset);
  void pause(const TopicPartition& partition, bool paused);
  std::set<TopicPartition> paused() const;
  std::set<TopicPartition> partitions() const;
  /// The offset of the next record that take() will give; -1 if there is none yet, or the partition is not read.
  int64_t position(const TopicPartition& partition) const;
  std::map<TopicPartition, int64_t> positions() const;
  /// Partitions that wait for a seek(): new ones, and those whose position is out of range.
  struct Lost {
    TopicPartition partition;
    bool out_of_range = false;
  };
  std::vector<Lost> without_position() const;
  /// The end that the last fetch saw: high watermark, or last stable offset with read_committed; -1 before.
  int64_t known_end(const TopicPartition& partition) const;

  /// Asks for more where nothing is left.
  void fetch();
  /// Up to `limit` records that are here already. An error that does not pass by itself comes when they are taken:
  /// a topic that is gone, corrupt data; seek() or keep_only() without the partition ends it.
  wire::Outcome<std::vector<ConsumedRecord>> take(size_t limit);

 private:
  struct State {
    int64_t fetch_from = -1;  // the next offset to ask for
    int64_t position = -1;    // the next offset to be handed out
    int64_t end = -1;
    bool out_of_range = false;
    bool paused = false;
    uint64_t seeks = 0;  // answers to fetches of before a seek do not count
    std::chrono::steady_clock::time_point not_before{};
    std::deque<ConsumedRecord> ready;
    std::optional<wire::Failure> failed;
    std::optional<int32_t> preferred_replica;
    /// Whether the next records are to be asked for.
    bool hungry() const;
  };
  using Asked = std::map<TopicPartition, uint64_t>;  // and the seeks they had

  void fetch_where_idle();  // loop thread
  void on_fetch(const HostPort& broker, const Asked& asked, const Result<wire::FetchResponse>& answer);
  std::optional<HostPort> source(const ClusterView& view, const TopicPartition& partition, const State& state) const;
  wire::Outcome<void> take_in(const TopicPartition& partition, const wire::FetchResponse::PartitionData& data,
                              State& state) REQUIRES(mutex_);

  Cluster& cluster_;
  const FetchOptions options_;
  const std::shared_ptr<Signal> signal_;
  mutable Mutex mutex_;
  std::map<TopicPartition, State> partitions_ GUARDED_BY(mutex_);
  std::set<HostPort> asking_ GUARDED_BY(mutex_);  // one fetch a broker at a time
  TopicPartition last_taken_ GUARDED_BY(mutex_);
  bool posted_ GUARDED_BY(mutex_) = false;
  bool stopped_ GUARDED_BY(mutex_) = false;
  event::Timer timer_;  // loop thread
};

/// The records of fetched bytes from `from` on, appended to `out`. Leaves out control records, and with `aborted`
/// (read_committed) those of aborted transactions. Returns the next offset to ask for.
wire::Outcome<int64_t> decode_records(const TopicPartition& partition, ByteView records, int64_t from,
                                      std::vector<wire::FetchResponse::AbortedTransaction> aborted,
                                      std::deque<ConsumedRecord>& out);

}  // namespace meerkat::client
