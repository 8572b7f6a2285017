// Broker configs: committed offsets and group membership.
#include "config/config_tables.h"

namespace meerkat::config {
namespace {

using enum Type;
using enum Importance;
using enum Dynamic;
using enum Effect;
using enum Visibility;

constexpr std::string_view kGroupProtocols[] = {"consumer", "classic", "share", "unknown"};

constexpr Definition kRows[] = {
    {"offsets.topic.num.partitions", int32, "50", at_least(1), high, read_only, acts,
     "Partitions of __consumer_offsets; not to be changed once it exists."},
    {"offsets.topic.replication.factor", int16, "3", at_least(1), high, read_only, acts,
     "Replicas of __consumer_offsets; it is not created before so many brokers are there."},
    {"offsets.topic.segment.bytes", int32, "104857600", at_least(1), high, read_only, acts,
     "Segment size of __consumer_offsets."},
    {"offsets.topic.compression.codec", int32, "0", kAny, high, read_only, acts,
     "How batches of __consumer_offsets are compressed: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd."},
    {"offsets.retention.minutes", int32, "10080", at_least(1), high, read_only, acts,
     "How long a group's offsets outlive its last member."},
    {"offsets.retention.check.interval.ms", int64, "600000", at_least(1), high, read_only, acts,
     "How often offsets to be dropped are looked for."},
    {"offsets.commit.timeout.ms", int32, "5000", at_least(1), high, read_only, acts,
     "How long a commit may wait for its replicas."},
    {"offsets.commit.required.acks", int16, "-1", kAny, high, read_only, acts,
     "Acknowledgements that a commit waits for; -1 means all in-sync replicas."},
    {"offsets.load.buffer.size", int32, "5242880", at_least(1), high, read_only, acts,
     "Bytes a read while a coordinator loads its partitions."},
    {"offset.metadata.max.bytes", int32, "4096", kAny, high, read_only, acts,
     "The longest text that may go with a committed offset."},
    {"group.min.session.timeout.ms", int32, "6000", kAny, medium, read_only, acts,
     "The shortest session timeout a member may ask for."},
    {"group.max.session.timeout.ms", int32, "1800000", kAny, medium, read_only, acts,
     "The longest session timeout a member may ask for."},
    {"group.initial.rebalance.delay.ms", int32, "3000", kAny, medium, read_only, acts,
     "How long an empty group waits for more members before its first rebalance."},
    {"group.max.size", int32, "2147483647", at_least(1), medium, read_only, acts, "Members that a group may have."},
    {"group.coordinator.rebalance.protocols", list, "classic", one_of(kGroupProtocols), medium, read_only, inert,
     "The group protocols offered; only classic exists with ZooKeeper."},
    {"group.coordinator.new.enable", boolean, "false", kAny, low, read_only, inert,
     "Switches to the coordinator of the newer group protocol, which needs KRaft.", internal},
    {"group.coordinator.threads", int32, "1", at_least(1), medium, read_only, inert,
     "Threads of the newer coordinator."},
    {"group.coordinator.append.linger.ms", int32, "10", at_least(0), medium, read_only, inert,
     "How long the newer coordinator gathers records before it appends them."},
    {"group.consumer.session.timeout.ms", int32, "45000", at_least(1), medium, read_only, inert,
     "Session timeout of members in the newer group protocol."},
    {"group.consumer.min.session.timeout.ms", int32, "45000", at_least(1), medium, read_only, inert,
     "The shortest session timeout of the newer group protocol."},
    {"group.consumer.max.session.timeout.ms", int32, "60000", at_least(1), medium, read_only, inert,
     "The longest session timeout of the newer group protocol."},
    {"group.consumer.heartbeat.interval.ms", int32, "5000", at_least(1), medium, read_only, inert,
     "Time between heartbeats in the newer group protocol."},
    {"group.consumer.min.heartbeat.interval.ms", int32, "5000", at_least(1), medium, read_only, inert,
     "The shortest time between heartbeats of the newer group protocol."},
    {"group.consumer.max.heartbeat.interval.ms", int32, "15000", at_least(1), medium, read_only, inert,
     "The longest time between heartbeats of the newer group protocol."},
    {"group.consumer.max.size", int32, "2147483647", at_least(1), medium, read_only, inert,
     "Members that a group of the newer protocol may have."},
    {"group.consumer.assignors", list,
     "org.apache.kafka.coordinator.group.assignor.UniformAssignor,org.apache.kafka.coordinator.group.assignor."
     "RangeAssignor",
     kAny, medium, read_only, inert, "Java classes that assign partitions in the newer group protocol."},
    {"group.consumer.migration.policy", string, "disabled", kAny, low, read_only, inert,
     "Whether groups may pass from the classic protocol to the newer one and back.", internal},
    {"group.share.enable", boolean, "false", kAny, low, read_only, inert,
     "Whether share groups are on, which need KRaft.", internal},
    {"group.share.delivery.count.limit", int32, "5", between(2, 10), medium, read_only, inert,
     "How often a share group delivers a record at most."},
    {"group.share.heartbeat.interval.ms", int32, "5000", at_least(1), medium, read_only, inert,
     "Time between heartbeats of a share group's members."},
    {"group.share.max.groups", int16, "10", between(1, 100), medium, read_only, inert, "Share groups that may exist."},
    {"group.share.max.heartbeat.interval.ms", int32, "15000", at_least(1), medium, read_only, inert,
     "The longest time between heartbeats of a share group's members."},
    {"group.share.max.record.lock.duration.ms", int32, "60000", between(30000, 3600000), medium, read_only, inert,
     "The longest time a share group's member may keep a record to itself."},
    {"group.share.max.session.timeout.ms", int32, "60000", at_least(1), medium, read_only, inert,
     "The longest session timeout of a share group's members."},
    {"group.share.max.size", int16, "200", between(10, 1000), medium, read_only, inert,
     "Members that a share group may have."},
    {"group.share.min.heartbeat.interval.ms", int32, "5000", at_least(1), medium, read_only, inert,
     "The shortest time between heartbeats of a share group's members."},
    {"group.share.min.record.lock.duration.ms", int32, "15000", between(1000, 30000), medium, read_only, inert,
     "The shortest time a share group's member may keep a record to itself."},
    {"group.share.min.session.timeout.ms", int32, "45000", at_least(1), medium, read_only, inert,
     "The shortest session timeout of a share group's members."},
    {"group.share.partition.max.record.locks", int32, "200", between(100, 10000), medium, read_only, inert,
     "Records of a partition that a share group's members may keep to themselves at once."},
    {"group.share.record.lock.duration.ms", int32, "30000", between(1000, 60000), medium, read_only, inert,
     "How long a share group's member keeps a record to itself."},
    {"group.share.session.timeout.ms", int32, "45000", at_least(1), medium, read_only, inert,
     "Session timeout of a share group's members."},
};

}  // namespace

ConfigGroup groups_configs() { return {Group::groups, "Consumer groups", kRows}; }

}  // namespace meerkat::config
