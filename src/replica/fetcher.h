// Copies partitions from one leader: one connection, one fetch in flight, on one loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "event/loop.h"
#include "net/outbound.h"
#include "replica/context.h"
#include "replica/fetcher_session.h"
#include "wire/messages/01_fetch.h"
#include "wire/messages/02_list_offsets.h"

namespace meerkat::replica {

/// Kafka's replica.* configs of the follower side.
struct FetcherSettings {
  std::string listener = "PLAINTEXT";  // the brokers' endpoint to connect to (inter.broker.listener.name)
  int32_t num_replica_fetchers = 1;
  int32_t wait_max_ms = 500;                // replica.fetch.wait.max.ms
  int32_t min_bytes = 1;                    // replica.fetch.min.bytes
  int32_t max_bytes = 1 << 20;              // replica.fetch.max.bytes, a partition
  int32_t response_max_bytes = 10 << 20;    // replica.fetch.response.max.bytes
  int32_t backoff_ms = 1000;                // replica.fetch.backoff.ms
  int32_t socket_timeout_ms = 30'000;       // replica.socket.timeout.ms
  int32_t receive_buffer_bytes = 64 << 10;  // replica.socket.receive.buffer.bytes
};

/// Lives on its loop: made, called and destroyed there.
class Fetcher {
 public:
  /// `index`: its number among the fetchers of this broker for that leader.
  Fetcher(ReplicaContext& context, const FetcherSettings& settings, event::Loop& loop, int32_t leader, int32_t index);
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  /// Begins to copy it, from where its log ends.
  void follow(std::shared_ptr<Partition> partition);
  void unfollow(const TopicPartition& tp);
  bool idle() const { return followed_.empty(); }

 private:
  struct Followed {
    std::shared_ptr<Partition> partition;
    FetchStart at;
    int64_t retry_at_ms = 0;  // monotonic; left out of fetches before
    int failures = 0;         // in a row
    bool asked = false;       // part of the fetch in flight
    bool caught_up = false;   // as of the last answer; throttled only while it is not
    bool looking_up = false;  // its offset is out of range, and the leader was asked for the right one
  };
  using Data = wire::FetchResponse::PartitionData;

  void fetch_soon(std::chrono::milliseconds delay);
  void fetch();
  // A fetch may wait long for records of other partitions, while a leader just elected waits for this follower.
  void interrupt();
  bool connect();
  /// The next fetch tells the leader that we have what came before; with flush.messages=1 that has to be durable first.
  bool flushing() const;
  bool is_throttled_here(const TopicPartition& tp, const storage::Log& log) const;
  WantedPartitions wanted(bool& by_id, int64_t& next_retry_ms);
  void on_answer(Result<net::Frame> answer, int16_t version);
  void on_data(const TopicPartition& tp, Followed& followed, const Data& data);
  void append(const TopicPartition& tp, Followed& followed, const Data& data);
  void on_error(const TopicPartition& tp, Followed& followed, wire::ErrorCode code);
  void give_up(const TopicPartition& tp, const std::string& why);
  void back_off(Followed& followed);

  // Out of range: asks the leader for its log end, then its log start.
  void look_up(const TopicPartition& tp, int64_t timestamp);
  void on_offset(const TopicPartition& tp, int32_t leader_epoch, int64_t timestamp, Result<net::Frame> answer);
  void restart(const TopicPartition& tp, Followed& followed, int64_t timestamp, int64_t leader_offset);

  ReplicaContext& context_;
  const FetcherSettings& settings_;
  event::Loop& loop_;
  const int32_t leader_;
  const std::string client_id_;
  std::map<TopicPartition, Followed> followed_;
  FetcherSession session_;
  std::unique_ptr<net::Outbound> connection_;
  event::Timer timer_;
  event::Timer interruption_;
  int32_t next_correlation_id_ = 0;
  bool in_flight_ = false;
  bool interrupted_ = false;  // on purpose: the fetch in flight fails, and is no failure
  bool reachable_ = true;     // so that a leader that is away is logged once
};

}  // namespace meerkat::replica
