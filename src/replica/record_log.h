// An internal topic as its coordinator uses it: records of its own to append, and all of them to read when it takes a
// partition over.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/task.h"
#include "event/loop.h"
#include "replica/context.h"
#include "wire/error.h"

namespace meerkat::replica {

/// Thread-safe where nothing else is said.
class RecordLog {
 public:
  virtual ~RecordLog() = default;

  /// How an append is to be done.
  struct Terms {
    /// Where append() is called, and `done`.
    event::Loop& loop;
    /// For how long to wait for the in-sync replicas.
    std::chrono::milliseconds timeout;
    /// -1: `done` waits for all in-sync replicas; 1: only until the records are in the log here.
    int16_t acks = -1;
    /// Where the batch is part of a transaction.
    storage::VerificationGuard guard = {};
    /// NOT_LEADER_OR_FOLLOWER, and nothing written, under any other leader epoch; -1: whatever it is.
    int32_t leader_epoch = -1;
  };
  /// Appends one batch to a partition. `done` gets the first offset, on the loop, maybe before this returns. Appends of
  /// one loop reach the log in the order of the calls.
  virtual void append(int32_t partition, const Terms& terms, Bytes batch, Callback<wire::Outcome<int64_t>> done) = 0;
  /// Gives all that the log holds now to `sink`, in pieces of whole batches, until that returns false. Blocks on the
  /// disk.
  virtual wire::Outcome<void> read(int32_t partition, const std::function<bool(ByteView)>& sink) = 0;
  /// `done` once all in-sync replicas have what the log holds now: a new leader may have records that another one would
  /// not have. On the loop, maybe before this returns; NOT_LEADER_OR_FOLLOWER under another leader epoch.
  virtual void await_replicas(int32_t partition, const Terms& terms, Callback<wire::Outcome<void>> done) = 0;
  /// How many partitions the topic has, or will have.
  virtual int32_t partition_count() const = 0;
};

/// The real one: the topic's partitions as they are led here.
class ReplicatedRecordLog : public RecordLog {
 public:
  struct Settings {
    std::string topic;
    int32_t load_buffer_bytes = 5 * 1024 * 1024;  // a read
    int32_t partitions = 50;                      // until the topic is known
  };
  /// `replicas` outlives this.
  ReplicatedRecordLog(ReplicaContext& replicas, Settings settings);
  void append(int32_t partition, const Terms& terms, Bytes batch, Callback<wire::Outcome<int64_t>> done) override;
  wire::Outcome<void> read(int32_t partition, const std::function<bool(ByteView)>& sink) override;
  void await_replicas(int32_t partition, const Terms& terms, Callback<wire::Outcome<void>> done) override;
  int32_t partition_count() const override;

 private:
  ReplicaContext& replicas_;
  const Settings settings_;
};

/// What an append's failure means to a client of the coordinator: to look for another one, to try again, or that the
/// record is too large, for which the caller names the code.
wire::ErrorCode coordinator_error(wire::ErrorCode append, wire::ErrorCode too_large);

}  // namespace meerkat::replica
