#include "txn/markers.h"

#include <glog/logging.h>

#include <algorithm>
#include <tuple>

namespace meerkat::txn {

using wire::ErrorCode;

namespace {

bool same_end(const Marker& a, const Marker& b) {
  return a.producer == b.producer && a.coordinator_epoch == b.coordinator_epoch && a.commit == b.commit &&
         a.transactional_id == b.transactional_id;
}

wire::WriteTxnMarkersRequest request_of(const std::vector<Marker>& markers) {
  wire::WriteTxnMarkersRequest request;
  for (const Marker& marker : markers) {
    auto& out = request.markers.emplace_back();
    out.producer_id = marker.producer.id;
    out.producer_epoch = marker.producer.epoch;
    out.transaction_result = marker.commit;
    out.coordinator_epoch = marker.coordinator_epoch;
    std::map<std::string, std::vector<int32_t>> topics;
    for (const auto& tp : marker.partitions) topics[tp.topic].push_back(tp.partition);
    for (auto& [topic, partitions] : topics) out.topics.push_back({topic, std::move(partitions)});
  }
  return request;
}

}  // namespace

MarkerSender::MarkerSender(const Settings& settings, event::Loop& loop, const cluster::MetadataCache& metadata,
                           PartitionExists exists, MarkerChannel& channel, OnOutcome on_outcome)
    : settings_(settings),
      loop_(loop),
      metadata_(metadata),
      exists_(std::move(exists)),
      channel_(channel),
      on_outcome_(std::move(on_outcome)) {}

void MarkerSender::send(Marker marker) { route(std::move(marker)); }

void MarkerSender::forget(int32_t state_partition) {
  const auto of_it = [&](const Marker& marker) { return marker.state_partition == state_partition; };
  for (auto& [broker, queue] : queues_) std::erase_if(queue, of_it);
  std::erase_if(retries_, of_it);
}

void MarkerSender::stop() {
  queues_.clear();
  retries_.clear();
  retry_timer_.cancel();
}

void MarkerSender::route(Marker marker) {
  const auto image = metadata_.image();
  std::set<int32_t> brokers;
  for (const auto& tp : marker.partitions) {
    const auto* partition = image->partition(tp.topic, tp.partition);
    if (partition == nullptr) {
      look_up(marker, tp);
      continue;
    }
    const auto* leader = image->broker(partition->leader);
    if (leader == nullptr || leader->endpoint(settings_.listener) == nullptr) {
      retry_later(marker, tp);
      continue;
    }
    enqueue(queues_[leader->id], marker, tp);
    brokers.insert(leader->id);
  }
  for (int32_t broker : brokers) flush(broker);
}

void MarkerSender::look_up(const Marker& marker, const TopicPartition& partition) {
  exists_(partition, [this, marker, partition, loop = loop_.remote()](Result<bool> exists) mutable {
    loop.post([this, marker = std::move(marker), partition = std::move(partition), gone = exists && !*exists] {
      LOG_IF(INFO, gone) << "No marker of transactional id " << marker.transactional_id << " for "
                         << partition.to_string() << ": the partition does not exist any more";
      const ErrorCode error = gone ? ErrorCode::none : ErrorCode::unknown_topic_or_partition;
      if (on_outcome_(marker, partition, error)) retry_later(marker, partition);
    });
  });
}

void MarkerSender::enqueue(Markers& queue, const Marker& marker, const TopicPartition& partition) {
  // Answers tell markers apart by their producer only, so that a producer must not stand in a request twice.
  auto it = std::find_if(queue.rbegin(), queue.rend(), [&](const Marker& m) { return same_end(m, marker); });
  if (it != queue.rend()) {
    it->partitions.push_back(partition);
    return;
  }
  queue.push_back(marker);
  queue.back().partitions = {partition};
}

void MarkerSender::flush(int32_t broker) {
  auto it = queues_.find(broker);
  if (it == queues_.end() || it->second.empty() || !busy_.insert(broker).second) return;
  Markers markers = std::move(it->second);
  queues_.erase(it);
  const auto request = request_of(markers);
  channel_.send(broker, request,
                [this, broker, markers = std::move(markers)](Result<wire::WriteTxnMarkersResponse> answer) {
                  busy_.erase(broker);
                  on_answer(markers, answer);
                  flush(broker);
                });
}

void MarkerSender::on_answer(const Markers& markers, const Result<wire::WriteTxnMarkersResponse>& answer) {
  std::map<std::tuple<int64_t, std::string_view, int32_t>, ErrorCode> errors;
  if (answer) {
    for (const auto& producer : answer->markers) {
      for (const auto& topic : producer.topics) {
        for (const auto& p : topic.partitions)
          errors[{producer.producer_id, topic.name, p.partition_index}] = p.error_code;
      }
    }
  } else {
    LOG_EVERY_N(WARNING, 100) << "Transaction markers could not be delivered and are sent again: "
                              << answer.error().message;
  }
  for (const Marker& marker : markers) {
    for (const auto& tp : marker.partitions) {
      const auto it = errors.find({marker.producer.id, tp.topic, tp.partition});
      const ErrorCode error = it != errors.end() ? it->second : ErrorCode::network_exception;
      if (on_outcome_(marker, tp, error)) retry_later(marker, tp);
    }
  }
}

void MarkerSender::retry_later(const Marker& marker, const TopicPartition& partition) {
  enqueue(retries_, marker, partition);
  if (retry_timer_.active()) return;
  retry_timer_ = loop_.after(std::chrono::milliseconds(settings_.retry_backoff_ms), [this] {
    for (Marker& due : std::exchange(retries_, {})) route(std::move(due));
  });
}

}  // namespace meerkat::txn
