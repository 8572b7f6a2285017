// A consumer of assigned partitions: fetches from the leaders ahead of the reader, and follows them when they move.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/topic_partition.h"
#include "client/cluster.h"
#include "record/format.h"
#include "wire/messages/01_fetch.h"
#include "wire/messages/02_list_offsets.h"

namespace meerkat::client {

/// Names and defaults are those of Kafka's consumer.
struct ConsumerOptions {
  bool read_committed = false;  // isolation.level
  enum class Reset { earliest, latest, none } auto_offset_reset = Reset::latest;
  int32_t fetch_min_bytes = 1;
  int32_t fetch_max_bytes = 50 << 20;
  int32_t max_partition_fetch_bytes = 1 << 20;
  std::chrono::milliseconds fetch_max_wait{500};
  std::chrono::milliseconds retry_backoff{100};
};

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

/// Special positions, as ListOffsets has them.
inline constexpr int64_t kLatest = -1;
inline constexpr int64_t kEarliest = -2;
inline constexpr int64_t kMaxTimestamp = -3;

/// Used from one thread; fetching goes on on the network's loop.
class Consumer {
 public:
  /// `cluster` outlives this.
  Consumer(Cluster& cluster, ConsumerOptions options);
  ~Consumer();

  /// Reads these partitions from now on, from the given offsets (kEarliest, kLatest, or an offset >= 0).
  wire::Outcome<void> assign(const std::map<TopicPartition, int64_t>& positions);
  /// The records that are there, waiting up to `timeout` for the first one. Empty after the timeout. Errors that do not
  /// pass by themselves end the reading: OFFSET_OUT_OF_RANGE without a reset, a topic that is gone, corrupt data.
  wire::Outcome<std::vector<ConsumedRecord>> poll(std::chrono::milliseconds timeout);
  /// The offset of the next record of a partition that poll() will give; -1 if it is not assigned.
  int64_t position(const TopicPartition& partition) const;
  /// The end that the last fetch saw: high watermark, or last stable offset with read_committed; -1 before.
  int64_t known_end(const TopicPartition& partition) const;

 private:
  struct State {
    int64_t fetch_from = -1;  // the next offset to ask for
    int64_t position = -1;    // the next offset to be handed out
    int64_t end = -1;
    bool busy = false;  // a fetch is under way, or what it brought is not read yet
    std::chrono::steady_clock::time_point not_before{};
  };

  void fetch_where_idle();  // loop thread
  void on_fetch(uint64_t generation, const std::vector<TopicPartition>& asked, Result<wire::FetchResponse> answer);
  wire::Outcome<void> take(const std::string& topic, const wire::FetchResponse::PartitionData& data) REQUIRES(mutex_);
  wire::Outcome<void> decode(const TopicPartition& partition, const wire::FetchResponse::PartitionData& data,
                             State& state) REQUIRES(mutex_);
  void reset(const TopicPartition& partition, State& state) REQUIRES(mutex_);

  Cluster& cluster_;
  const ConsumerOptions options_;
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::map<TopicPartition, State> partitions_ GUARDED_BY(mutex_);
  std::deque<ConsumedRecord> ready_ GUARDED_BY(mutex_);
  std::optional<wire::Failure> failed_ GUARDED_BY(mutex_);
  uint64_t generation_ GUARDED_BY(mutex_) = 0;
  int in_flight_ GUARDED_BY(mutex_) = 0;
  bool closing_ GUARDED_BY(mutex_) = false;
  event::Timer timer_;  // loop thread
};

/// The offsets of many partitions at a timestamp (wall ms) or a special position, asked of their leaders. Blocks.
/// A partition without such an offset has none in the answer.
wire::Outcome<std::map<TopicPartition, int64_t>> list_offsets(Cluster& cluster,
                                                              const std::vector<TopicPartition>& partitions,
                                                              int64_t timestamp, bool read_committed = false);

}  // namespace meerkat::client
