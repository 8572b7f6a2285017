#include "replica/fetch.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "replica/fetch_formats.h"
#include "storage/log_config.h"
#include "wire/messages/01_fetch.h"

namespace meerkat::replica {

using storage::ReadBound;
using wire::ErrorCode;
using wire::FetchRequest;
using wire::FetchResponse;
using PartitionData = FetchResponse::PartitionData;

namespace {

PartitionData failed(int32_t index, ErrorCode code) {
  PartitionData data;
  data.partition_index = index;
  data.error_code = code;
  data.high_watermark = -1;
  return data;
}

/// A Fetch request from its session to its answer; parked while there is too little to read.
class Fetch : public DelayedOperation {
 public:
  Fetch(ReplicaContext& context, const RequestContext& who, const FetchRequest& request, Callback<FetchResponse> reply)
      : context_(context),
        version_(who.version),
        listener_(who.listener),
        replica_id_(version_ >= 15 ? request.replica_state.replica_id : request.replica_id),
        replica_epoch_(request.replica_state.replica_epoch),
        rack_(request.rack_id),
        max_bytes_(std::min(request.max_bytes, context.settings.fetch_max_bytes)),
        min_bytes_(std::min(request.min_bytes, max_bytes_)),
        bound_(replica_id_ >= 0               ? ReadBound::log_end
               : request.isolation_level == 1 ? ReadBound::last_stable
                                              : ReadBound::high_watermark),
        reply_(std::move(reply)),
        scope_(context.sessions.begin(request, version_, replica_id_ >= 0)) {}

  /// Finds the partitions, and sorts out what nobody may or can read.
  void route(const RequestContext& who) {
    const auto map = context_.partitions.current();
    slots_.reserve(scope_.targets().size());
    for (size_t i = 0; i < scope_.targets().size(); ++i) {
      Slot slot = route(who, *map, *scope_.targets()[i].key);
      slot.target = i;
      (slot.refused ? refused_ : slots_).push_back(std::move(slot));
    }
  }

  enum class First { answered, too_little, cold };
  /// Answers if there is a reason not to wait, and all can be read from `source`.
  First answer_now(int32_t max_wait_ms, ReadFrom source) {
    if (slots_.empty()) {
      answer({});
      return First::answered;
    }
    Reads reads = read_all(false, source);
    if (reads.cold) return First::cold;
    if (max_wait_ms > 0 && reads.bytes < min_bytes_ && !reads.urgent) return First::too_little;
    answer(std::move(reads.results));
    return First::answered;
  }

  bool try_complete() override {
    int64_t bytes = 0;
    const bool throttling = is_throttling();
    for (const auto& slot : slots_) {
      if (throttling && is_throttled_here(*slot.partition, true)) continue;
      auto found = slot.partition->readable(read_request(slot, max_bytes_, true), min_bytes_ - bytes);
      // An error, or records enough: both are answered by reading.
      if (!found || (bytes += *found) >= min_bytes_) {
        expire();
        return true;
      }
    }
    return false;
  }
  void expire() override { answer(read_all(true, ReadFrom::disk).results); }

  std::vector<Watch> watches() const {
    // A follower waits for records alone: that the high watermark moved it learns with its next fetch.
    const Progress what = progress::kLeadership | (replica_id_ >= 0 ? progress::kLogEnd : progress::kHighWatermark);
    std::vector<Watch> watches;
    watches.reserve(slots_.size());
    for (const auto& slot : slots_) {
      watches.push_back({std::shared_ptr<WaitPoint>(slot.partition, &slot.partition->waiters()), what});
    }
    return watches;
  }

 private:
  struct Slot {
    size_t target = 0;
    std::shared_ptr<Partition> partition;  // null with an error
    ErrorCode error = ErrorCode::none;
    /// Answered with the error, but no reason to hurry.
    bool refused = false;
  };
  struct Reads {
    std::vector<FetchResult> results;
    int64_t bytes = 0;
    bool urgent = false;  // an error, a divergence or a better replica: the client has to hear of it
    bool cold = false;    // the disk is needed; the rest was not read
  };

  static Slot refuse_slot(ErrorCode code) { return {.error = code, .refused = true}; }

  Slot route(const RequestContext& who, const HostedPartitions& map, const FetchKey& key) const {
    const bool by_id = version_ >= 13;
    const auto* hosted = by_id ? map.find(key.topic_id, key.partition) : map.find(key.topic, key.partition);
    const auto metadata = hosted ? nullptr : context_.metadata.image();
    const auto* known = hosted ? nullptr : by_id ? metadata->topic(key.topic_id) : metadata->topic(key.topic);
    if (!hosted && by_id && !known) return refuse_slot(ErrorCode::unknown_topic_id);
    const std::string& topic = hosted ? (*hosted)->name().topic : by_id ? known->name : key.topic;
    if (who.may_read && !who.may_read(topic)) return refuse_slot(ErrorCode::topic_authorization_failed);
    if (hosted) {
      if ((*hosted)->offline()) return {.error = ErrorCode::kafka_storage_error};
      return {.partition = *hosted};
    }
    if (!known || !known->partition(key.partition)) return refuse_slot(ErrorCode::unknown_topic_or_partition);
    if (by_id && map.find(topic, key.partition)) return {.error = ErrorCode::inconsistent_topic_id};
    return {.error = ErrorCode::not_leader_or_follower};
  }

  /// Whether the leader's throttle holds back what this request is for.
  bool is_throttling() const { return replica_id_ >= 0 && context_.leader_throttle.exceeded(); }
  /// Replicas in sync are listed like others, but are not held back.
  bool is_throttled_here(const Partition& partition, bool unless_in_sync) const {
    const auto log = partition.log();
    return log &&
           is_throttled(log->config()->leader_replication_throttled_replicas, partition.name().partition,
                        context_.settings.broker_id) &&
           !(unless_in_sync && partition.is_in_sync(replica_id_));
  }
  /// `results` are those of the slots, in their order.
  void count_throttled(const std::vector<FetchResult>& results) {
    if (replica_id_ < 0 || !context_.leader_throttle.limited()) return;
    int64_t bytes = 0;
    for (size_t i = 0; i < slots_.size(); ++i) {
      const auto& partition = slots_[i].partition;
      if (partition && is_throttled_here(*partition, false)) bytes += results[i].data.records.size();
    }
    if (bytes > 0) context_.leader_throttle.record(bytes);
  }

  ReadRequest read_request(const Slot& slot, int64_t limit, bool min_one_message) const {
    const auto& position = scope_.targets()[slot.target].position;
    return {.offset = position.fetch_offset,
            .max_bytes = static_cast<int32_t>(std::min<int64_t>(position.max_bytes, limit)),
            .min_one_message = min_one_message,
            .bound = bound_,
            .only_leader = replica_id_ >= 0 || version_ <= 10,
            .current_leader_epoch = position.current_leader_epoch,
            .last_fetched_epoch = position.last_fetched_epoch,
            .replica_id = replica_id_,
            .replica_epoch = replica_epoch_,
            .replica_log_start = position.log_start_offset,
            .source = ReadFrom::disk};
  }

  /// Whether the limits hold for a single batch, too.
  bool hard_limit() const { return version_ <= 2; }

  /// Reads partition by partition until the request's limit is used up. Fetch up to v2 knows a hard limit; later ones
  /// get at least one batch, from the first partition that has any (KIP-74).
  Reads read_all(bool quietly, ReadFrom source) {
    Reads reads;
    reads.results.reserve(slots_.size() + refused_.size());
    int64_t limit = std::max(max_bytes_, 0);
    bool min_one_message = !hard_limit();
    for (const auto& slot : slots_) {
      const int32_t index = scope_.targets()[slot.target].key->partition;
      PartitionData data = slot.partition ? read_one(slot, index, limit, min_one_message, quietly, source, reads)
                                          : failed(index, slot.error);
      if (reads.cold) break;
      if (data.error_code != ErrorCode::none) {
        data.aborted_transactions.reset();
        reads.urgent = true;
      }
      const int64_t size = data.records.size();
      if (size > 0) min_one_message = false;
      limit = std::max<int64_t>(0, limit - size);
      reads.bytes += size;
      reads.results.push_back({slot.target, std::move(data)});
    }
    return reads;
  }

  PartitionData read_one(const Slot& slot, int32_t index, int64_t limit, bool min_one_message, bool quietly,
                         ReadFrom source, Reads& reads) {
    auto request = read_request(slot, limit, min_one_message);
    request.source = source;
    if (is_throttling() && is_throttled_here(*slot.partition, true)) {
      request.max_bytes = 0;
      request.min_one_message = false;
    }
    PartitionData data;
    data.partition_index = index;
    data.aborted_transactions.reset();
    if (auto preferred = preferred_replica(*slot.partition, request.offset)) {
      reads.urgent = true;
      data.preferred_read_replica = *preferred;
      if (const auto log = slot.partition->log()) {
        data.high_watermark = log->high_watermark();
        data.last_stable_offset = log->last_stable_offset();
        data.log_start_offset = log->log_start_offset();
      }
      return data;
    }
    Effects effects;
    auto read = slot.partition->read(request, effects, quietly);
    settle(context_, slot.partition, std::move(effects));
    if (!read) return failed(index, read.error().code);
    reads.cold = read->cold;
    data.high_watermark = read->high_watermark;
    data.last_stable_offset = read->last_stable_offset;
    data.log_start_offset = read->log_start_offset;
    if (bound_ == ReadBound::last_stable) {
      auto& aborted = data.aborted_transactions.emplace();
      for (const auto& t : read->aborted) aborted.push_back({t.producer_id, t.first_offset});
    }
    if (read->diverging) {
      reads.urgent = true;
      data.diverging_epoch = {read->diverging->leader_epoch, read->diverging->end_offset};
    } else if (read->records.length > 0 && (!read->first_batch_too_large || hard_limit())) {
      // Old clients take a piece of a batch for one that is larger than their limit, and say so.
      data.records.files.push_back(std::move(read->records));
    }
    return data;
  }

  std::optional<int32_t> preferred_replica(const Partition& partition, int64_t offset) const {
    if (!context_.selector || version_ < 11 || replica_id_ >= 0) return {};
    const auto view = partition.view();
    if (!view.is_leader) return {};
    return context_.selector->select({.client_rack = rack_,
                                      .listener = listener_,
                                      .fetch_offset = offset,
                                      .partition = view,
                                      .metadata = *context_.metadata.image()});
  }

  void answer(std::vector<FetchResult> results) {
    count_throttled(results);
    for (const auto& slot : refused_) {
      results.push_back({slot.target, failed(scope_.targets()[slot.target].key->partition, slot.error)});
    }
    FetchResponse response;
    for (auto& r : results) {
      if (version_ >= 16) add_leader_hint(r, response);
      if (version_ < 10) fit_to_version(r);
    }
    scope_.finish(std::move(results), response);
    reply_(std::move(response));
  }

  /// Old clients read neither every format nor every error code.
  void fit_to_version(FetchResult& result) const {
    auto slot = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& s) { return s.target == result.target; });
    if (slot != slots_.end() && slot->partition) {
      if (const auto log = slot->partition->log()) {
        fit_format(*log->config(), version_, replica_id_ >= 0, result.data);
      }
    }
    if (version_ <= 5 && result.data.error_code == ErrorCode::kafka_storage_error) {
      result.data.error_code = ErrorCode::not_leader_or_follower;
    }
  }

  void add_leader_hint(FetchResult& result, FetchResponse& response) const {
    const ErrorCode code = result.data.error_code;
    if (code != ErrorCode::not_leader_or_follower && code != ErrorCode::fenced_leader_epoch) return;
    const auto& key = *scope_.targets()[result.target].key;
    const auto map = context_.partitions.current();
    const auto metadata = context_.metadata.image();
    const auto* hosted = map->find(key.topic_id, key.partition);
    const auto* known = metadata->topic(key.topic_id);
    if (!hosted && !known) return;
    const std::string& topic = hosted ? (*hosted)->name().topic : known->name;
    const auto hint = leader_hint(context_, *map, topic, key.partition, listener_);
    result.data.current_leader = {hint.leader, hint.leader_epoch};
    if (!hint.endpoint) return;
    auto& nodes = response.node_endpoints;
    if (std::any_of(nodes.begin(), nodes.end(), [&](const auto& n) { return n.node_id == hint.leader; })) return;
    nodes.push_back({hint.leader, hint.endpoint->host, hint.endpoint->port, hint.broker->rack});
  }

  ReplicaContext& context_;
  const int16_t version_;
  const std::string listener_;
  const int32_t replica_id_;
  const int64_t replica_epoch_;
  const std::string rack_;
  const int32_t max_bytes_;
  const int32_t min_bytes_;
  const ReadBound bound_;
  Callback<FetchResponse> reply_;
  FetchScope scope_;
  std::vector<Slot> slots_;    // in the order to be read
  std::vector<Slot> refused_;  // answered last
};

void park(ReplicaContext& context, event::Loop& loop, std::unique_ptr<Fetch> fetch, int32_t max_wait_ms) {
  const auto watches = fetch->watches();
  context.purgatories.of(loop).wait(std::move(fetch), watches, std::chrono::milliseconds(max_wait_ms));
}

}  // namespace

void handle_fetch(ReplicaContext& context, const RequestContext& who, const FetchRequest& request,
                  Callback<FetchResponse> reply) {
  auto fetch = std::make_unique<Fetch>(context, who, request, std::move(reply));
  fetch->route(who);
  const int32_t max_wait_ms = request.max_wait_ms;
  switch (fetch->answer_now(max_wait_ms, context.disk ? ReadFrom::page_cache : ReadFrom::disk)) {
    case Fetch::First::answered:
      return;
    case Fetch::First::too_little:
      return park(context, *who.loop, std::move(fetch), max_wait_ms);
    case Fetch::First::cold:
      // A consumer that catches up must not make the others of its loop wait for the disk.
      context.disk->post([&context, loop = who.loop, fetch = std::move(fetch), max_wait_ms]() mutable {
        if (fetch->answer_now(max_wait_ms, ReadFrom::disk) == Fetch::First::answered) return;
        loop->post([&context, loop, fetch = std::move(fetch), max_wait_ms]() mutable {
          park(context, *loop, std::move(fetch), max_wait_ms);
        });
      });
  }
}

}  // namespace meerkat::replica
