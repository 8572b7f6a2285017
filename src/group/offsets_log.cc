#include "group/offsets_log.h"

#include <chrono>

#include "record/batch.h"
#include "replica/produce.h"

namespace meerkat::group {

ReplicatedOffsetsLog::ReplicatedOffsetsLog(replica::ReplicaContext& replicas, const Settings& settings)
    : replicas_(replicas), settings_(settings) {}

void ReplicatedOffsetsLog::append(int32_t partition, event::Loop& loop, Bytes batch, storage::VerificationGuard guard,
                                  Callback<wire::Outcome<int64_t>> done) {
  replica::RequestContext who;
  who.loop = &loop;
  replica::append_own(
      replicas_, who, {std::string(kOffsetsTopic), partition}, batch,
      std::chrono::milliseconds(settings_.commit_timeout_ms),
      [done = std::move(done)](wire::Outcome<storage::AppendInfo> info) mutable {
        if (!info) return done(info.failure());
        done(info->first_offset);
      },
      settings_.required_acks, guard);
}

void ReplicatedOffsetsLog::verify(int32_t partition, event::Loop& loop, replica::TransactionClaim claim,
                                  Callback<wire::Outcome<storage::VerificationGuard>> done) {
  replica::RequestContext who;
  who.loop = &loop;
  replica::verify_own(replicas_, who, {std::string(kOffsetsTopic), partition}, std::move(claim), std::move(done));
}

wire::Outcome<void> ReplicatedOffsetsLog::read(int32_t partition, const std::function<bool(ByteView)>& sink) {
  const auto map = replicas_.partitions.current();
  auto hosted = replica::hosted_partition(replicas_, *map, kOffsetsTopic, partition);
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

int32_t ReplicatedOffsetsLog::partition_count() const {
  const auto image = replicas_.metadata.image();
  const cluster::TopicInfo* topic = image->topic(kOffsetsTopic);
  return topic != nullptr ? static_cast<int32_t>(topic->partitions.size()) : settings_.offsets_topic_partitions;
}

}  // namespace meerkat::group
