// The records of __consumer_offsets: what Kafka writes and reads there, byte for byte.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "group/events.h"
#include "record/builder.h"
#include "wire/messages/group_metadata_record.h"

namespace meerkat::group {

Bytes offset_key(const std::string& group, const TopicPartition& partition);
Bytes offset_value(const CommittedOffset& offset, const RecordVersions& versions);
Bytes group_key(const std::string& group);
/// The group with these assignments (missing ones are empty).
Bytes group_value(const Group& group, const std::map<std::string, Bytes>& assignments, const RecordVersions& versions);

struct OffsetKey {
  std::string group;
  TopicPartition partition;
};
struct GroupKey {
  std::string group;
};
/// Of another kind of group (consumer groups of KIP-848, share groups): not ours to read.
struct ForeignKey {
  int16_t version = -1;
};
/// An error for bytes that are none of these.
Result<std::variant<OffsetKey, GroupKey, ForeignKey>> read_key(ByteView key);
Result<CommittedOffset> read_offset_value(ByteView value);
/// The group as it was stored: Stable with members, Empty without. Its offsets are left alone.
Status read_group_value(ByteView value, Group& group);

/// Whose transaction a commit belongs to.
struct TransactionalProducer {
  int64_t id = -1;
  int16_t epoch = -1;
};

/// One batch with the records of one step of a group. Ends its life in build().
class GroupBatch {
 public:
  GroupBatch(const Settings& settings, int64_t wall_ms);
  /// For offset commits, whose batches Kafka gives a base sequence of 0 even where they have no producer.
  GroupBatch(const Settings& settings, int64_t wall_ms, const std::optional<TransactionalProducer>& producer);
  void put(const Bytes& key, const Bytes& value) { builder_.append(wall_ms_, ByteView(key), ByteView(value)); }
  void remove(const Bytes& key) { builder_.append(wall_ms_, ByteView(key), std::nullopt); }
  bool empty() const { return builder_.empty(); }
  Bytes build() { return builder_.build(); }

 private:
  const int64_t wall_ms_;
  record::BatchBuilder builder_;
};

}  // namespace meerkat::group
