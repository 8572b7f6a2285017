#include "client/fetcher.h"

#include <algorithm>

namespace meerkat::client {

using wire::ErrorCode;
using SteadyClock = std::chrono::steady_clock;

Fetcher::Fetcher(Cluster& cluster, FetchOptions options, std::shared_ptr<Signal> signal)
    : cluster_(cluster), options_(std::move(options)), signal_(std::move(signal)) {}

void Fetcher::stop() {
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    partitions_.clear();
  }
  std::promise<void> gone;
  cluster_.network().loop().post([&] {
    timer_.cancel();
    gone.set_value();
  });
  gone.get_future().wait();
}

bool Fetcher::State::hungry() const {
  constexpr size_t kEnough = 5000;
  return fetch_from >= 0 && !out_of_range && !paused && !failed && ready.size() < kEnough;
}

void Fetcher::keep_only(const std::set<TopicPartition>& partitions) {
  MutexLock lock(mutex_);
  std::erase_if(partitions_, [&](const auto& entry) { return !partitions.contains(entry.first); });
  for (const auto& partition : partitions) partitions_[partition];
}

void Fetcher::seek(const TopicPartition& partition, int64_t offset) {
  MutexLock lock(mutex_);
  auto it = partitions_.find(partition);
  if (it == partitions_.end()) return;
  State& state = it->second;
  ++state.seeks;
  state.fetch_from = state.position = offset;
  state.out_of_range = false;
  state.not_before = {};
  state.ready.clear();
  state.failed.reset();
}

void Fetcher::pause(const TopicPartition& partition, bool paused) {
  MutexLock lock(mutex_);
  auto it = partitions_.find(partition);
  if (it != partitions_.end()) it->second.paused = paused;
}

std::set<TopicPartition> Fetcher::paused() const {
  MutexLock lock(mutex_);
  std::set<TopicPartition> out;
  for (const auto& [partition, state] : partitions_) {
    if (state.paused) out.insert(partition);
  }
  return out;
}

std::set<TopicPartition> Fetcher::partitions() const {
  MutexLock lock(mutex_);
  std::set<TopicPartition> out;
  for (const auto& [partition, state] : partitions_) out.insert(partition);
  return out;
}

int64_t Fetcher::position(const TopicPartition& partition) const {
  MutexLock lock(mutex_);
  auto it = partitions_.find(partition);
  return it == partitions_.end() ? -1 : it->second.position;
}

std::map<TopicPartition, int64_t> Fetcher::positions() const {
  MutexLock lock(mutex_);
  std::map<TopicPartition, int64_t> out;
  for (const auto& [partition, state] : partitions_) {
    if (state.position >= 0) out[partition] = state.position;
  }
  return out;
}

std::vector<Fetcher::Lost> Fetcher::without_position() const {
  MutexLock lock(mutex_);
  std::vector<Lost> out;
  for (const auto& [partition, state] : partitions_) {
    if (state.position < 0 || (state.out_of_range && state.ready.empty()))
      out.push_back({partition, state.out_of_range});
  }
  return out;
}

int64_t Fetcher::known_end(const TopicPartition& partition) const {
  MutexLock lock(mutex_);
  auto it = partitions_.find(partition);
  return it == partitions_.end() ? -1 : it->second.end;
}

void Fetcher::fetch() {
  {
    MutexLock lock(mutex_);
    if (posted_ || stopped_) return;
    posted_ = true;
  }
  cluster_.network().loop().post([self = shared_from_this()] {
    {
      MutexLock lock(self->mutex_);
      self->posted_ = false;
    }
    self->fetch_where_idle();
  });
}

wire::Outcome<std::vector<ConsumedRecord>> Fetcher::take(size_t limit) {
  MutexLock lock(mutex_);
  std::vector<ConsumedRecord> records;
  // In turn, beginning behind the partition that was last emptied or cut short.
  auto it = partitions_.upper_bound(last_taken_);
  for (size_t i = 0; i < partitions_.size() && records.size() < limit; ++i, ++it) {
    if (it == partitions_.end()) it = partitions_.begin();
    State& state = it->second;
    if (state.paused || state.position < 0) continue;
    if (state.ready.empty() && state.failed && records.empty()) return Fail(*state.failed);
    const size_t count = std::min(limit - records.size(), state.ready.size());
    if (count > 0) {
      last_taken_ = it->first;
      const auto end = state.ready.begin() + static_cast<std::ptrdiff_t>(count);
      records.insert(records.end(), std::make_move_iterator(state.ready.begin()), std::make_move_iterator(end));
      state.ready.erase(state.ready.begin(), end);
      state.position = records.back().offset + 1;
    }
    if (state.ready.empty()) state.position = std::max(state.position, state.fetch_from);
  }
  return records;
}

std::optional<HostPort> Fetcher::source(const ClusterView& view, const TopicPartition& partition,
                                        const State& state) const {
  if (state.preferred_replica) {
    auto broker = view.brokers.find(*state.preferred_replica);
    if (broker != view.brokers.end()) return broker->second;
  }
  return view.leader(partition.topic, partition.partition);
}

void Fetcher::fetch_where_idle() {
  std::map<HostPort, Asked> asked;
  std::map<HostPort, wire::FetchRequest> requests;
  std::vector<std::string> leaderless;
  std::optional<SteadyClock::time_point> wake;
  const auto now = SteadyClock::now();
  {
    MutexLock lock(mutex_);
    if (stopped_) return;
    auto view = cluster_.view();
    for (auto& [partition, state] : partitions_) {
      if (!state.hungry()) continue;
      if (state.not_before > now) {
        wake = wake ? std::min(*wake, state.not_before) : state.not_before;
        continue;
      }
      auto broker = source(*view, partition, state);
      if (!broker) {
        leaderless.push_back(partition.topic);
        state.not_before = now + options_.retry_backoff;
        wake = wake ? std::min(*wake, state.not_before) : state.not_before;
        continue;
      }
      if (asking_.contains(*broker)) continue;
      asked[*broker][partition] = state.seeks;
      wire::FetchRequest& request = requests[*broker];
      if (request.topics.empty() || request.topics.back().topic != partition.topic) {
        request.topics.emplace_back().topic = partition.topic;
      }
      auto& p = request.topics.back().partitions.emplace_back();
      p.partition = partition.partition;
      p.fetch_offset = state.fetch_from;
      p.partition_max_bytes = options_.max_partition_fetch_bytes;
    }
    for (const auto& [broker, request] : requests) asking_.insert(broker);
  }
  for (auto& [broker, request] : requests) {
    request.max_wait_ms = static_cast<int32_t>(options_.fetch_max_wait.count());
    request.min_bytes = options_.fetch_min_bytes;
    request.max_bytes = options_.fetch_max_bytes;
    request.isolation_level = options_.read_committed ? 1 : 0;
    request.rack_id = options_.client_rack;
    constexpr int16_t kByName = 12;  // later versions name topics by id
    cluster_.network().call_with_frame<wire::FetchRequest, wire::FetchResponse>(
        broker, std::move(request),
        [self = shared_from_this(), broker = broker, asked = std::move(asked[broker])](
            Result<wire::FetchResponse> answer, std::shared_ptr<void>) { self->on_fetch(broker, asked, answer); },
        {.max_version = kByName});
  }
  if (!leaderless.empty()) cluster_.refresh_async(std::move(leaderless), [](Status) {});
  if (wake) {
    auto delay = std::chrono::duration_cast<std::chrono::milliseconds>(*wake - now) + std::chrono::milliseconds(1);
    timer_ = cluster_.network().loop().after(delay, [weak = weak_from_this()] {
      if (auto self = weak.lock()) self->fetch_where_idle();
    });
  }
}

void Fetcher::on_fetch(const HostPort& broker, const Asked& asked, const Result<wire::FetchResponse>& answer) {
  std::set<std::string> outdated;
  {
    MutexLock lock(mutex_);
    asking_.erase(broker);
    if (stopped_) return;
    const auto now = SteadyClock::now();
    const auto pause = [&](const TopicPartition& partition, State& state) {
      state.not_before = now + options_.retry_backoff;
      state.preferred_replica.reset();
      outdated.insert(partition.topic);
    };
    const auto current = [&](const TopicPartition& partition) -> State* {
      auto it = partitions_.find(partition);
      auto sent = asked.find(partition);
      const bool counts = it != partitions_.end() && sent != asked.end() && it->second.seeks == sent->second;
      return counts ? &it->second : nullptr;
    };
    if (!answer || answer->error_code != ErrorCode::none) {
      for (const auto& [partition, seeks] : asked) {
        if (State* state = current(partition)) pause(partition, *state);
      }
    } else {
      for (const auto& topic : answer->responses) {
        for (const auto& data : topic.partitions) {
          const TopicPartition partition{topic.topic, data.partition_index};
          State* state = current(partition);
          if (state == nullptr) continue;
          auto taken = take_in(partition, data, *state);
          if (taken) continue;
          const ErrorCode code = taken.error().code;
          if (!wire::retriable(code) || code == ErrorCode::corrupt_message) state->failed = taken.error();
          pause(partition, *state);
        }
      }
    }
  }
  signal_->poke();
  if (!outdated.empty()) cluster_.refresh_async({outdated.begin(), outdated.end()}, [](Status) {});
  fetch_where_idle();
}

wire::Outcome<void> Fetcher::take_in(const TopicPartition& partition, const wire::FetchResponse::PartitionData& data,
                                     State& state) {
  if (data.error_code == ErrorCode::offset_out_of_range) {
    // A follower may be behind; only the leader knows.
    if (state.preferred_replica) return wire::refuse(ErrorCode::not_leader_or_follower);
    state.out_of_range = true;
    return {};
  }
  if (data.error_code != ErrorCode::none) {
    return wire::refuse(data.error_code, partition.to_string() + " at offset " + std::to_string(state.fetch_from) +
                                             ": " + std::string(wire::default_message(data.error_code)));
  }
  if (data.preferred_read_replica >= 0) {
    state.preferred_replica = data.preferred_read_replica;
    return {};
  }
  state.end = options_.read_committed ? data.last_stable_offset : data.high_watermark;
  std::vector<wire::FetchResponse::AbortedTransaction> aborted;
  if (options_.read_committed && data.aborted_transactions) aborted = *data.aborted_transactions;
  const size_t before = state.ready.size();
  auto next = decode_records(partition, data.records.view, state.fetch_from, std::move(aborted), state.ready);
  if (!next) {
    state.ready.resize(before);
    return next.failure();
  }
  state.fetch_from = *next;
  return {};
}

}  // namespace meerkat::client
