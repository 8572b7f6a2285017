#include "replica/fetcher.h"

#include <glog/logging.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "wire/header.h"

namespace meerkat::replica {

using std::chrono::milliseconds;
using wire::ErrorCode;
using wire::FetchRequest;
using wire::FetchResponse;

namespace {
// The versions that IBP 3.9 fixes between brokers; v12 is the last that names topics.
constexpr int16_t kById = 17, kByName = 12, kListOffsets = 9;
constexpr int64_t kLatest = -1, kEarliest = -2;
// How long a new partition waits for the answer to the fetch that is under way and does not name it.
constexpr milliseconds kPatience{20};

template <class Response>
Result<Response> decode_answer(const net::Frame& frame, int16_t version) {
  size_t used = 0;
  auto header = wire::decode_response_header(frame.bytes, static_cast<wire::ApiKey>(Response::kKey), version, &used);
  if (!header) return header.failure();
  return wire::decode<Response>(ByteView(frame.bytes).subspan(used), version);
}
}  // namespace

Fetcher::Fetcher(ReplicaContext& context, const FetcherSettings& settings, event::Loop& loop, int32_t leader,
                 int32_t index)
    : context_(context),
      settings_(settings),
      loop_(loop),
      leader_(leader),
      client_id_("broker-" + std::to_string(context.settings.broker_id) + "-fetcher-" + std::to_string(index)) {}

Fetcher::~Fetcher() = default;

void Fetcher::follow(std::shared_ptr<Partition> partition) {
  auto start = partition->fetch_start();
  // Its role has changed again by now; whoever changed it has seen to the rest.
  if (!start || start->leader != leader_) return;
  followed_[partition->name()] = {.partition = partition, .at = *start};
  if (!in_flight_) {
    fetch_soon(milliseconds(0));
  } else if (!interruption_.active()) {
    interruption_ = loop_.after(kPatience, [this] { interrupt(); });
  }
}

void Fetcher::interrupt() {
  if (!in_flight_) return;
  interrupted_ = true;
  connection_->close("to ask for more partitions");
}

void Fetcher::unfollow(const TopicPartition& tp) { followed_.erase(tp); }

void Fetcher::fetch_soon(milliseconds delay) {
  timer_ = loop_.after(delay, [this] { fetch(); });
}

void Fetcher::fetch() {
  if (in_flight_ || followed_.empty()) return;
  if (context_.out_of_space.load(std::memory_order_relaxed)) {
    fetch_soon(milliseconds(settings_.backoff_ms));
    return;
  }
  if (flushing()) {
    fetch_soon(milliseconds(1));
    return;
  }
  bool by_id = true;
  int64_t next_retry_ms = std::numeric_limits<int64_t>::max();
  auto partitions = wanted(by_id, next_retry_ms);
  if (partitions.empty()) {
    if (next_retry_ms < std::numeric_limits<int64_t>::max()) {
      fetch_soon(milliseconds(std::max<int64_t>(1, next_retry_ms - context_.clock.mono_ms())));
    }
    return;
  }
  if (!connect()) {
    fetch_soon(milliseconds(settings_.backoff_ms));
    return;
  }
  const int16_t version = by_id ? kById : kByName;
  FetchRequest request;
  request.replica_id = by_id ? -1 : context_.settings.broker_id;
  if (by_id) {
    request.replica_state = {context_.settings.broker_id, context_.broker_epoch.load(std::memory_order_acquire)};
  }
  // Not beyond the time when a partition that backs off wants to be named again.
  request.max_wait_ms = static_cast<int32_t>(
      std::clamp<int64_t>(next_retry_ms - context_.clock.mono_ms(), 1, std::max(settings_.wait_max_ms, 1)));
  request.min_bytes = settings_.min_bytes;
  request.max_bytes = settings_.response_max_bytes;
  session_.prepare(partitions, by_id, request);
  auto frame = wire::encode_request(next_correlation_id_++, client_id_, version, request);
  if (!frame) {
    LOG(DFATAL) << "A fetch from broker " << leader_ << " cannot be encoded: " << frame.error().message;
    return;
  }
  for (auto& [tp, followed] : followed_) followed.asked = partitions.contains(tp);
  in_flight_ = true;
  connection_->send(std::move(*frame),
                    [this, version](Result<net::Frame> answer) { on_answer(std::move(answer), version); });
}

bool Fetcher::flushing() const {
  return std::any_of(followed_.begin(), followed_.end(), [](const auto& item) {
    const auto log = item.second.partition->log();
    return log && log->acknowledgeable_end() < log->log_end_offset();
  });
}

bool Fetcher::is_throttled_here(const TopicPartition& tp, const storage::Log& log) const {
  return is_throttled(log.config()->follower_replication_throttled_replicas, tp.partition, context_.settings.broker_id);
}

WantedPartitions Fetcher::wanted(bool& by_id, int64_t& next_retry_ms) {
  WantedPartitions wanted;
  const int64_t now = context_.clock.mono_ms();
  const bool throttling = context_.follower_throttle.exceeded();
  for (auto& [tp, followed] : followed_) {
    if (followed.looking_up) continue;
    if (followed.retry_at_ms > now) {
      next_retry_ms = std::min(next_retry_ms, followed.retry_at_ms);
      continue;
    }
    const auto log = followed.partition->log();
    if (!log) continue;
    if (throttling && !followed.caught_up && is_throttled_here(tp, *log)) {
      next_retry_ms = std::min(next_retry_ms, now + settings_.backoff_ms);
      continue;
    }
    WantedPartition w{.topic_id = followed.partition->topic_id()};
    by_id = by_id && !w.topic_id.is_zero();
    w.ask.partition = tp.partition;
    w.ask.current_leader_epoch = followed.at.leader_epoch;
    w.ask.fetch_offset = followed.at.offset;
    w.ask.last_fetched_epoch = followed.at.last_fetched_epoch;
    w.ask.log_start_offset = log->log_start_offset();
    w.ask.partition_max_bytes = settings_.max_bytes;
    wanted.emplace(tp, std::move(w));
  }
  return wanted;
}

bool Fetcher::connect() {
  const auto metadata = context_.metadata.image();
  const auto* broker = metadata->broker(leader_);
  const auto* endpoint = broker ? broker->endpoint(settings_.listener) : nullptr;
  if (!endpoint) {
    if (std::exchange(reachable_, false)) {
      LOG(WARNING) << "Cannot fetch from broker " << leader_ << ": it is not alive, or has no listener "
                   << settings_.listener;
    }
    connection_.reset();
    return false;
  }
  const bool same =
      connection_ && connection_->config().host == endpoint->host && connection_->config().port == endpoint->port;
  if (same) return true;
  session_.on_failure();
  net::OutboundConfig config;
  config.host = endpoint->host;
  config.port = endpoint->port;
  config.purpose = "fetching from broker " + std::to_string(leader_);
  config.request_timeout = milliseconds(settings_.socket_timeout_ms);
  config.receive_buffer_bytes = settings_.receive_buffer_bytes;
  connection_ = std::make_unique<net::Outbound>(loop_, std::move(config));
  return true;
}

void Fetcher::on_answer(Result<net::Frame> answer, int16_t version) {
  in_flight_ = false;
  interruption_.cancel();
  if (std::exchange(interrupted_, false) && !answer) {
    session_.on_failure();
    fetch();
    return;
  }
  auto response = answer ? decode_answer<FetchResponse>(*answer, version) : answer.failure();
  if (!response) {
    session_.on_failure();
    if (std::exchange(reachable_, false)) {
      LOG(WARNING) << "Fetching from broker " << leader_ << " failed and is tried again every " << settings_.backoff_ms
                   << " ms: " << response.error().message;
    }
    fetch_soon(milliseconds(settings_.backoff_ms));
    return;
  }
  if (!std::exchange(reachable_, true)) LOG(INFO) << "Fetching from broker " << leader_ << " again";
  if (!session_.on_response(*response)) {
    fetch();
    return;
  }
  std::map<Uuid, std::string> names;
  if (version >= 13) {
    for (const auto& [tp, followed] : followed_) names.try_emplace(followed.partition->topic_id(), tp.topic);
  }
  for (const auto& topic : response->responses) {
    for (const auto& data : topic.partitions) {
      const TopicPartition tp{version >= 13 ? names[topic.topic_id] : topic.topic, data.partition_index};
      auto it = followed_.find(tp);
      // What was (re)started while the fetch was under way begins anew.
      if (it != followed_.end() && it->second.asked) on_data(tp, it->second, data);
    }
  }
  fetch();
}

void Fetcher::on_data(const TopicPartition& tp, Followed& followed, const Data& data) {
  if (data.error_code != ErrorCode::none) {
    on_error(tp, followed, data.error_code);
    return;
  }
  if (data.diverging_epoch.epoch < 0) {
    append(tp, followed, data);
    return;
  }
  auto truncated = followed.partition->truncate_to_epoch({data.diverging_epoch.epoch, data.diverging_epoch.end_offset},
                                                         followed.at.leader_epoch);
  if (!truncated) {
    on_error(tp, followed, truncated.error().code);
    return;
  }
  LOG(INFO) << "Log of " << tp.to_string() << " differed from broker " << leader_ << "'s and was truncated to offset "
            << truncated->offset;
  followed.at = *truncated;
}

void Fetcher::append(const TopicPartition& tp, Followed& followed, const Data& data) {
  Effects effects;
  auto appended =
      followed.partition->append_from_leader(data.records.view, followed.at.offset, followed.at.leader_epoch,
                                             data.high_watermark, data.log_start_offset, effects);
  settle(context_, followed.partition, std::move(effects));
  if (!appended) {
    LOG(WARNING) << "Records of " << tp.to_string() << " from broker " << leader_
                 << " could not be appended: " << appended.error().message;
    on_error(tp, followed, appended.error().code);
    return;
  }
  followed.failures = 0;
  followed.at.offset = appended->log_end_offset;
  followed.caught_up = data.high_watermark <= appended->log_end_offset;
  const auto log = followed.partition->log();
  if (!log) return;
  followed.at.last_fetched_epoch = log->latest_epoch();
  if (context_.follower_throttle.limited() && is_throttled_here(tp, *log)) {
    context_.follower_throttle.record(static_cast<int64_t>(data.records.view.size()));
  }
}

void Fetcher::on_error(const TopicPartition& tp, Followed& followed, ErrorCode code) {
  switch (code) {
    case ErrorCode::offset_out_of_range:
      followed.looking_up = true;
      look_up(tp, kLatest);
      return;
    case ErrorCode::fenced_leader_epoch:
      // There is a newer leader epoch; its LeaderAndIsr will start this anew.
      if (followed.partition->leader_epoch() == followed.at.leader_epoch) give_up(tp, "a newer leader epoch exists");
      return;
    default:
      // Not leader yet, topic id not known yet, a damaged batch, a failed disk there: all may pass.
      VLOG(1) << "Broker " << leader_ << " answered " << wire::name(code) << " for " << tp.to_string();
      if (followed.partition->offline()) {
        give_up(tp, "its log directory failed");
      } else {
        back_off(followed);
      }
  }
}

void Fetcher::give_up(const TopicPartition& tp, const std::string& why) {
  LOG(WARNING) << "No longer fetching " << tp.to_string() << " from broker " << leader_
               << " until the controller's next "
               << "word: " << why;
  followed_.erase(tp);
}

// The first time soon: most likely the leader hears of its role a moment after us.
void Fetcher::back_off(Followed& followed) {
  constexpr int64_t kFirstMs = 10;
  constexpr int kDoublings = 10;
  const int64_t delay_ms = kFirstMs << std::min(followed.failures++, kDoublings);
  followed.retry_at_ms = context_.clock.mono_ms() + std::min<int64_t>(delay_ms, settings_.backoff_ms);
}

void Fetcher::look_up(const TopicPartition& tp, int64_t timestamp) {
  const int32_t leader_epoch = followed_.at(tp).at.leader_epoch;
  wire::ListOffsetsRequest request;
  request.replica_id = context_.settings.broker_id;
  request.topics.push_back({tp.topic, {{tp.partition, leader_epoch, timestamp}}});
  auto frame = wire::encode_request(next_correlation_id_++, client_id_, kListOffsets, request);
  if (!frame || !connection_) {
    followed_.at(tp).looking_up = false;
    back_off(followed_.at(tp));
    return;
  }
  connection_->send(std::move(*frame), [this, tp, leader_epoch, timestamp](Result<net::Frame> answer) {
    on_offset(tp, leader_epoch, timestamp, std::move(answer));
  });
}

void Fetcher::on_offset(const TopicPartition& tp, int32_t leader_epoch, int64_t timestamp, Result<net::Frame> answer) {
  auto it = followed_.find(tp);
  if (it == followed_.end() || !it->second.looking_up || it->second.at.leader_epoch != leader_epoch) return;
  Followed& followed = it->second;
  auto response = answer ? decode_answer<wire::ListOffsetsResponse>(*answer, kListOffsets) : answer.failure();
  const bool usable = response && response->topics.size() == 1 && response->topics[0].partitions.size() == 1 &&
                      response->topics[0].partitions[0].error_code == ErrorCode::none;
  if (usable) {
    restart(tp, followed, timestamp, response->topics[0].partitions[0].offset);
  } else {
    followed.looking_up = false;
    back_off(followed);
  }
  if (!in_flight_) fetch();
}

void Fetcher::restart(const TopicPartition& tp, Followed& followed, int64_t timestamp, int64_t leader_offset) {
  const auto log = followed.partition->log();
  if (!log) return;
  const int64_t our_end = log->log_end_offset();
  if (timestamp == kLatest && leader_offset >= our_end) {
    // Not beyond the leader's end, so before its start.
    look_up(tp, kEarliest);
    return;
  }
  followed.looking_up = false;
  wire::Outcome<void> done;
  if (timestamp == kLatest) {
    LOG(WARNING) << "Log of " << tp.to_string() << " goes beyond its leader's, broker " << leader_
                 << ", and is truncated to offset " << leader_offset << " from " << our_end;
    done = followed.partition->truncate_to(leader_offset, followed.at.leader_epoch);
  } else if (leader_offset > our_end) {
    LOG(WARNING) << "Log of " << tp.to_string() << " ends at " << our_end << ", before its leader's begins; it starts "
                 << "over at offset " << leader_offset;
    done = followed.partition->restart_at(leader_offset, followed.at.leader_epoch);
  }
  auto start = done ? followed.partition->fetch_start() : done.failure();
  if (!start) {
    back_off(followed);
    return;
  }
  followed.at = *start;
}

}  // namespace meerkat::replica
