#include "replica/fetch_session.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <random>
#include <tuple>
#include <utility>

namespace meerkat::replica {

using wire::ErrorCode;
using wire::FetchRequest;
using wire::FetchResponse;

namespace {

constexpr int32_t kNoSession = 0;
constexpr int32_t kInitialEpoch = 0;  // asks for a new session
constexpr int32_t kFinalEpoch = -1;   // asks for none, and closes the one named

FetchPosition position_of(const FetchRequest::FetchPartition& p) {
  return {.fetch_offset = p.fetch_offset,
          .log_start_offset = p.log_start_offset,
          .current_leader_epoch = p.current_leader_epoch,
          .last_fetched_epoch = p.last_fetched_epoch,
          .max_bytes = p.partition_max_bytes};
}

std::vector<FetchTarget> targets_of(const FetchRequest& request) {
  std::vector<FetchTarget> targets;
  for (const auto& topic : request.topics) {
    for (const auto& p : topic.partitions) {
      targets.push_back(
          {std::make_shared<const FetchKey>(FetchKey{topic.topic, topic.topic_id, p.partition}), position_of(p)});
    }
  }
  return targets;
}

/// Whether the client has to hear of it; notes what it will know then.
bool has_news(CachedPartition& cached, const FetchResponse::PartitionData& data) {
  bool news = data.records.size() > 0 || data.preferred_read_replica >= 0 || data.diverging_epoch.epoch >= 0;
  if (cached.high_watermark != data.high_watermark) news = true;
  if (cached.log_start_offset != data.log_start_offset) news = true;
  cached.high_watermark = data.high_watermark;
  cached.log_start_offset = data.log_start_offset;
  if (data.error_code != ErrorCode::none) {
    // So that the first answer without the error is told, too.
    cached.high_watermark = -1;
    news = true;
  }
  return news;
}

void add_to(FetchResponse& response, const FetchKey& key, FetchResponse::PartitionData data) {
  auto& topics = response.responses;
  if (topics.empty() || topics.back().topic != key.topic || topics.back().topic_id != key.topic_id) {
    topics.push_back({.topic = key.topic, .topic_id = key.topic_id});
  }
  topics.back().partitions.push_back(std::move(data));
}

struct ByValue {
  size_t operator()(const std::shared_ptr<const FetchKey>& k) const { return absl::HashOf(*k); }
  bool operator()(const std::shared_ptr<const FetchKey>& a, const std::shared_ptr<const FetchKey>& b) const {
    return *a == *b;
  }
};

}  // namespace

int32_t next_session_epoch(int32_t epoch) { return epoch == std::numeric_limits<int32_t>::max() ? 1 : epoch + 1; }

/// The state of one session. The mutex guards what a request changes; the rest is for the eviction.
class FetchSession {
 public:
  FetchSession(int32_t id, bool privileged, bool uses_topic_ids, int64_t now_ms)
      : id(id), privileged(privileged), uses_topic_ids(uses_topic_ids), created_ms(now_ms), last_used_ms(now_ms) {}

  const int32_t id;
  const bool privileged;
  const bool uses_topic_ids;
  const int64_t created_ms;
  std::atomic<int64_t> last_used_ms;
  std::atomic<size_t> size{0};

  Mutex mutex;
  int32_t epoch GUARDED_BY(mutex) = next_session_epoch(kInitialEpoch);  // of the request to come
  std::list<CachedPartition> order GUARDED_BY(mutex);
  absl::flat_hash_map<std::shared_ptr<const FetchKey>, std::list<CachedPartition>::iterator, ByValue, ByValue> places
      GUARDED_BY(mutex);

  CachedPartition& set(const FetchTarget& target) {
    auto [it, added] = places.try_emplace(target.key);
    if (added) it->second = order.insert(order.end(), CachedPartition{.key = target.key});
    it->second->position = target.position;
    return *it->second;
  }
  void forget(const FetchKey& key) {
    auto it = places.find(std::make_shared<const FetchKey>(key));
    if (it == places.end()) return;
    order.erase(it->second);
    places.erase(it);
  }
};

FetchSessions::FetchSessions(size_t slots, Clock& clock) : slots_(slots), clock_(clock) {}
FetchSessions::~FetchSessions() = default;

FetchScope FetchSessions::begin(const FetchRequest& request, int16_t version, bool from_replica) {
  FetchScope scope;
  scope.sessions_ = this;
  scope.privileged_ = from_replica;
  scope.uses_topic_ids_ = version >= 13;
  const bool full = request.session_epoch == kInitialEpoch || request.session_epoch == kFinalEpoch;
  return full ? begin_full(request, std::move(scope)) : begin_incremental(request, std::move(scope));
}

FetchScope FetchSessions::begin_full(const FetchRequest& request, FetchScope scope) {
  if (request.session_id != kNoSession) remove(request.session_id);
  scope.kind_ = request.session_epoch == kFinalEpoch ? FetchScope::Kind::sessionless : FetchScope::Kind::full;
  scope.targets_ = targets_of(request);
  return scope;
}

FetchScope FetchSessions::begin_incremental(const FetchRequest& request, FetchScope scope) {
  std::shared_ptr<FetchSession> session;
  {
    MutexLock lock(mutex_);
    if (auto it = sessions_.find(request.session_id); it != sessions_.end()) session = it->second;
  }
  if (!session) {
    scope.error_ = ErrorCode::fetch_session_id_not_found;
    return scope;
  }
  bool empty = false;
  {
    MutexLock lock(session->mutex);
    if (session->epoch != request.session_epoch) {
      scope.error_ = ErrorCode::invalid_fetch_session_epoch;
      return scope;
    }
    if (session->uses_topic_ids != scope.uses_topic_ids_) {
      scope.error_ = ErrorCode::fetch_session_topic_id_error;
      return scope;
    }
    for (const auto& target : targets_of(request)) session->set(target);
    for (const auto& topic : request.forgotten_topics_data) {
      for (int32_t p : topic.partitions) session->forget({topic.topic, topic.topic_id, p});
    }
    session->epoch = next_session_epoch(session->epoch);
    session->size = session->order.size();
    session->last_used_ms = clock_.mono_ms();
    empty = session->order.empty();
    scope.kind_ = empty ? FetchScope::Kind::sessionless : FetchScope::Kind::incremental;
    scope.expected_epoch_ = session->epoch;
    scope.targets_.reserve(session->order.size());
    scope.places_.reserve(session->order.size());
    for (auto it = session->order.begin(); it != session->order.end(); ++it) {
      scope.targets_.push_back({it->key, it->position});
      scope.places_.push_back(it);
    }
  }
  if (empty) {
    remove(request.session_id);
  } else {
    scope.session_ = std::move(session);
  }
  return scope;
}

void FetchScope::finish(std::vector<FetchResult> results, FetchResponse& response) {
  response.session_id = kNoSession;
  if (kind_ == Kind::refused) {
    response.error_code = error_;
    return;
  }
  if (kind_ != Kind::incremental) {
    if (kind_ == Kind::full) response.session_id = sessions_->create(*this, results);
    for (auto& r : results) add_to(response, *targets_[r.target].key, std::move(r.data));
    return;
  }
  response.session_id = session_->id;
  MutexLock lock(session_->mutex);
  if (session_->epoch != expected_epoch_) {
    // Another request of the session came in while this one waited.
    response.error_code = ErrorCode::invalid_fetch_session_epoch;
    return;
  }
  for (auto& r : results) {
    auto place = places_[r.target];
    if (!has_news(*place, r.data)) continue;
    if (r.data.records.size() > 0) session_->order.splice(session_->order.end(), session_->order, place);
    add_to(response, *targets_[r.target].key, std::move(r.data));
  }
}

int32_t FetchSessions::create(const FetchScope& scope, const std::vector<FetchResult>& results) {
  const int64_t now = clock_.mono_ms();
  std::shared_ptr<FetchSession> session;
  {
    MutexLock lock(mutex_);
    if (sessions_.size() >= slots_ && !make_room(scope.privileged_, scope.targets_.size(), now)) return kNoSession;
    thread_local std::mt19937 random{std::random_device{}()};
    int32_t id = kNoSession;
    while (id == kNoSession || sessions_.contains(id)) {
      id = static_cast<int32_t>(random() & static_cast<uint32_t>(std::numeric_limits<int32_t>::max()));
    }
    session = std::make_shared<FetchSession>(id, scope.privileged_, scope.uses_topic_ids_, now);
    session->size = scope.targets_.size();
    sessions_.emplace(id, session);
  }
  MutexLock lock(session->mutex);
  for (const auto& r : results) has_news(session->set(scope.targets_[r.target]), r.data);
  return session->id;
}

bool FetchSessions::make_room(bool privileged, size_t size, int64_t now_ms) {
  if (sessions_.empty()) return false;
  auto victim = std::min_element(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) {
    return a.second->last_used_ms < b.second->last_used_ms;
  });
  if (now_ms - victim->second->last_used_ms <= kEvictionMs) {
    // None is stale. The least among those that this one may drive out: replicas' after all others, then the smallest.
    const auto rank = [](const FetchSession& s) { return std::tuple(s.privileged, s.size.load(), s.id); };
    victim = sessions_.end();
    for (auto it = sessions_.begin(); it != sessions_.end(); ++it) {
      const bool old = now_ms - it->second->created_ms > kEvictionMs;
      const bool evictable = old || (privileged && !it->second->privileged);
      if (evictable && (victim == sessions_.end() || rank(*it->second) < rank(*victim->second))) victim = it;
    }
    if (victim == sessions_.end()) return false;
    const auto weight = std::pair(victim->second->privileged, victim->second->size.load());
    if (!(weight < std::pair(privileged, size))) return false;
  }
  sessions_.erase(victim);
  ++evictions_;
  return true;
}

void FetchSessions::remove(int32_t id) {
  MutexLock lock(mutex_);
  sessions_.erase(id);
}

size_t FetchSessions::size() const {
  MutexLock lock(mutex_);
  return sessions_.size();
}

size_t FetchSessions::partitions() const {
  MutexLock lock(mutex_);
  size_t n = 0;
  for (const auto& [id, session] : sessions_) n += session->size;
  return n;
}

int64_t FetchSessions::evictions() const {
  MutexLock lock(mutex_);
  return evictions_;
}

}  // namespace meerkat::replica
