// Records of __consumer_offsets that hold a position. An int16 version stands in front of key and value.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// Keys of versions 0 and 1 are the same; version 2 keys are GroupMetadataKey.
struct OffsetCommitKey {
  static constexpr Versions kVersions = between(0, 1);
  static constexpr int16_t kFlexible = kNeverFlexible;

  std::string group;
  std::string topic;
  int32_t partition = 0;

  static void fields(auto& m, auto& io) {
    io("group", m.group);
    io("topic", m.topic);
    io("partition", m.partition);
  }
};

/// v1 expiry time, v2 without it, v3 leader epoch (KIP-320), v4 flexible (KIP-915; read, never written in
/// ZooKeeper mode).
struct OffsetCommitValue {
  static constexpr Versions kVersions = between(0, 4);
  static constexpr int16_t kFlexible = 4;

  int64_t offset = 0;
  int32_t leader_epoch = -1;  // -1: none
  std::string metadata;
  int64_t commit_timestamp = 0;
  int64_t expire_timestamp = -1;  // -1: by retention

  static void fields(auto& m, auto& io) {
    io("offset", m.offset);
    io("leaderEpoch", m.leader_epoch, since(3), ignorable);
    io("metadata", m.metadata);
    io("commitTimestamp", m.commit_timestamp);
    io("expireTimestamp", m.expire_timestamp, only(1), ignorable);
  }
};

}  // namespace meerkat::wire
