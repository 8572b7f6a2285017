#include "replica/produce.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "record/validate.h"
#include "storage/log_config.h"
#include "wire/internal_topics.h"
#include "wire/messages/00_produce.h"

namespace meerkat::replica {

using wire::ErrorCode;
using wire::ProduceRequest;
using wire::ProduceResponse;
using PartitionResponse = ProduceResponse::PartitionProduceResponse;

namespace {

constexpr int16_t kAcksAll = -1;

record::AppendRules rules_for(const storage::LogConfig& config, record::AppendOrigin origin, int64_t now_ms) {
  record::AppendRules rules;
  rules.origin = origin;
  rules.max_batch_bytes = config.max_message_bytes;
  rules.compacted = config.cleanup_compact;
  rules.timestamp_type =
      config.message_timestamp_log_append ? record::TimestampType::log_append_time : record::TimestampType::create_time;
  rules.timestamp_before_max_ms = config.message_timestamp_before_max_ms;
  rules.timestamp_after_max_ms = config.message_timestamp_after_max_ms;
  rules.now_ms = now_ms;
  if (config.compression_codec != storage::LogConfig::kProducerCodec) {
    const auto codec = static_cast<record::Codec>(config.compression_codec);
    rules.target_codec = codec;
    if (codec == record::Codec::gzip) rules.level = config.compression_gzip_level;
    if (codec == record::Codec::lz4) rules.level = config.compression_lz4_level;
    if (codec == record::Codec::zstd) rules.level = config.compression_zstd_level;
  }
  return rules;
}

/// Validates and appends one partition's records; the error keeps what validation knows of single records.
Result<LeaderAppend, record::Refusal> append_one(ReplicaContext& context, const std::shared_ptr<Partition>& partition,
                                                 MutableBytes records, int16_t acks, record::AppendOrigin origin,
                                                 storage::VerificationGuard guard, int32_t leader_epoch = -1) {
  const auto refusal = [](const wire::Failure& failure) {
    return Fail<record::Refusal>({failure.code, failure.message, {}});
  };
  auto config = partition->check_append(acks);
  if (!config) return refusal(config.error());
  auto plan = record::validate(records, rules_for(**config, origin, context.clock.wall_ms()));
  if (!plan) return plan.failure();
  Effects effects;
  auto info = partition->append(*plan, acks, origin, effects, guard, leader_epoch);
  settle(context, partition, std::move(effects));
  if (!info) return refusal(info.error());
  return *info;
}

/// Kafka leaves the log start offset out for these.
bool hides_log_start(ErrorCode code) {
  switch (code) {
    case ErrorCode::unknown_topic_or_partition:
    case ErrorCode::not_leader_or_follower:
    case ErrorCode::message_too_large:
    case ErrorCode::record_list_too_large:
    case ErrorCode::corrupt_message:
    case ErrorCode::kafka_storage_error:
      return true;
    default:
      return false;
  }
}

/// A Produce request from its records to its answer; parked if acks=all has to wait.
class Produce : public DelayedOperation {
 public:
  Produce(ReplicaContext& context, const RequestContext& who, const ProduceRequest& request,
          Callback<ProduceResponse> reply)
      : context_(context),
        version_(who.version),
        listener_(who.listener),
        may_write_internal_(who.client_id == "__admin_client"),
        acks_(request.acks),
        reply_(std::move(reply)) {}

  void append(const ProduceRequest& request, const Verifications& verified) {
    const auto map = context_.partitions.current();
    response_.responses.reserve(request.topic_data.size());
    for (const auto& topic : request.topic_data) {
      auto& answers = response_.responses.emplace_back();
      answers.name = topic.name;
      answers.partition_responses.reserve(topic.partition_data.size());
      for (const auto& data : topic.partition_data) {
        const size_t at = answers.partition_responses.size();
        auto& answer = answers.partition_responses.emplace_back();
        answer.index = data.index;
        answer.base_offset = -1;
        append(*map, topic.name, data, answer,
               verified.empty() ? nullptr : &verified[response_.responses.size() - 1][at]);
      }
    }
  }

  bool waits() const { return !pending_.empty(); }
  bool try_complete() override {
    std::erase_if(pending_, [&](const Pending& p) {
      auto state = p.partition->ack_state(p.append);
      if (state && *state == AckState::waiting) return false;
      if (!state) answer_of(p).error_code = state.error().code;
      if (state && *state == AckState::not_enough_replicas) {
        answer_of(p).error_code = ErrorCode::not_enough_replicas_after_append;
      }
      return true;
    });
    if (waits()) return false;
    answer();
    return true;
  }
  void expire() override {
    for (const auto& p : pending_) answer_of(p).error_code = ErrorCode::request_timed_out;
    answer();
  }
  std::vector<Watch> watches() const {
    std::vector<Watch> watches;
    watches.reserve(pending_.size());
    for (const auto& p : pending_) {
      watches.push_back({std::shared_ptr<WaitPoint>(p.partition, &p.partition->waiters()),
                         progress::kHighWatermark | progress::kLeadership});
    }
    return watches;
  }

 private:
  struct Pending {
    std::shared_ptr<Partition> partition;
    LeaderAppend append;
    size_t topic = 0, index = 0;  // where its answer stands
  };

  void append(const HostedPartitions& map, const std::string& topic, const ProduceRequest::PartitionProduceData& data,
              PartitionResponse& answer, const Verified* verified) {
    auto partition = hosted_partition(context_, map, topic, data.index);
    if (!partition && partition.error().code == ErrorCode::unknown_topic_or_partition) {
      answer.error_code = partition.error().code;
      return;
    }
    if (auto refused = record::check_produce_version(data.records.view, version_)) {
      answer.error_code = refused->code;
      return;
    }
    if (verified && verified->error != ErrorCode::none) {
      answer.error_code = verified->error;
      if (!verified->message.empty()) answer.error_message = verified->message;
      return;
    }
    if (acks_ < kAcksAll || acks_ > 1) {
      answer.error_code = ErrorCode::invalid_required_acks;
      return;
    }
    if (wire::is_internal_topic(topic) && !may_write_internal_) {
      answer.error_code = ErrorCode::invalid_topic_exception;
      return;
    }
    if (!partition) {
      answer.error_code = partition.error().code;
      return;
    }
    // The frame's bytes are ours to stamp; the field is read-only because most readers must not.
    const auto& view = data.records.view;
    const MutableBytes records(const_cast<uint8_t*>(view.data()), view.size());
    auto info = append_one(context_, *partition, records, acks_, record::AppendOrigin::client,
                           verified ? verified->guard : storage::VerificationGuard{});
    if (!info) {
      explain(info.error(), **partition, answer);
      return;
    }
    answer.base_offset = info->first_offset;
    answer.log_append_time_ms = info->log_append_time;
    answer.log_start_offset = info->log_start_offset;
    if (acks_ == kAcksAll || (acks_ != 0 && info->flush_wanted)) {
      pending_.push_back({std::move(*partition), *info, response_.responses.size() - 1,
                          response_.responses.back().partition_responses.size() - 1});
    }
  }

  static void explain(const record::Refusal& refusal, const Partition& partition, PartitionResponse& answer) {
    answer.error_code = refusal.code;
    const auto log = partition.log();
    if (log && !hides_log_start(refusal.code)) answer.log_start_offset = log->log_start_offset();
    if (!refusal.tells_client()) return;
    answer.error_message = refusal.message;
    for (const auto& e : refusal.record_errors) answer.record_errors.push_back({e.batch_index, e.message});
  }

  PartitionResponse& answer_of(const Pending& p) { return response_.responses[p.topic].partition_responses[p.index]; }

  void answer() {
    if (version_ >= 10) add_leader_hints();
    reply_(std::move(response_));
  }

  void add_leader_hints() {
    for (auto& topic : response_.responses) {
      for (auto& partition : topic.partition_responses) {
        if (partition.error_code != ErrorCode::not_leader_or_follower) continue;
        const auto hint = leader_hint(context_, *context_.partitions.current(), topic.name, partition.index, listener_);
        partition.current_leader = {hint.leader, hint.leader_epoch};
        if (!hint.endpoint) continue;
        auto& nodes = response_.node_endpoints;
        const bool known =
            std::any_of(nodes.begin(), nodes.end(), [&](const auto& n) { return n.node_id == hint.leader; });
        if (!known) nodes.push_back({hint.leader, hint.endpoint->host, hint.endpoint->port, hint.broker->rack});
      }
    }
  }

  ReplicaContext& context_;
  const int16_t version_;
  const std::string listener_;
  const bool may_write_internal_;
  const int16_t acks_;
  Callback<ProduceResponse> reply_;
  ProduceResponse response_;
  std::vector<Pending> pending_;
};

/// One partition's own records on their way to all in-sync replicas.
class OwnAppend : public DelayedOperation {
 public:
  OwnAppend(std::shared_ptr<Partition> partition, LeaderAppend info, Callback<wire::Outcome<storage::AppendInfo>> done)
      : partition_(std::move(partition)), info_(info), done_(std::move(done)) {}

  bool try_complete() override {
    auto state = partition_->ack_state(info_);
    if (state && *state == AckState::waiting) return false;
    if (!state) {
      done_(state.failure());
    } else if (*state == AckState::not_enough_replicas) {
      done_(wire::refuse(ErrorCode::not_enough_replicas_after_append));
    } else {
      done_(storage::AppendInfo(info_));
    }
    return true;
  }
  void expire() override { done_(wire::refuse(ErrorCode::request_timed_out)); }

 private:
  std::shared_ptr<Partition> partition_;
  LeaderAppend info_;
  Callback<wire::Outcome<storage::AppendInfo>> done_;
};

void wait(ReplicaContext& context, const RequestContext& who, std::unique_ptr<OwnAppend> append,
          const std::shared_ptr<Partition>& partition, std::chrono::milliseconds timeout) {
  if (append->try_complete()) return;
  const Watch watch{std::shared_ptr<WaitPoint>(partition, &partition->waiters()),
                    progress::kHighWatermark | progress::kLeadership};
  context.purgatories.of(*who.loop).wait(std::move(append), {&watch, 1}, timeout);
}

}  // namespace

void handle_produce(ReplicaContext& context, const RequestContext& who, const ProduceRequest& request,
                    Callback<ProduceResponse> reply, const Verifications& verified) {
  auto produce = std::make_unique<Produce>(context, who, request, std::move(reply));
  produce->append(request, verified);
  // Where this broker is the only replica, the high watermark has moved already.
  if (produce->try_complete()) return;
  const auto watches = produce->watches();
  context.purgatories.of(*who.loop).wait(std::move(produce), watches,
                                         std::chrono::milliseconds(std::max(request.timeout_ms, 0)));
}

ProduceResponse refused_produce(const ProduceRequest& request, ErrorCode code) {
  ProduceResponse response;
  for (const auto& topic : request.topic_data) {
    auto& answers = response.responses.emplace_back();
    answers.name = topic.name;
    for (const auto& data : topic.partition_data) {
      auto& answer = answers.partition_responses.emplace_back();
      answer.index = data.index;
      answer.error_code = code;
      answer.base_offset = -1;
    }
  }
  return response;
}

void append_own(ReplicaContext& context, const RequestContext& who, const TopicPartition& name, MutableBytes batches,
                std::chrono::milliseconds timeout, Callback<wire::Outcome<storage::AppendInfo>> done, int16_t acks,
                storage::VerificationGuard guard, int32_t leader_epoch) {
  const auto map = context.partitions.current();
  auto partition = hosted_partition(context, *map, name.topic, name.partition);
  if (!partition) {
    done(partition.failure());
    return;
  }
  auto info = append_one(context, *partition, batches, acks, record::AppendOrigin::coordinator, guard, leader_epoch);
  if (!info) {
    done(wire::refuse(info.error().code, info.error().message));
    return;
  }
  if (acks != kAcksAll && !info->flush_wanted) return done(storage::AppendInfo(*info));
  wait(context, who, std::make_unique<OwnAppend>(*partition, *info, std::move(done)), *partition, timeout);
}

void await_replicas_of_own(ReplicaContext& context, const RequestContext& who, const TopicPartition& name,
                           std::chrono::milliseconds timeout, Callback<wire::Outcome<void>> done,
                           int32_t leader_epoch) {
  const auto map = context.partitions.current();
  auto partition = hosted_partition(context, *map, name.topic, name.partition);
  if (!partition) return done(partition.failure());
  auto log = (*partition)->readable_log(true);
  if (!log) return done(log.failure());
  LeaderAppend all;
  all.last_offset = (*log)->log_end_offset() - 1;
  all.leader_epoch = leader_epoch;
  if ((*partition)->leader_epoch() != leader_epoch) return done(wire::refuse(ErrorCode::not_leader_or_follower));
  auto on_end = [done = std::move(done)](const wire::Outcome<storage::AppendInfo>& info) mutable {
    // All that are in sync have it; that they are few is no matter of records that are there.
    if (info || info.error().code == ErrorCode::not_enough_replicas_after_append) return done({});
    done(info.failure());
  };
  wait(context, who, std::make_unique<OwnAppend>(*partition, all, std::move(on_end)), *partition, timeout);
}

}  // namespace meerkat::replica
