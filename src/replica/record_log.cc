#include "replica/record_log.h"

#include "record/batch.h"
#include "replica/produce.h"

namespace meerkat::replica {

using wire::ErrorCode;

ReplicatedRecordLog::ReplicatedRecordLog(ReplicaContext& replicas, Settings settings)
    : replicas_(replicas), settings_(std::move(settings)) {}

void ReplicatedRecordLog::append(int32_t partition, const Terms& terms, Bytes batch,
                                 Callback<wire::Outcome<int64_t>> done) {
  RequestContext who;
  who.loop = &terms.loop;
  auto on_end = [done = std::move(done)](wire::Outcome<storage::AppendInfo> info) mutable {
    if (!info) return done(info.failure());
    done(info->first_offset);
  };
  append_own(replicas_, who, {settings_.topic, partition}, batch, terms.timeout, std::move(on_end), terms.acks,
             terms.guard, terms.leader_epoch);
}

wire::Outcome<void> ReplicatedRecordLog::read(int32_t partition, const std::function<bool(ByteView)>& sink) {
  const auto map = replicas_.partitions.current();
  auto hosted = hosted_partition(replicas_, *map, settings_.topic, partition);
  if (!hosted) return hosted.failure();
  auto log = (*hosted)->readable_log(true);
  if (!log) return log.failure();
  const int64_t end = (*log)->log_end_offset();
  int64_t offset = (*log)->log_start_offset();
  while (offset < end) {
    auto bytes = (*log)->read_bytes(offset, settings_.load_buffer_bytes, storage::ReadBound::log_end);
    if (!bytes) return bytes.failure();
    record::AnyBatch batch;
    record::BatchRun run(*bytes);
    while (run.next(batch)) offset = batch.last_offset + 1;
    if (run.consumed() == 0 || !sink(ByteView(*bytes).first(run.consumed()))) break;
  }
  return {};
}

void ReplicatedRecordLog::await_replicas(int32_t partition, const Terms& terms, Callback<wire::Outcome<void>> done) {
  RequestContext who;
  who.loop = &terms.loop;
  await_replicas_of_own(replicas_, who, {settings_.topic, partition}, terms.timeout, std::move(done),
                        terms.leader_epoch);
}

int32_t ReplicatedRecordLog::partition_count() const {
  const auto image = replicas_.metadata.image();
  const cluster::TopicInfo* topic = image->topic(settings_.topic);
  return topic != nullptr ? static_cast<int32_t>(topic->partitions.size()) : settings_.partitions;
}

ErrorCode coordinator_error(ErrorCode append, ErrorCode too_large) {
  switch (append) {
    case ErrorCode::unknown_topic_or_partition:
    case ErrorCode::not_enough_replicas:
    case ErrorCode::not_enough_replicas_after_append:
      return ErrorCode::coordinator_not_available;
    case ErrorCode::not_leader_or_follower:
    case ErrorCode::kafka_storage_error:
      return ErrorCode::not_coordinator;
    case ErrorCode::message_too_large:
    case ErrorCode::record_list_too_large:
    case ErrorCode::invalid_fetch_size:
      return too_large;
    default:
      return append;
  }
}

}  // namespace meerkat::replica
