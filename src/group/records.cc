#include "group/records.h"

#include <array>
#include <charconv>
#include <vector>

#include "wire/codec.h"
#include "wire/messages/offset_commit_record.h"

namespace meerkat::group {

namespace {

constexpr int16_t kOffsetKeyVersion = 1;
constexpr int16_t kGroupKeyVersion = 2;

/// 2.1-IV1 as {2, 1, 0, 1}; 0.10.1-IV0 as {0, 10, 1, 0}.
using ProtocolVersion = std::array<int, 4>;

ProtocolVersion parse(std::string_view text) {
  ProtocolVersion version{};
  const size_t dash = text.find("-IV");
  if (dash != std::string_view::npos) {
    const auto revision = text.substr(dash + 3);
    std::from_chars(revision.data(), revision.data() + revision.size(), version[3]);
    text = text.substr(0, dash);
  }
  for (size_t i = 0; i < 3 && !text.empty(); ++i) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version[i]);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (!text.empty()) text.remove_prefix(1);
  }
  return version;
}

}  // namespace

RecordVersions record_versions(std::string_view inter_broker_protocol) {
  const ProtocolVersion version = parse(inter_broker_protocol);
  RecordVersions out;
  if (version < parse("2.1-IV1")) out.offset_value = 2;
  if (version < parse("2.1-IV0")) out.offset_value = 1;
  if (version < parse("2.3-IV0")) out.group_value = 2;
  if (version < parse("2.1-IV0")) out.group_value = 1;
  if (version < parse("0.10.1-IV0")) out.group_value = 0;
  return out;
}

Bytes offset_key(const std::string& group, const TopicPartition& partition) {
  return wire::encode_versioned(wire::OffsetCommitKey{group, partition.topic, partition.partition}, kOffsetKeyVersion);
}

Bytes offset_value(const CommittedOffset& offset, const RecordVersions& versions) {
  wire::OffsetCommitValue value;
  value.offset = offset.offset;
  value.leader_epoch = offset.leader_epoch;
  value.metadata = offset.metadata;
  value.commit_timestamp = offset.commit_timestamp_ms;
  value.expire_timestamp = offset.expire_timestamp_ms.value_or(-1);
  // Only version 1 has a time of expiry.
  return wire::encode_versioned(value, offset.expire_timestamp_ms ? int16_t{1} : versions.offset_value);
}

Bytes group_key(const std::string& group) {
  return wire::encode_versioned(wire::GroupMetadataKey{group}, kGroupKeyVersion);
}

Bytes group_value(const Group& group, const std::map<std::string, Bytes>& assignments, const RecordVersions& versions) {
  wire::GroupMetadataValue value;
  value.protocol_type = group.protocol_type.value_or("");
  value.generation = group.generation;
  value.protocol = group.protocol;
  value.leader = group.leader;
  value.current_state_timestamp = group.state_timestamp_ms.value_or(-1);
  for (const auto& [id, member] : group.members()) {
    auto& m = value.members.emplace_back();
    m.member_id = id;
    m.group_instance_id = member.instance_id;
    m.client_id = member.client_id;
    m.client_host = member.client_host;
    m.rebalance_timeout = member.rebalance_timeout_ms;
    m.session_timeout = member.session_timeout_ms;
    m.subscription = member.metadata(group.protocol.value_or(""));
    if (auto it = assignments.find(id); it != assignments.end()) m.assignment = it->second;
  }
  return wire::encode_versioned(value, versions.group_value);
}

Result<std::variant<OffsetKey, GroupKey, ForeignKey>> read_key(ByteView key) {
  using Key = std::variant<OffsetKey, GroupKey, ForeignKey>;
  if (key.size() < sizeof(int16_t)) return fail("the key is cut off");
  const auto version = load_be<int16_t>(key.data());
  if (wire::OffsetCommitKey::kVersions.has(version)) {
    auto read = wire::decode_versioned<wire::OffsetCommitKey>(key);
    if (!read) return read.failure();
    return Key(OffsetKey{std::move(read->group), {std::move(read->topic), read->partition}});
  }
  if (wire::GroupMetadataKey::kVersions.has(version)) {
    auto read = wire::decode_versioned<wire::GroupMetadataKey>(key);
    if (!read) return read.failure();
    return Key(GroupKey{std::move(read->group)});
  }
  return Key(ForeignKey{version});
}

Result<CommittedOffset> read_offset_value(ByteView value) {
  auto read = wire::decode_versioned<wire::OffsetCommitValue>(value);
  if (!read) return read.failure();
  CommittedOffset offset;
  offset.offset = read->offset;
  offset.leader_epoch = read->leader_epoch;
  offset.metadata = std::move(read->metadata);
  offset.commit_timestamp_ms = read->commit_timestamp;
  if (read->expire_timestamp != -1) offset.expire_timestamp_ms = read->expire_timestamp;
  return offset;
}

Status read_group_value(ByteView value, Group& group) {
  auto read = wire::decode_versioned<wire::GroupMetadataValue>(value);
  if (!read) return read.failure();
  for (auto& m : read->members) {
    if (group.has(m.member_id)) continue;
    Member member;
    member.id = std::move(m.member_id);
    member.instance_id = std::move(m.group_instance_id);
    member.client_id = std::move(m.client_id);
    member.client_host = std::move(m.client_host);
    member.session_timeout_ms = m.session_timeout;
    member.rebalance_timeout_ms = m.rebalance_timeout == -1 ? m.session_timeout : m.rebalance_timeout;
    member.protocols.push_back({read->protocol.value_or(""), std::move(m.subscription)});
    member.assignment = std::move(m.assignment);
    group.add(std::move(member), read->protocol_type);
  }
  if (!read->protocol_type.empty()) group.protocol_type = std::move(read->protocol_type);
  group.generation = read->generation;
  group.protocol = std::move(read->protocol);
  if (read->leader) group.leader = std::move(read->leader);
  if (group.leader && !group.has(*group.leader)) {
    group.leader.reset();
    if (!group.members().empty()) group.leader = group.members().begin()->first;
  }
  if (read->current_state_timestamp != -1) group.state_timestamp_ms = read->current_state_timestamp;
  group.state = group.members().empty() ? GroupState::empty : GroupState::stable;
  group.update_subscribed_topics();
  return {};
}

GroupBatch::GroupBatch(const Settings& settings, int64_t wall_ms)
    : wall_ms_(wall_ms), builder_(record::BatchOptions{.codec = settings.codec}) {}

GroupBatch::GroupBatch(const Settings& settings, int64_t wall_ms, const std::optional<TransactionalProducer>& producer)
    : wall_ms_(wall_ms),
      builder_(record::BatchOptions{.codec = settings.codec,
                                    .producer_id = producer ? producer->id : record::kNoProducerId,
                                    .producer_epoch = producer ? producer->epoch : record::kNoProducerEpoch,
                                    .base_sequence = 0,
                                    .transactional = producer.has_value()}) {}

}  // namespace meerkat::group
