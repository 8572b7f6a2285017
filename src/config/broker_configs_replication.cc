// Broker configs: replicas, fetching and controlled shutdown.
#include "config/config_tables.h"

namespace meerkat::config {
namespace {

using enum Type;
using enum Importance;
using enum Dynamic;
using enum Effect;
using enum Visibility;

constexpr Definition kRows[] = {
    {"default.replication.factor", int32, "1", kAny, medium, read_only, acts,
     "Replicas of a topic whose creator does not say how many."},
    {"min.insync.replicas", int32, "1", at_least(1), high, cluster_wide, acts,
     "Replicas that must be in sync for a write with acks=all to be taken."},
    {"unclean.leader.election.enable", boolean, "false", kAny, high, cluster_wide, acts,
     "Whether a replica that is not in sync may lead when no other is left, at the price of lost records."},
    {"unclean.leader.election.interval.ms", int64, "300000", at_least(1), low, read_only, inert,
     "How often KRaft looks for partitions to elect uncleanly.", internal},
    {"auto.leader.rebalance.enable", boolean, "true", kAny, high, read_only, acts,
     "Whether leadership is moved back to the preferred replicas from time to time."},
    {"leader.imbalance.check.interval.seconds", int64, "300", at_least(1), high, read_only, acts,
     "How often that is looked into."},
    {"leader.imbalance.per.broker.percentage", int32, "10", kAny, high, read_only, acts,
     "Share of a broker's partitions led elsewhere from which leadership is moved back."},
    {"num.replica.fetchers", int32, "1", kAny, high, cluster_wide, acts, "Fetch threads towards each leading broker."},
    {"num.replica.alter.log.dirs.threads", int32, nullptr, kAny, high, read_only, inert,
     "Threads that move replicas between directories; without a value one a directory."},
    {"replica.lag.time.max.ms", int64, "30000", kAny, high, read_only, acts,
     "How long a follower may fail to catch up before it leaves the set of in-sync replicas."},
    {"replica.fetch.max.bytes", int32, "1048576", at_least(0), medium, read_only, acts,
     "Bytes a partition that a follower asks for; a first batch larger than that comes whole."},
    {"replica.fetch.wait.max.ms", int32, "500", kAny, high, read_only, acts,
     "How long a leader may hold a follower's fetch back for want of data."},
    {"replica.fetch.min.bytes", int32, "1", kAny, high, read_only, acts,
     "Bytes for which a leader holds a follower's fetch back."},
    {"replica.fetch.response.max.bytes", int32, "10485760", at_least(0), medium, read_only, acts,
     "Bytes a follower asks for in one fetch."},
    {"replica.fetch.backoff.ms", int32, "1000", at_least(0), medium, read_only, acts,
     "How long a follower rests after a failed fetch."},
    {"replica.socket.timeout.ms", int32, "30000", kAny, high, read_only, acts,
     "How long a follower waits for its leader's answer."},
    {"replica.socket.receive.buffer.bytes", int32, "65536", kAny, high, read_only, acts,
     "Size of a fetcher's receive buffer in the kernel; -1 leaves it to the system."},
    {"replica.high.watermark.checkpoint.interval.ms", int64, "5000", kAny, high, read_only, acts,
     "How often high watermarks are written down."},
    {"replica.selector.class", string, nullptr, kAny, medium, read_only, acts,
     "Java class that chooses the replica a consumer reads from."},
    {"fetch.max.bytes", int32, "57671680", at_least(1024), medium, read_only, acts,
     "The most that one fetch is answered with."},
    {"max.incremental.fetch.session.cache.slots", int32, "1000", at_least(0), medium, read_only, acts,
     "Fetch sessions kept in memory."},
    {"fetch.purgatory.purge.interval.requests", int32, "1000", kAny, medium, read_only, inert,
     "Finished fetches after which the waiting room is swept; here they leave at once."},
    {"producer.purgatory.purge.interval.requests", int32, "1000", kAny, medium, read_only, inert,
     "Finished produce requests after which the waiting room is swept; here they leave at once."},
    {"delete.records.purgatory.purge.interval.requests", int32, "1", kAny, medium, read_only, inert,
     "Finished delete requests after which the waiting room is swept; here they leave at once."},
    {"controller.socket.timeout.ms", int32, "30000", kAny, medium, read_only, acts,
     "How long the controller waits for a broker's answer."},
    {"controlled.shutdown.enable", boolean, "true", kAny, medium, read_only, acts,
     "Whether a broker that stops hands its leaderships over first."},
    {"controlled.shutdown.max.retries", int32, "3", kAny, medium, read_only, acts,
     "How often a refused hand-over is tried again."},
    {"controlled.shutdown.retry.backoff.ms", int64, "5000", kAny, medium, read_only, acts,
     "How long to wait between these attempts."},
};

}  // namespace

ConfigGroup replication_configs() { return {Group::replication, "Replication and leadership", kRows}; }

}  // namespace meerkat::config
