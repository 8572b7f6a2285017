// Moves replicas between the log directories of this broker (KIP-113): copies a log beside itself until the copy has
// all, then lets it take its place.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/topic_partition.h"
#include "replica/apply.h"
#include "replica/context.h"
#include "replica/throttle.h"
#include "wire/error.h"

namespace meerkat::replica {

/// One thread, "move-dirs", copies; what changes which log a partition has runs on the state thread.
class DirMover {
 public:
  /// Begins with the copies that an earlier run has left. All arguments outlive this.
  DirMover(ReplicaContext& context, StateChanges& state_changes);
  ~DirMover();  // stop()

  /// replica.alter.log.dirs.io.max.bytes.per.second
  void set_limit(int64_t bytes_per_second) { throttle_.set_limit(bytes_per_second); }
  /// State thread: moves a partition to `dir`, or remembers the directory for when it is created. LOG_DIR_NOT_FOUND:
  /// no log.dirs entry is called so; KAFKA_STORAGE_ERROR: the directory or the log is offline; REPLICA_NOT_AVAILABLE:
  /// there is no such replica here (yet); INVALID_TOPIC_EXCEPTION: the name is too long for a copy's directory.
  wire::ErrorCode alter(const TopicPartition& tp, const std::string& dir);
  /// Before the state thread ends.
  void stop();

 private:
  enum class Step { copied, complete, waiting, gone };
  void run();
  Step copy_some(const TopicPartition& tp);
  /// Drops from the copy what the log no longer has.
  wire::Outcome<void> align(storage::Log& current, storage::Log& copy);
  /// Appends up to a chunk of what the copy lacks. How many bytes it was.
  wire::Outcome<int64_t> copy_chunk(storage::Log& current, storage::Log& copy);
  /// State thread.
  void finish(const TopicPartition& tp);

  ReplicaContext& context_;
  StateChanges& state_changes_;
  Throttle throttle_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<TopicPartition> moves_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace meerkat::replica
