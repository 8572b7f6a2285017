#include "replica/produce.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "record/validate.h"
#include "replica/append_rules.h"
#include "wire/internal_topics.h"
#include "wire/messages/00_produce.h"

namespace meerkat::replica {

using wire::ErrorCode;
using wire::ProduceRequest;
using wire::ProduceResponse;
using PartitionResponse = ProduceResponse::PartitionProduceResponse;

namespace {

constexpr int16_t kAcksAll = -1;
/// Batches that are validated before they are appended, at most.
constexpr size_t kMostPlanned = 1024;

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

class Produce;

/// The records of the requests that came together, on their way into the logs.
class Appends {
 public:
  explicit Appends(ReplicaContext& context) : context_(context) {}

  /// Validates one partition's records, whose answer stands at `topic`, `index` of what `produce` will answer. It hears
  /// the outcome from append() at the latest.
  void add(Produce& produce, size_t topic, size_t index, std::shared_ptr<Partition> partition, MutableBytes records,
           storage::VerificationGuard guard);
  /// Appends what has been validated: batches of one partition in their order, with as few system calls as can be.
  void append();

 private:
  struct Planned {
    Produce* produce;
    size_t topic, index;
    std::shared_ptr<Partition> partition;
    record::AppendPlan plan;
    storage::VerificationGuard guard;
  };
  void append_to(const std::shared_ptr<Partition>& partition, std::span<Planned> planned);

  ReplicaContext& context_;
  std::vector<Planned> planned_;
};

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

  /// Hands the records of all partitions that may be written to `appends`, answers for the others.
  void plan(const ProduceRequest& request, const Verifications& verified, Appends& appends) {
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
        const size_t topic_at = response_.responses.size() - 1;
        auto partition = admit(*map, topic.name, data, answer, verified.empty() ? nullptr : &verified[topic_at][at]);
        if (!partition) continue;
        // The frame's bytes are ours to stamp; the field is read-only because most readers must not.
        const auto& view = data.records.view;
        const MutableBytes records(const_cast<uint8_t*>(view.data()), view.size());
        appends.add(*this, topic_at, at, std::move(partition), records,
                    verified.empty() ? storage::VerificationGuard{} : verified[topic_at][at].guard);
      }
    }
  }

  int16_t acks() const { return acks_; }
  /// What became of a partition's records.
  void on_append(size_t topic, size_t index, const std::shared_ptr<Partition>& partition,
                 const Result<LeaderAppend, record::Refusal>& info) {
    auto& answer = response_.responses[topic].partition_responses[index];
    if (!info) return explain(info.error(), *partition, answer);
    answer.base_offset = info->first_offset;
    answer.log_append_time_ms = info->log_append_time;
    answer.log_start_offset = info->log_start_offset;
    if (acks_ == kAcksAll || (acks_ != 0 && info->flush_wanted)) pending_.push_back({partition, *info, topic, index});
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

  /// The partition if its records may be looked at, else an answer that says why not.
  std::shared_ptr<Partition> admit(const HostedPartitions& map, const std::string& topic,
                                   const ProduceRequest::PartitionProduceData& data, PartitionResponse& answer,
                                   const Verified* verified) {
    auto partition = hosted_partition(context_, map, topic, data.index);
    if (!partition && partition.error().code == ErrorCode::unknown_topic_or_partition) {
      answer.error_code = partition.error().code;
    } else if (auto refused = record::check_produce_version(data.records.view, version_)) {
      answer.error_code = refused->code;
    } else if (verified && verified->error != ErrorCode::none) {
      answer.error_code = verified->error;
      if (!verified->message.empty()) answer.error_message = verified->message;
    } else if (acks_ < kAcksAll || acks_ > 1) {
      answer.error_code = ErrorCode::invalid_required_acks;
    } else if (wire::is_internal_topic(topic) && !may_write_internal_) {
      answer.error_code = ErrorCode::invalid_topic_exception;
    } else if (!partition) {
      answer.error_code = partition.error().code;
    } else {
      return std::move(*partition);
    }
    return nullptr;
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

void Appends::add(Produce& produce, size_t topic, size_t index, std::shared_ptr<Partition> partition,
                  MutableBytes records, storage::VerificationGuard guard) {
  auto config = partition->check_append(produce.acks());
  if (!config) {
    return produce.on_append(topic, index, partition,
                             Fail(record::Refusal{config.error().code, config.error().message, {}}));
  }
  auto plan = record::validate(records, rules_for(**config, record::AppendOrigin::client, context_.clock.wall_ms()));
  if (!plan) return produce.on_append(topic, index, partition, plan.failure());
  // What was rewritten has memory of its own, which does not count against the budget for requests.
  const bool at_once = plan->rewritten() || planned_.size() + 1 == kMostPlanned;
  planned_.push_back({&produce, topic, index, std::move(partition), std::move(*plan), guard});
  if (at_once) append();
}

void Appends::append() {
  if (planned_.size() > 1)
    std::stable_sort(planned_.begin(), planned_.end(), [](const Planned& a, const Planned& b) {
      return std::less<>()(a.partition.get(), b.partition.get());
    });
  for (size_t from = 0; from < planned_.size();) {
    const auto partition = planned_[from].partition;
    size_t to = from + 1;
    while (to < planned_.size() && planned_[to].partition == partition) ++to;
    append_to(partition, std::span(planned_).subspan(from, to - from));
    from = to;
  }
  planned_.clear();
}

void Appends::append_to(const std::shared_ptr<Partition>& partition, std::span<Planned> planned) {
  absl::InlinedVector<PlannedAppend, 5> appends;
  for (Planned& p : planned) appends.push_back({.plan = &p.plan, .acks = p.produce->acks(), .guard = p.guard});
  Effects effects;
  partition->append({appends.data(), appends.size()}, record::AppendOrigin::client, effects);
  settle(context_, partition, std::move(effects));
  for (size_t i = 0; i < planned.size(); ++i) {
    const auto& outcome = appends[i].outcome;
    const Planned& p = planned[i];
    if (outcome) {
      p.produce->on_append(p.topic, p.index, partition, *outcome);
    } else {
      p.produce->on_append(p.topic, p.index, partition,
                           Fail(record::Refusal{outcome.error().code, outcome.error().message, {}}));
    }
  }
}

/// Answers now, or once what it waits for has come.
void complete(ReplicaContext& context, event::Loop& loop, std::unique_ptr<Produce> produce, int32_t timeout_ms) {
  // Where this broker is the only replica, the high watermark has moved already.
  if (produce->try_complete()) return;
  const auto watches = produce->watches();
  context.purgatories.of(loop).wait(std::move(produce), watches, std::chrono::milliseconds(std::max(timeout_ms, 0)));
}

}  // namespace

void handle_produce(ReplicaContext& context, const RequestContext& who, const ProduceRequest& request,
                    Callback<ProduceResponse> reply, const Verifications& verified) {
  Appends appends(context);
  auto produce = std::make_unique<Produce>(context, who, request, std::move(reply));
  produce->plan(request, verified, appends);
  appends.append();
  complete(context, *who.loop, std::move(produce), request.timeout_ms);
}

void handle_produces(ReplicaContext& context, std::span<ProduceCall> calls) {
  Appends appends(context);
  std::vector<std::unique_ptr<Produce>> produces;
  produces.reserve(calls.size());
  for (ProduceCall& call : calls) {
    produces.push_back(std::make_unique<Produce>(context, *call.who, *call.request, std::move(call.reply)));
    produces.back()->plan(*call.request, {}, appends);
  }
  appends.append();
  for (size_t i = 0; i < calls.size(); ++i) {
    complete(context, *calls[i].who->loop, std::move(produces[i]), calls[i].request->timeout_ms);
  }
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

}  // namespace meerkat::replica
