#include "client/producer.h"

#include <algorithm>
#include <thread>

#include "base/clock.h"

namespace meerkat::client {
namespace {

using wire::ErrorCode;
using SteadyClock = std::chrono::steady_clock;

size_t buffered_size(const RecordToSend& record) {
  constexpr size_t kOverhead = 64;  // callbacks and book-keeping
  size_t size = kOverhead + (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
  for (const auto& [key, value] : record.headers) size += key.size() + (value ? value->size() : 0);
  return size;
}

std::optional<ByteView> view(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return as_bytes(*text);
}

}  // namespace

Producer::Producer(Cluster& cluster, ProducerOptions options)
    : cluster_(cluster),
      options_(std::move(options)),
      transactions_(options_.transactional_id
                        ? std::make_unique<Transactions>(cluster, *options_.transactional_id,
                                                         options_.transaction_timeout, options_.max_block)
                        : nullptr) {}

Producer::~Producer() {
  flush();
  std::promise<void> gone;
  cluster_.network().loop().post([&] {
    timer_.cancel();
    gone.set_value();
  });
  gone.get_future().wait();
}

wire::Outcome<int32_t> Producer::choose_partition(const RecordToSend& record) {
  int32_t count = cluster_.view()->partition_count(record.topic);
  const auto give_up = SteadyClock::now() + options_.max_block;
  while (count == 0) {
    auto fresh = cluster_.refresh(std::vector<std::string>{record.topic}, true);
    if (fresh) {
      count = (*fresh)->partition_count(record.topic);
      auto topic = (*fresh)->topics.find(record.topic);
      if (topic != (*fresh)->topics.end() && topic->second.error_code != ErrorCode::none &&
          !wire::retriable(topic->second.error_code)) {
        return wire::refuse(topic->second.error_code);
      }
    }
    if (count > 0) break;
    if (SteadyClock::now() > give_up) {
      return wire::refuse(ErrorCode::request_timed_out,
                          fresh ? "topic " + record.topic + " does not exist" : fresh.error().message);
    }
    std::this_thread::sleep_for(options_.retry_backoff);
  }
  if (record.partition) {
    if (*record.partition >= 0 && *record.partition < count) return *record.partition;
    return wire::refuse(ErrorCode::unknown_topic_or_partition,
                        "topic " + record.topic + " has no partition " + std::to_string(*record.partition));
  }
  if (options_.partitioner == Partitioner::random) return random_partition(count);
  if (options_.partitioner == Partitioner::round_robin) {
    MutexLock lock(mutex_);
    return static_cast<int32_t>(turn_[record.topic]++ % static_cast<uint32_t>(count));
  }
  if (record.key) return partition_of_key(as_bytes(*record.key), count);
  MutexLock lock(mutex_);
  return sticky_[record.topic].partition(count);
}

wire::Outcome<void> Producer::identify() {
  if (transactions_) return transactions_->can_send();
  if (!options_.enable_idempotence || options_.acks != -1) return {};
  {
    MutexLock lock(mutex_);
    if (identity_) return {};
  }
  const auto give_up = SteadyClock::now() + options_.max_block;
  for (;;) {
    auto known = cluster_.refresh(std::vector<std::string>{});
    if (known && !(*known)->brokers.empty()) {
      wire::InitProducerIdRequest request;
      request.transactional_id.reset();
      request.transaction_timeout_ms = 60'000;
      auto answer = cluster_.network().ask<wire::InitProducerIdRequest, wire::InitProducerIdResponse>(
          (*known)->brokers.begin()->second, request);
      if (answer && answer->error_code == ErrorCode::none) {
        MutexLock lock(mutex_);
        if (!identity_) identity_ = ProducerIdentity{answer->producer_id, answer->producer_epoch};
        return {};
      }
      if (answer && !wire::retriable(answer->error_code)) return wire::refuse(answer->error_code);
    }
    if (SteadyClock::now() > give_up) return wire::refuse(ErrorCode::request_timed_out, "no producer id could be had");
    std::this_thread::sleep_for(options_.retry_backoff);
  }
}

wire::Outcome<void> Producer::send(RecordToSend record, OnDelivery done) {
  if (auto known = identify(); !known) return known;
  auto partition = choose_partition(record);
  if (!partition) return partition.failure();
  if (transactions_) {
    if (auto added = transactions_->add({record.topic, *partition}); !added) return added;
  }
  const size_t bytes = buffered_size(record);
  const int64_t timestamp = record.timestamp.value_or(Clock::system().wall_ms());
  std::vector<record::Header> headers;
  for (const auto& [key, value] : record.headers) headers.push_back({key, view(value)});
  bool post = false;
  {
    MutexLock lock(mutex_);
    while (buffered_ + bytes > options_.buffer_memory && buffered_ > 0) changed_.wait(lock);
    Queue& queue = queues_[{record.topic, *partition}];
    const size_t grows = record::record_size_bound(bytes, 0, headers);
    if (queue.batches.empty() || queue.batches.back()->builder.uncompressed_size() + grows > options_.batch_size) {
      if (!queue.batches.empty()) sticky_[record.topic].batch_closed();
      record::BatchOptions batch;
      batch.codec = options_.compression;
      batch.level = options_.compression_level;
      queue.batches.push_back(
          std::make_unique<Batch>(Batch{record::BatchBuilder(batch), {}, {}, 0, SteadyClock::now(), {}}));
    }
    Batch& batch = *queue.batches.back();
    batch.builder.append(timestamp, view(record.key), view(record.value), headers);
    batch.callbacks.push_back(std::move(done));
    batch.timestamps.push_back(timestamp);
    batch.bytes += bytes;
    buffered_ += bytes;
    ++undelivered_;
    // A batch that is not the first of its queue is sent when the one before it is answered.
    post = !drain_posted_ && ready(queue, SteadyClock::now());
    drain_posted_ = drain_posted_ || post;
    if (!post && queue.batches.size() == 1 && batch.callbacks.size() == 1 && !queue.in_flight) {
      post = true;  // starts the linger timer
    }
  }
  if (post) cluster_.network().loop().post([this] { drain(); });
  return {};
}

void Producer::flush() {
  MutexLock lock(mutex_);
  flushing_ = true;
  cluster_.network().loop().post([this] { drain(); });
  while (undelivered_ > 0) changed_.wait(lock);
  flushing_ = false;
}

bool Producer::ready(const Queue& queue, SteadyClock::time_point now) const {
  if (queue.in_flight || queue.batches.empty() || queue.not_before > now) return false;
  const Batch& first = *queue.batches.front();
  return !first.encoded.empty() || queue.batches.size() > 1 || flushing_ ||
         first.builder.uncompressed_size() >= options_.batch_size || now >= first.born + options_.linger ||
         buffered_ * 2 > options_.buffer_memory;
}

void Producer::close_batch(Queue& queue, Batch& batch) {
  if (!batch.encoded.empty()) return;
  const int32_t count = batch.builder.count();
  if (identity_) {
    batch.builder.set_producer(identity_->id, identity_->epoch, queue.next_sequence, transactions_ != nullptr);
    // Sequences wrap to 0 after the largest int.
    queue.next_sequence = static_cast<int32_t>((int64_t{queue.next_sequence} + count) & 0x7fffffff);
  }
  batch.encoded = batch.builder.build();
}

void Producer::schedule(std::chrono::milliseconds delay) {
  timer_ = cluster_.network().loop().after(delay, [this] { drain(); });
}

void Producer::drain() {
  std::map<HostPort, std::vector<TopicPartition>> by_leader;
  std::vector<std::string> leaderless;
  std::optional<SteadyClock::time_point> wake;
  auto cluster = cluster_.view();
  const auto now = SteadyClock::now();
  {
    MutexLock lock(mutex_);
    drain_posted_ = false;
    for (auto& [partition, queue] : queues_) {
      if (queue.in_flight || queue.batches.empty()) continue;
      if (!ready(queue, now)) {
        const auto due = std::max(queue.batches.front()->born + options_.linger, queue.not_before);
        wake = wake ? std::min(*wake, due) : due;
        continue;
      }
      auto leader = cluster->leader(partition.topic, partition.partition);
      if (!leader) {
        leaderless.push_back(partition.topic);
        queue.not_before = now + options_.retry_backoff;
        wake = wake ? std::min(*wake, queue.not_before) : queue.not_before;
        continue;
      }
      queue.in_flight = std::move(queue.batches.front());
      queue.batches.pop_front();
      close_batch(queue, *queue.in_flight);
      by_leader[*leader].push_back(partition);
    }
  }
  for (const auto& [leader, partitions] : by_leader) send_to(leader, partitions);
  if (!leaderless.empty()) cluster_.refresh_async(std::move(leaderless), [](Status) {});
  if (wake) {
    const auto delay =
        std::chrono::duration_cast<std::chrono::milliseconds>(*wake - now) + std::chrono::milliseconds(1);
    schedule(std::max(delay, std::chrono::milliseconds(1)));
  }
}

void Producer::send_to(const HostPort& leader, const std::vector<TopicPartition>& partitions) {
  wire::ProduceRequest request;
  request.transactional_id = options_.transactional_id;
  request.acks = options_.acks;
  request.timeout_ms = static_cast<int32_t>(options_.request_timeout.count());
  {
    MutexLock lock(mutex_);
    for (const TopicPartition& partition : partitions) {
      if (request.topic_data.empty() || request.topic_data.back().name != partition.topic) {
        request.topic_data.emplace_back().name = partition.topic;
      }
      auto& data = request.topic_data.back().partition_data.emplace_back();
      data.index = partition.partition;
      data.records.view = queues_[partition].in_flight->encoded;  // stays until the answer is there
    }
  }
  if (options_.acks == 0) {
    return cluster_.network().tell(leader, std::move(request),
                                   [this, partitions](const Status& sent) { on_unanswered(partitions, sent); });
  }
  cluster_.network().call<wire::ProduceRequest, wire::ProduceResponse>(
      leader, std::move(request),
      [this, partitions](Result<wire::ProduceResponse> answer) { on_answer(partitions, std::move(answer)); });
}

void Producer::on_unanswered(const std::vector<TopicPartition>& partitions, const Status& sent) {
  for (const TopicPartition& partition : partitions) {
    if (sent) {
      complete(partition, -1, -1);
    } else {
      fail_or_retry(partition, ErrorCode::network_exception, sent.error().message);
    }
  }
  drain();
}

void Producer::on_answer(const std::vector<TopicPartition>& partitions, Result<wire::ProduceResponse> answer) {
  if (!answer) {
    std::vector<std::string> topics;
    for (const TopicPartition& partition : partitions) {
      fail_or_retry(partition, ErrorCode::network_exception, answer.error().message);
      topics.push_back(partition.topic);
    }
    cluster_.refresh_async(std::move(topics), [this](Status) { drain(); });
    return;
  }
  bool outdated = false;
  std::vector<std::string> topics;
  for (const auto& topic : answer->responses) {
    for (const auto& result : topic.partition_responses) {
      outdated = outdated || wire::retriable(result.error_code);
      finish({topic.name, result.index}, result);
    }
    topics.push_back(topic.name);
  }
  if (outdated) cluster_.refresh_async(std::move(topics), [this](Status) { drain(); });
  drain();
}

void Producer::finish(const TopicPartition& partition, const wire::ProduceResponse::PartitionProduceResponse& result) {
  // A duplicate was written before: its answer was lost, not the records.
  if (result.error_code == ErrorCode::none || result.error_code == ErrorCode::duplicate_sequence_number) {
    return complete(partition, result.base_offset, result.log_append_time_ms);
  }
  fail_or_retry(partition, result.error_code,
                result.error_message.value_or(std::string(wire::default_message(result.error_code))));
}

void Producer::fail_or_retry(const TopicPartition& partition, ErrorCode code, const std::string& why) {
  {
    MutexLock lock(mutex_);
    Queue& queue = queues_[partition];
    const auto now = SteadyClock::now();
    if (wire::retriable(code) && !aborting_ && now < queue.in_flight->born + options_.delivery_timeout) {
      queue.batches.push_front(std::move(queue.in_flight));
      queue.not_before = now + options_.retry_backoff;
      return;
    }
  }
  if (transactions_) transactions_->on_failed_send({code, why});
  complete(partition, wire::refuse(code, why), -1);
}

void Producer::complete(const TopicPartition& partition, wire::Outcome<int64_t> base_offset, int64_t append_time) {
  std::unique_ptr<Batch> batch;
  {
    MutexLock lock(mutex_);
    batch = std::move(queues_[partition].in_flight);
  }
  for (size_t i = 0; i < batch->callbacks.size(); ++i) {
    if (!batch->callbacks[i]) continue;
    if (!base_offset) {
      batch->callbacks[i](base_offset.failure());
      continue;
    }
    const int64_t offset = *base_offset < 0 ? -1 : *base_offset + static_cast<int64_t>(i);
    batch->callbacks[i](
        Delivered{partition.topic, partition.partition, offset, append_time >= 0 ? append_time : batch->timestamps[i]});
  }
  settle(*batch);
}

void Producer::settle(const Batch& batch) {
  MutexLock lock(mutex_);
  buffered_ -= batch.bytes;
  undelivered_ -= batch.callbacks.size();
  changed_.notify_all();
}

}  // namespace meerkat::client
