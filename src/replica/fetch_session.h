// Incremental fetch sessions (KIP-227): a client names its partitions once, then only what changed, and is answered
// only about those with news.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/uuid.h"
#include "wire/error.h"
#include "wire/messages/01_fetch.h"

namespace meerkat::replica {

/// The partition a fetch names: by topic name up to Fetch v12, by topic id from v13 on (the name stays empty then).
struct FetchKey {
  std::string topic;
  Uuid topic_id;
  int32_t partition = 0;
  bool operator==(const FetchKey&) const = default;
  template <class H>
  friend H AbslHashValue(H h, const FetchKey& k) {
    return H::combine(std::move(h), k.topic, k.topic_id, k.partition);
  }
};

/// What is asked of it.
struct FetchPosition {
  int64_t fetch_offset = 0;
  int64_t log_start_offset = -1;
  int32_t current_leader_epoch = -1;
  int32_t last_fetched_epoch = -1;
  int32_t max_bytes = 0;
};

struct FetchTarget {
  std::shared_ptr<const FetchKey> key;
  FetchPosition position;
};

/// A partition in a session: what is asked of it, and what the client was told of it last.
struct CachedPartition {
  std::shared_ptr<const FetchKey> key;
  FetchPosition position;
  int64_t high_watermark = -1;
  int64_t log_start_offset = -1;
};

/// What one target of a fetch brought.
struct FetchResult {
  size_t target = 0;  // index into FetchScope::targets()
  wire::FetchResponse::PartitionData data;
};

/// The epoch of a session's request after this one: 1, 2, … 2^31-1, and 1 again. 0 and -1 have their own meaning.
int32_t next_session_epoch(int32_t epoch);

class FetchSession;
class FetchSessions;

/// One fetch request in the light of its session. Move-only; used by one thread at a time.
class FetchScope {
 public:
  FetchScope(FetchScope&&) noexcept = default;
  FetchScope& operator=(FetchScope&&) noexcept = default;

  /// A reason to refuse the whole request: FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH,
  /// FETCH_SESSION_TOPIC_ID_ERROR.
  wire::ErrorCode error() const { return error_; }
  /// What to fetch, in the order to be served.
  const std::vector<FetchTarget>& targets() const { return targets_; }

  /// Fills `response` (session id, error code, topics) from `results`, which come in the order to be answered in; makes
  /// the session if the request asked for one and there is room. In a session, what brought no news is left out, and
  /// partitions that brought records go to the end of the order, so that none starves. Once.
  void finish(std::vector<FetchResult> results, wire::FetchResponse& response);

 private:
  friend class FetchSessions;
  FetchScope() = default;
  enum class Kind { refused, sessionless, full, incremental };

  Kind kind_ = Kind::refused;
  wire::ErrorCode error_ = wire::ErrorCode::none;
  FetchSessions* sessions_ = nullptr;
  bool privileged_ = false;
  bool uses_topic_ids_ = false;
  int32_t expected_epoch_ = 0;
  std::shared_ptr<FetchSession> session_;
  std::vector<FetchTarget> targets_;
  /// Where the targets stand in the session; valid while its epoch is the expected one.
  std::vector<std::list<CachedPartition>::iterator> places_;
};

/// All sessions of a broker, of a bounded number. Thread-safe.
class FetchSessions {
 public:
  /// A session that was not used for so long gives way to a new one.
  static constexpr int64_t kEvictionMs = 120'000;

  FetchSessions(size_t slots, Clock& clock);
  ~FetchSessions();

  /// Reads what `request` asks for and updates its session. `from_replica` makes a new session privileged: it may take
  /// the slot of a consumer's session at once.
  FetchScope begin(const wire::FetchRequest& request, int16_t version, bool from_replica);

  // ---- For metrics
  size_t size() const;
  size_t partitions() const;
  int64_t evictions() const;

 private:
  friend class FetchScope;
  FetchScope begin_full(const wire::FetchRequest& request, FetchScope scope);
  FetchScope begin_incremental(const wire::FetchRequest& request, FetchScope scope);
  /// The new session's id; 0 if there is no room.
  int32_t create(const FetchScope& scope, const std::vector<FetchResult>& results);
  bool make_room(bool privileged, size_t size, int64_t now_ms) REQUIRES(mutex_);
  void remove(int32_t id);

  const size_t slots_;
  Clock& clock_;
  mutable Mutex mutex_;
  absl::flat_hash_map<int32_t, std::shared_ptr<FetchSession>> sessions_ GUARDED_BY(mutex_);
  int64_t evictions_ GUARDED_BY(mutex_) = 0;
};

}  // namespace meerkat::replica
