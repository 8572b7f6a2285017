#include "client/consumer.h"

#include <algorithm>
#include <set>

#include "record/record.h"

namespace meerkat::client {
namespace {

using wire::ErrorCode;
using SteadyClock = std::chrono::steady_clock;

std::optional<std::string> text(const std::optional<ByteView>& bytes) {
  if (!bytes) return std::nullopt;
  return std::string(as_text(*bytes));
}

}  // namespace

Consumer::Consumer(Cluster& cluster, ConsumerOptions options) : cluster_(cluster), options_(options) {}

Consumer::~Consumer() {
  {
    MutexLock lock(mutex_);
    closing_ = true;
    ++generation_;
    while (in_flight_ > 0) changed_.wait(lock);
  }
  std::promise<void> gone;
  cluster_.network().loop().post([&] {
    timer_.cancel();
    gone.set_value();
  });
  gone.get_future().wait();
}

wire::Outcome<void> Consumer::assign(const std::map<TopicPartition, int64_t>& positions) {
  std::map<int64_t, std::vector<TopicPartition>> specials;
  std::map<TopicPartition, State> next;
  for (const auto& [partition, position] : positions) {
    if (position < 0) specials[position].push_back(partition);
    next[partition].fetch_from = next[partition].position = position;
  }
  for (const auto& [special, partitions] : specials) {
    auto offsets = list_offsets(cluster_, partitions, special, options_.read_committed);
    if (!offsets) return offsets.failure();
    for (const auto& [partition, offset] : *offsets) next[partition].fetch_from = next[partition].position = offset;
  }
  MutexLock lock(mutex_);
  partitions_ = std::move(next);
  ready_.clear();
  failed_.reset();
  ++generation_;
  return {};
}

int64_t Consumer::position(const TopicPartition& partition) const {
  MutexLock lock(mutex_);
  auto it = partitions_.find(partition);
  return it == partitions_.end() ? -1 : it->second.position;
}

int64_t Consumer::known_end(const TopicPartition& partition) const {
  MutexLock lock(mutex_);
  auto it = partitions_.find(partition);
  return it == partitions_.end() ? -1 : it->second.end;
}

wire::Outcome<std::vector<ConsumedRecord>> Consumer::poll(std::chrono::milliseconds timeout) {
  const auto deadline = SteadyClock::now() + timeout;
  cluster_.network().loop().post([this] { fetch_where_idle(); });
  std::vector<ConsumedRecord> records;
  {
    MutexLock lock(mutex_);
    while (ready_.empty() && !failed_) {
      if (changed_.wait_until(lock, deadline) == std::cv_status::timeout) break;
    }
    if (ready_.empty() && failed_) return Fail(*failed_);
    records.assign(std::make_move_iterator(ready_.begin()), std::make_move_iterator(ready_.end()));
    ready_.clear();
    for (auto& [partition, state] : partitions_) state.position = std::max(state.position, state.fetch_from);
  }
  // The next fetch is under way while the caller works on these.
  cluster_.network().loop().post([this] { fetch_where_idle(); });
  return records;
}

void Consumer::fetch_where_idle() {
  std::map<HostPort, std::vector<TopicPartition>> by_leader;
  std::map<HostPort, wire::FetchRequest> requests;
  std::vector<std::string> leaderless;
  uint64_t generation = 0;
  std::optional<SteadyClock::time_point> wake;
  auto view = cluster_.view();
  const auto now = SteadyClock::now();
  {
    constexpr size_t kEnoughReady = 10'000;
    MutexLock lock(mutex_);
    if (closing_ || failed_ || ready_.size() > kEnoughReady) return;
    generation = generation_;
    for (auto& [partition, state] : partitions_) {
      if (state.busy) continue;
      if (state.not_before > now) {
        wake = wake ? std::min(*wake, state.not_before) : state.not_before;
        continue;
      }
      auto leader = view->leader(partition.topic, partition.partition);
      if (!leader) {
        leaderless.push_back(partition.topic);
        state.not_before = now + options_.retry_backoff;
        wake = wake ? std::min(*wake, state.not_before) : state.not_before;
        continue;
      }
      state.busy = true;
      by_leader[*leader].push_back(partition);
      wire::FetchRequest& request = requests[*leader];
      if (request.topics.empty() || request.topics.back().topic != partition.topic) {
        request.topics.emplace_back().topic = partition.topic;
      }
      auto& p = request.topics.back().partitions.emplace_back();
      p.partition = partition.partition;
      p.fetch_offset = state.fetch_from;
      p.partition_max_bytes = options_.max_partition_fetch_bytes;
    }
    in_flight_ += static_cast<int>(requests.size());
  }
  for (auto& [leader, request] : requests) {
    request.max_wait_ms = static_cast<int32_t>(options_.fetch_max_wait.count());
    request.min_bytes = options_.fetch_min_bytes;
    request.max_bytes = options_.fetch_max_bytes;
    request.isolation_level = options_.read_committed ? 1 : 0;
    constexpr int16_t kByName = 12;  // later versions name topics by id
    cluster_.network().call_with_frame<wire::FetchRequest, wire::FetchResponse>(
        leader, std::move(request),
        [this, generation, asked = by_leader[leader]](Result<wire::FetchResponse> answer, std::shared_ptr<void>) {
          on_fetch(generation, asked, std::move(answer));
        },
        kByName);
  }
  if (!leaderless.empty()) cluster_.refresh_async(std::move(leaderless), [](Status) {});
  if (wake) {
    auto delay = std::chrono::duration_cast<std::chrono::milliseconds>(*wake - now) + std::chrono::milliseconds(1);
    timer_ = cluster_.network().loop().after(delay, [this] { fetch_where_idle(); });
  }
}

void Consumer::on_fetch(uint64_t generation, const std::vector<TopicPartition>& asked,
                        Result<wire::FetchResponse> answer) {
  bool again = false;
  std::set<std::string> outdated;
  {
    MutexLock lock(mutex_);
    --in_flight_;
    changed_.notify_all();
    if (generation != generation_) return;
    const auto now = SteadyClock::now();
    for (const TopicPartition& partition : asked) partitions_[partition].busy = false;
    if (!answer || answer->error_code != ErrorCode::none) {
      for (const TopicPartition& partition : asked) {
        partitions_[partition].not_before = now + options_.retry_backoff;
        outdated.insert(partition.topic);
      }
    } else {
      for (const auto& topic : answer->responses) {
        for (const auto& data : topic.partitions) {
          if (auto taken = take(topic.topic, data); taken)
            continue;
          else if (!wire::retriable(taken.error().code))
            failed_ = taken.error();
          partitions_[{topic.topic, data.partition_index}].not_before = now + options_.retry_backoff;
          outdated.insert(topic.topic);
        }
      }
    }
    again = ready_.empty() && !failed_;
  }
  if (!outdated.empty()) cluster_.refresh_async({outdated.begin(), outdated.end()}, [](Status) {});
  if (again) fetch_where_idle();
}

void Consumer::reset(const TopicPartition& partition, State& state) {
  state.busy = true;
  ++in_flight_;
  wire::ListOffsetsRequest request;
  request.replica_id = -1;
  request.isolation_level = options_.read_committed ? 1 : 0;
  auto& topic = request.topics.emplace_back();
  topic.name = partition.topic;
  auto& p = topic.partitions.emplace_back();
  p.partition_index = partition.partition;
  p.timestamp = options_.auto_offset_reset == ConsumerOptions::Reset::earliest ? kEarliest : kLatest;
  auto leader = cluster_.view()->leader(partition.topic, partition.partition);
  const uint64_t generation = generation_;
  auto on_answer = [this, generation, partition](Result<wire::ListOffsetsResponse> answer) {
    {
      MutexLock lock(mutex_);
      --in_flight_;
      changed_.notify_all();
      if (generation != generation_) return;
      State& state = partitions_[partition];
      state.busy = false;
      state.not_before = SteadyClock::now() + options_.retry_backoff;
      if (answer && !answer->topics.empty() && !answer->topics[0].partitions.empty()) {
        const auto& found = answer->topics[0].partitions[0];
        if (found.error_code == ErrorCode::none && found.offset >= 0) {
          state.fetch_from = state.position = found.offset;
          state.not_before = {};
        }
      }
    }
    fetch_where_idle();
  };
  if (!leader) {
    return cluster_.network().loop().post([on_answer] { on_answer(fail("the partition has no leader")); });
  }
  cluster_.network().call<wire::ListOffsetsRequest, wire::ListOffsetsResponse>(*leader, std::move(request),
                                                                               std::move(on_answer));
}

wire::Outcome<void> Consumer::take(const std::string& topic, const wire::FetchResponse::PartitionData& data) {
  const TopicPartition partition{topic, data.partition_index};
  State& state = partitions_[partition];
  if (data.error_code == ErrorCode::offset_out_of_range && options_.auto_offset_reset != ConsumerOptions::Reset::none) {
    reset(partition, state);
    return {};
  }
  if (data.error_code != ErrorCode::none) {
    return wire::refuse(data.error_code, partition.to_string() + " at offset " + std::to_string(state.fetch_from) +
                                             ": " + std::string(wire::default_message(data.error_code)));
  }
  state.end = options_.read_committed ? data.last_stable_offset : data.high_watermark;
  return decode(partition, data, state);
}

wire::Outcome<void> Consumer::decode(const TopicPartition& partition, const wire::FetchResponse::PartitionData& data,
                                     State& state) {
  std::vector<wire::FetchResponse::AbortedTransaction> aborted;
  if (options_.read_committed && data.aborted_transactions) aborted = *data.aborted_transactions;
  std::set<int64_t> aborting;  // producers whose open transaction was aborted
  record::BatchRun run(data.records.view);
  record::AnyBatch batch;
  while (run.next(batch)) {
    if (!batch.crc_ok()) {
      return wire::refuse(ErrorCode::corrupt_message, partition.to_string() + ": a batch at offset " +
                                                          std::to_string(batch.base_offset) + " fails its checksum");
    }
    for (const auto& txn : aborted) {
      if (txn.first_offset <= batch.last_offset) aborting.insert(txn.producer_id);
    }
    std::erase_if(aborted, [&](const auto& txn) { return txn.first_offset <= batch.last_offset; });
    const bool skip = batch.control || (batch.transactional && aborting.contains(batch.producer_id));
    record::RecordReader reader(batch);
    record::RecordView view;
    record::Next next;
    while ((next = reader.next(view)) == record::Next::record) {
      if (batch.control) {
        auto marker = record::parse_end_txn_marker(view.key, view.value);
        if (marker && marker->type == record::ControlType::abort) aborting.erase(batch.producer_id);
      }
      if (skip || view.offset < state.fetch_from) continue;
      ConsumedRecord& out = ready_.emplace_back();
      out.topic = partition.topic;
      out.partition = partition.partition;
      out.offset = view.offset;
      out.timestamp = view.timestamp;
      out.timestamp_type = batch.timestamp_type;
      out.key = text(view.key);
      out.value = text(view.value);
      record::HeaderReader headers(view);
      for (record::Header header; headers.next(header);) out.headers.emplace_back(header.key, text(header.value));
    }
    if (next == record::Next::malformed) {
      return wire::refuse(ErrorCode::corrupt_message, partition.to_string() + ": " + reader.failure());
    }
    state.fetch_from = std::max(state.fetch_from, batch.last_offset + 1);
  }
  return {};
}

}  // namespace meerkat::client
