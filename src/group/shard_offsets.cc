#include <algorithm>
#include <set>

#include "group/records.h"
#include "group/shard.h"

namespace meerkat::group {

using wire::ErrorCode;

namespace {

/// As Java counts characters.
int64_t utf16_length(const std::string& text) {
  int64_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if ((byte & 0xC0) != 0x80) units += byte >= 0xF0 ? 2 : 1;
  }
  return units;
}

}  // namespace

void Shard::commit(int32_t partition, Commit commit, Callback<std::vector<ErrorCode>> done) {
  if (!commit.producer) return commit_verified(partition, std::move(commit), {}, std::move(done));
  const size_t count = commit.offsets.size();
  if (auto error = check(partition); error != ErrorCode::none) return done(std::vector<ErrorCode>(count, error));
  auto claim = std::move(commit.claim);
  log_.verify(partition, loop_, std::move(claim),
              [this, partition, count, commit = std::move(commit),
               done = std::move(done)](const wire::Outcome<storage::VerificationGuard>& guard) mutable {
                if (guard) return commit_verified(partition, std::move(commit), *guard, std::move(done));
                // Old clients give up on this one, but come again while a coordinator loads.
                const ErrorCode error =
                    guard.error().code == ErrorCode::network_exception
                        ? ErrorCode::coordinator_load_in_progress
                        : replica::coordinator_error(guard.error().code, ErrorCode::invalid_commit_offset_size);
                done(std::vector<ErrorCode>(count, error));
              });
}

void Shard::commit_verified(int32_t partition, Commit commit, storage::VerificationGuard guard,
                            Callback<std::vector<ErrorCode>> done) {
  const size_t count = commit.offsets.size();
  const auto refuse = [&](ErrorCode error) { done(std::vector<ErrorCode>(count, error)); };
  if (auto error = check(partition); error != ErrorCode::none) return refuse(error);
  EntryPtr entry = find(commit.group);
  if (!entry) {
    if (commit.generation >= 0 && !commit.producer) return refuse(ErrorCode::illegal_generation);
    entry = find_or_make(partition, commit.group);
  }
  Group& group = *entry->group;
  if (auto error = may_commit(group, commit.member_id, commit.instance_id, commit.generation,
                              commit.producer.has_value(), now());
      error != ErrorCode::none) {
    return refuse(error);
  }
  arm(entry);
  std::vector<ErrorCode> codes(count, ErrorCode::none);
  std::vector<OffsetCommit> accepted;
  const Moment moment = now();
  GroupBatch batch(settings_, moment.wall_ms, commit.producer);
  for (size_t i = 0; i < count; ++i) {
    OffsetCommit& offset = commit.offsets[i];
    if (utf16_length(offset.value.metadata) > settings_.offset_metadata_max_size) {
      codes[i] = ErrorCode::offset_metadata_too_large;
      continue;
    }
    batch.put(offset_key(group.id, offset.partition), offset_value(offset.value, settings_.versions));
    accepted.push_back(std::move(offset));
  }
  if (accepted.empty()) return done(std::move(codes));
  if (commit.producer) {
    group.offsets.begin_transactional(commit.producer->id, accepted);
  } else {
    group.offsets.begin(accepted);
  }
  log_.append(partition, terms(guard), batch.build(),
              [entry, producer = commit.producer, accepted = std::move(accepted), codes = std::move(codes),
               done = std::move(done)](wire::Outcome<int64_t> appended) mutable {
                OffsetBook& offsets = entry->group->offsets;
                if (appended && producer) {
                  offsets.finish_transactional(producer->id, accepted, *appended);
                } else if (appended) {
                  offsets.finish(accepted, *appended);
                } else {
                  producer ? offsets.fail_transactional(producer->id, accepted) : offsets.fail(accepted);
                  const ErrorCode error =
                      replica::coordinator_error(appended.error().code, ErrorCode::invalid_commit_offset_size);
                  std::replace(codes.begin(), codes.end(), ErrorCode::none, error);
                }
                done(std::move(codes));
              });
}

void Shard::end_transaction(int32_t partition, int64_t producer_id, bool committed) {
  const auto state = partitions_.find(partition);
  if (state != partitions_.end() && state->second.loading) state->second.ended.emplace_back(producer_id, committed);
  for (const auto& [id, entry] : groups_) {
    if (entry->partition == partition) entry->group->offsets.complete_transaction(producer_id, committed);
  }
}

wire::OffsetFetchResponse::OffsetFetchResponseGroup Shard::fetch(
    int32_t partition, const wire::OffsetFetchRequest::OffsetFetchRequestGroup& request, bool require_stable) {
  wire::OffsetFetchResponse::OffsetFetchResponseGroup response;
  response.group_id = request.group_id;
  response.error_code = check(partition);
  if (response.error_code != ErrorCode::none) return response;
  static const OffsetBook kNone;
  const EntryPtr entry = find(request.group_id);
  const OffsetBook& offsets = entry ? entry->group->offsets : kNone;
  const auto add = [&](const std::string& topic, int32_t index) {
    auto& answer = response.topics.back().partitions.emplace_back();
    answer.partition_index = index;
    answer.committed_offset = -1;
    if (require_stable && offsets.has_pending({topic, index})) {
      answer.error_code = ErrorCode::unstable_offset_commit;
    } else if (const auto* stored = offsets.find(topic, index)) {
      answer.committed_offset = stored->value.offset;
      answer.committed_leader_epoch = stored->value.leader_epoch;
      answer.metadata = stored->value.metadata;
    }
  };
  if (request.topics) {
    for (const auto& topic : *request.topics) {
      response.topics.push_back({topic.name, {}});
      for (int32_t index : topic.partition_indexes) add(topic.name, index);
    }
    return response;
  }
  for (const auto& [topic, partitions] : offsets.topics()) {
    response.topics.push_back({topic, {}});
    for (const auto& [index, stored] : partitions) add(topic, index);
  }
  return response;
}

void Shard::delete_offsets(int32_t partition, const std::string& group_id, const std::vector<TopicPartition>& offsets,
                           Callback<DeletedOffsets> done) {
  const auto refuse = [&](ErrorCode error) { done({error, {}}); };
  if (auto error = check(partition); error != ErrorCode::none) return refuse(error);
  const EntryPtr entry = find(group_id);
  if (!entry) return refuse(ErrorCode::group_id_not_found);
  Group& group = *entry->group;
  if (group.state != GroupState::empty && !group.is_consumer_group()) return refuse(ErrorCode::non_empty_group);
  DeletedOffsets result;
  std::vector<TopicPartition> free;
  const auto& subscribed = group.subscribed_topics();
  for (const auto& tp : offsets) {
    const bool in_use = group.state != GroupState::empty && (!subscribed || subscribed->contains(tp.topic));
    result.partitions.push_back(in_use ? ErrorCode::group_subscribed_to_topic : ErrorCode::none);
    if (!in_use) free.push_back(tp);
  }
  if (free.empty()) return done(std::move(result));
  const auto removed = group.offsets.remove(free);
  clean_up(entry, removed, [result = std::move(result), done = std::move(done)](ErrorCode error) mutable {
    std::replace(result.partitions.begin(), result.partitions.end(), ErrorCode::none, error);
    done(std::move(result));
  });
}

void Shard::forget(const std::vector<TopicPartition>& deleted) {
  const auto groups = groups_;
  for (const auto& [id, entry] : groups) {
    const auto removed = entry->group->offsets.remove(deleted);
    if (!removed.empty()) clean_up(entry, removed, [](ErrorCode) {});
  }
}

void Shard::expire_all_offsets() {
  const auto groups = groups_;
  for (const auto& [id, entry] : groups) {
    clean_up(entry, expire_offsets(*entry->group, now()), [](ErrorCode) {});
  }
}

}  // namespace meerkat::group
