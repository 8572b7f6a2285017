// A producer: batches records by partition, sends them to the leaders, tries again what may succeed later.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/topic_partition.h"
#include "client/cluster.h"
#include "client/partitioner.h"
#include "client/transactions.h"
#include "record/builder.h"
#include "wire/messages/00_produce.h"
#include "wire/messages/22_init_producer_id.h"

namespace meerkat::client {

/// Names and defaults are those of Kafka's producer.
struct ProducerOptions {
  int16_t acks = -1;               // 0: none, 1: the leader, -1: all in-sync replicas
  bool enable_idempotence = true;  // only with acks -1
  record::Codec compression = record::Codec::none;
  std::optional<int> compression_level;
  Partitioner partitioner = Partitioner::automatic;
  size_t batch_size = 16'384;
  std::chrono::milliseconds linger{0};
  size_t buffer_memory = 32 << 20;
  std::chrono::milliseconds request_timeout{30'000};
  std::chrono::milliseconds delivery_timeout{120'000};
  std::chrono::milliseconds retry_backoff{100};
  std::chrono::milliseconds max_block{60'000};
  std::optional<std::string> transactional_id;  // asks for acks -1 and idempotence
  std::chrono::milliseconds transaction_timeout{60'000};
};

struct RecordToSend {
  std::string topic;
  std::optional<int32_t> partition;  // nothing: the partitioner decides
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  std::optional<int64_t> timestamp;  // wall ms; nothing: now
};

/// Where a record went.
struct Delivered {
  std::string topic;
  int32_t partition = -1;
  int64_t offset = -1;     // -1 with acks=0
  int64_t timestamp = -1;  // wall ms
};
using OnDelivery = Callback<wire::Outcome<Delivered>>;

/// Thread-safe; callbacks run on the network's loop. One batch of a partition is in flight at a time, so that order
/// holds through retries; different partitions do not wait for each other.
class Producer {
 public:
  /// `cluster` outlives this.
  Producer(Cluster& cluster, ProducerOptions options);
  /// Flushes.
  ~Producer();

  /// Queues a record; blocks while the buffer is full, or the topic's partitions are not known yet (max_block). Errors
  /// that come later, and success, go to `done` (may be null). Returns what can be said at once.
  wire::Outcome<void> send(RecordToSend record, OnDelivery done);
  /// Waits until everything sent so far is delivered or has failed.
  void flush();

  // ---- With a transactional_id; one thread at a time, which may be another one than the senders'. After an error a
  // transaction can only be aborted; errors of abort_transaction(), and of what follows it, end the producer.
  /// First of all: takes over from earlier producers of the same transactional id.
  wire::Outcome<void> init_transactions();
  wire::Outcome<void> begin_transaction();
  /// The group's offsets are committed together with the records. `who`: the consumer that read up to them.
  wire::Outcome<void> send_offsets_to_transaction(const Offsets& offsets, const std::string& group,
                                                  const CommitIdentity& who = {});
  /// Delivers what has been sent, then commits. An error leaves the transaction open.
  wire::Outcome<void> commit_transaction();
  /// Drops what has not been sent yet, then aborts.
  wire::Outcome<void> abort_transaction();

 private:
  struct Batch {
    record::BatchBuilder builder;
    std::vector<OnDelivery> callbacks;
    std::vector<int64_t> timestamps;
    size_t bytes = 0;  // as counted against buffer_memory
    std::chrono::steady_clock::time_point born;
    Bytes encoded;  // set when it is first sent; sent again as it is
  };
  struct Queue {
    std::deque<std::unique_ptr<Batch>> batches;  // the last one may still take records
    std::unique_ptr<Batch> in_flight;
    std::chrono::steady_clock::time_point not_before{};
    int32_t next_sequence = 0;
    bool looking_for_leader = false;
  };
  wire::Outcome<int32_t> choose_partition(const RecordToSend& record);
  wire::Outcome<void> identify();
  wire::Outcome<void> end_transaction(bool commit);
  /// Fails all batches that are not on their way.
  void discard_queued();
  void take_identity(const ProducerIdentity& identity);
  /// All callbacks of a batch have been called.
  void settle(const Batch& batch);
  // Loop thread.
  void drain();
  bool ready(const Queue& queue, std::chrono::steady_clock::time_point now) const REQUIRES(mutex_);
  void close_batch(Queue& queue, Batch& batch) REQUIRES(mutex_);
  void send_to(const HostPort& leader, const std::vector<TopicPartition>& partitions);
  void on_answer(const std::vector<TopicPartition>& partitions, Result<wire::ProduceResponse> answer);
  void on_unanswered(const std::vector<TopicPartition>& partitions, const Status& sent);
  void finish(const TopicPartition& partition, const wire::ProduceResponse::PartitionProduceResponse& result);
  void fail_or_retry(const TopicPartition& partition, wire::ErrorCode code, const std::string& why);
  void complete(const TopicPartition& partition, wire::Outcome<int64_t> base_offset, int64_t append_time);
  void schedule(std::chrono::milliseconds delay);

  Cluster& cluster_;
  const ProducerOptions options_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::map<TopicPartition, Queue> queues_ GUARDED_BY(mutex_);
  std::map<std::string, StickyPartitioner> sticky_ GUARDED_BY(mutex_);
  std::map<std::string, uint32_t> turn_ GUARDED_BY(mutex_);  // of round_robin, by topic
  size_t buffered_ GUARDED_BY(mutex_) = 0;
  size_t undelivered_ GUARDED_BY(mutex_) = 0;
  bool flushing_ GUARDED_BY(mutex_) = false;
  bool drain_posted_ GUARDED_BY(mutex_) = false;
  std::optional<ProducerIdentity> identity_ GUARDED_BY(mutex_);
  bool aborting_ GUARDED_BY(mutex_) = false;
  const std::unique_ptr<Transactions> transactions_;  // null without a transactional id
  event::Timer timer_;                                // loop thread
};

}  // namespace meerkat::client
