#include "replica/delete_records.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "wire/internal_topics.h"
#include "wire/messages/21_delete_records.h"

namespace meerkat::replica {

using wire::DeleteRecordsRequest;
using wire::DeleteRecordsResponse;
using wire::ErrorCode;

namespace {

/// Waits until every live replica has moved its log start.
class DeleteRecords : public DelayedOperation {
 public:
  DeleteRecords(ReplicaContext& context, Callback<DeleteRecordsResponse> reply)
      : context_(context), reply_(std::move(reply)) {}

  void start(const DeleteRecordsRequest& request) {
    const auto map = context_.partitions.current();
    for (const auto& topic : request.topics) {
      auto& answers = response_.topics.emplace_back();
      answers.name = topic.name;
      for (const auto& asked : topic.partitions) {
        auto& answer = answers.partitions.emplace_back();
        answer.partition_index = asked.partition_index;
        answer.low_watermark = -1;
        start(*map, topic.name, asked, answer);
      }
    }
  }

  bool try_complete() override {
    std::erase_if(pending_, [&](const Pending& p) {
      auto low = p.partition->low_watermark();
      if (low && *low < p.target) return false;
      auto& answer = answer_of(p);
      answer.error_code = low ? ErrorCode::none : low.error().code;
      answer.low_watermark = low ? *low : -1;
      return true;
    });
    if (!pending_.empty()) return false;
    reply_(std::move(response_));
    return true;
  }
  void expire() override {
    for (const auto& p : pending_) {
      const auto low = p.partition->low_watermark();
      answer_of(p).error_code = ErrorCode::request_timed_out;
      answer_of(p).low_watermark = low ? *low : -1;
    }
    reply_(std::move(response_));
  }
  std::vector<Watch> watches() const {
    std::vector<Watch> watches;
    for (const auto& p : pending_) {
      watches.push_back({std::shared_ptr<WaitPoint>(p.partition, &p.partition->waiters()),
                         progress::kLowWatermark | progress::kLeadership});
    }
    return watches;
  }

 private:
  using Answer = DeleteRecordsResponse::DeleteRecordsPartitionResult;
  struct Pending {
    std::shared_ptr<Partition> partition;
    int64_t target = 0;
    size_t topic = 0, index = 0;  // where its answer stands
  };

  void start(const HostedPartitions& map, const std::string& topic,
             const DeleteRecordsRequest::DeleteRecordsPartition& asked, Answer& answer) {
    if (wire::is_internal_topic(topic)) {
      answer.error_code = ErrorCode::invalid_topic_exception;
      return;
    }
    auto partition = hosted_partition(context_, map, topic, asked.partition_index);
    if (!partition) {
      answer.error_code = partition.error().code;
      return;
    }
    Effects effects;
    auto target = (*partition)->delete_records(asked.offset, effects);
    settle(context_, *partition, std::move(effects));
    if (!target) {
      answer.error_code = target.error().code;
      return;
    }
    pending_.push_back(
        {std::move(*partition), *target, response_.topics.size() - 1, response_.topics.back().partitions.size() - 1});
  }
  Answer& answer_of(const Pending& p) { return response_.topics[p.topic].partitions[p.index]; }

  ReplicaContext& context_;
  Callback<DeleteRecordsResponse> reply_;
  DeleteRecordsResponse response_;
  std::vector<Pending> pending_;
};

}  // namespace

void handle_delete_records(ReplicaContext& context, const RequestContext& who, const DeleteRecordsRequest& request,
                           Callback<DeleteRecordsResponse> reply) {
  auto operation = std::make_unique<DeleteRecords>(context, std::move(reply));
  operation->start(request);
  if (operation->try_complete()) return;
  const auto watches = operation->watches();
  context.purgatories.of(*who.loop).wait(std::move(operation), watches,
                                         std::chrono::milliseconds(std::max(request.timeout_ms, 0)));
}

}  // namespace meerkat::replica
