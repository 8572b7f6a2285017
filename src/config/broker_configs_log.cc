// Broker configs: where and how records are kept.
#include "config/checks.h"
#include "config/config_tables.h"

namespace meerkat::config {
namespace {

using enum Type;
using enum Importance;
using enum Dynamic;
using enum Effect;
using enum Visibility;

constexpr std::string_view kTimestampTypes[] = {"CreateTime", "LogAppendTime"};
constexpr std::string_view kCleanupPolicies[] = {"compact", "delete"};
constexpr std::string_view kCompressionTypes[] = {"uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"};

constexpr Definition kRows[] = {
    {"log.dirs", string, nullptr, kAny, high, read_only, acts,
     "The directories that hold partitions, separated by commas; comes before log.dir."},
    {"log.dir", string, "/tmp/kafka-logs", kAny, high, read_only, acts,
     "The directory that holds partitions, if log.dirs says nothing."},
    {"num.partitions", int32, "1", at_least(1), medium, read_only, acts,
     "Partitions of a topic whose creator does not say how many."},
    {"message.max.bytes", int32, "1048588", at_least(0), high, cluster_wide, acts,
     "The largest record batch accepted."},
    {"compression.type", string, "producer", one_of(kCompressionTypes), high, cluster_wide, acts,
     "How stored batches are compressed; producer keeps them as they came."},
    {"compression.gzip.level", int32, "-1", custom(check_gzip_level, "[1,...,9] or -1"), medium, cluster_wide, acts,
     "Effort of gzip, where the broker compresses."},
    {"compression.lz4.level", int32, "9", between(1, 17), medium, cluster_wide, acts,
     "Effort of lz4, where the broker compresses."},
    {"compression.zstd.level", int32, "3", between(-131072, 22), medium, cluster_wide, acts,
     "Effort of zstd, where the broker compresses."},
    {"log.retention.ms", int64, nullptr, kAny, high, cluster_wide, acts,
     "Age at which a segment is deleted; -1 keeps it for ever."},
    {"log.retention.minutes", int32, nullptr, kAny, high, read_only, acts,
     "The same in minutes, where log.retention.ms says nothing."},
    {"log.retention.hours", int32, "168", kAny, high, read_only, acts,
     "The same in hours, where neither milliseconds nor minutes are given."},
    {"log.retention.bytes", int64, "-1", kAny, high, cluster_wide, acts,
     "Size of a partition beyond which its oldest segments are deleted; -1 sets no bound."},
    {"log.retention.check.interval.ms", int64, "300000", at_least(1), medium, read_only, acts,
     "How often logs are looked through for segments to delete."},
    {"log.segment.bytes", int32, "1073741824", at_least(14), high, cluster_wide, acts,
     "Size at which a segment is closed and the next begun."},
    {"log.roll.ms", int64, nullptr, kAny, high, cluster_wide, acts,
     "Age at which a segment is closed and the next begun."},
    {"log.roll.hours", int32, "168", at_least(1), high, read_only, acts,
     "The same in hours, where log.roll.ms says nothing."},
    {"log.roll.jitter.ms", int64, nullptr, kAny, high, cluster_wide, acts,
     "Random time taken off that age, so that partitions do not all roll at once."},
    {"log.roll.jitter.hours", int32, "0", at_least(0), high, read_only, acts,
     "The same in hours, where log.roll.jitter.ms says nothing."},
    {"log.segment.delete.delay.ms", int64, "60000", at_least(0), high, cluster_wide, acts,
     "How long a deleted file stays on disk under another name."},
    {"log.cleanup.policy", list, "delete", one_of(kCleanupPolicies), medium, cluster_wide, acts,
     "What becomes of old segments: delete them, compact them to the last record a key, or both."},
    {"log.index.size.max.bytes", int32, "10485760", at_least(4), medium, cluster_wide, acts,
     "Size of an index file at which the segment is closed."},
    {"log.index.interval.bytes", int32, "4096", at_least(0), medium, cluster_wide, acts,
     "Bytes of records between two index entries."},
    {"log.flush.interval.messages", int64, "9223372036854775807", at_least(1), high, cluster_wide, acts,
     "Records after which a log is flushed to disk."},
    {"log.flush.interval.ms", int64, nullptr, kAny, high, cluster_wide, acts,
     "Time after which a log is flushed to disk; without a value the scheduler's interval counts."},
    {"log.flush.scheduler.interval.ms", int64, "9223372036854775807", kAny, high, read_only, acts,
     "How often logs are looked through for those to flush."},
    {"log.flush.offset.checkpoint.interval.ms", int32, "60000", at_least(0), high, read_only, acts,
     "How often recovery points are written down."},
    {"log.flush.start.offset.checkpoint.interval.ms", int32, "60000", at_least(0), high, read_only, acts,
     "How often log start offsets are written down."},
    {"log.preallocate", boolean, "false", kAny, medium, cluster_wide, acts,
     "Whether a new segment's file is given its full size at once."},
    {"log.dir.failure.timeout.ms", int64, "30000", at_least(1), low, read_only, inert,
     "How long a broker may fail to report a lost log directory before it stops; a matter of KRaft."},
    {"log.message.timestamp.type", string, "CreateTime", one_of(kTimestampTypes), medium, cluster_wide, acts,
     "Whether a record's time is the producer's or that of its arrival."},
    {"log.message.timestamp.before.max.ms", int64, "9223372036854775807", at_least(0), medium, cluster_wide, acts,
     "How far in the past a record's time may lie."},
    {"log.message.timestamp.after.max.ms", int64, "9223372036854775807", at_least(0), medium, cluster_wide, acts,
     "How far in the future a record's time may lie."},
    {"log.message.timestamp.difference.max.ms", int64, "9223372036854775807", at_least(0), medium, cluster_wide, acts,
     "Older bound for both directions, where the two newer ones say nothing."},
    {"log.message.format.version", string, "3.0-IV1", custom(check_version, "a Kafka version such as 3.9"), medium,
     read_only, inert, "Kept for old files: batches are always of the newest format."},
    {"log.message.downconversion.enable", boolean, "true", kAny, low, cluster_wide, acts,
     "Whether batches are converted for clients that only read older formats."},
    {"log.cleaner.enable", boolean, "true", kAny, medium, read_only, acts, "Whether compaction runs."},
    {"log.cleaner.threads", int32, "1", at_least(0), medium, cluster_wide, acts, "Threads that compact logs."},
    {"log.cleaner.dedupe.buffer.size", int64, "134217728", kAny, medium, cluster_wide, acts,
     "Memory of all cleaner threads for the map of keys."},
    {"log.cleaner.io.buffer.size", int32, "524288", at_least(0), medium, cluster_wide, acts,
     "Memory of all cleaner threads for reading and writing."},
    {"log.cleaner.io.buffer.load.factor", float64, "0.9", kAny, medium, cluster_wide, acts,
     "How full the map of keys may become before a round ends."},
    {"log.cleaner.io.max.bytes.per.second", float64, "1.7976931348623157E308", kAny, medium, cluster_wide, acts,
     "Bytes a second that compaction may read and write."},
    {"log.cleaner.backoff.ms", int64, "15000", at_least(0), medium, cluster_wide, acts,
     "How long the cleaner rests when there is nothing to compact."},
    {"log.cleaner.min.cleanable.ratio", float64, "0.5", between(0, 1), medium, cluster_wide, acts,
     "Share of a log not yet compacted from which compaction is worth while."},
    {"log.cleaner.min.compaction.lag.ms", int64, "0", at_least(0), medium, cluster_wide, acts,
     "How long a record stays uncompacted at least."},
    {"log.cleaner.max.compaction.lag.ms", int64, "9223372036854775807", at_least(1), medium, cluster_wide, acts,
     "How long a record stays uncompacted at most."},
    {"log.cleaner.delete.retention.ms", int64, "86400000", at_least(0), medium, cluster_wide, acts,
     "How long compaction keeps the mark of a deleted key for readers under way."},
    {"num.recovery.threads.per.data.dir", int32, "1", at_least(1), high, cluster_wide, acts,
     "Threads a directory that load and recover logs at start, and flush them at the end."},
    {"log.initial.task.delay.ms", int64, "30000", at_least(0), low, read_only, inert,
     "How long after the start the log's periodic work begins.", internal},
    {"producer.id.expiration.ms", int32, "86400000", at_least(1), low, cluster_wide, acts,
     "After how long without a record an idempotent producer is forgotten."},
    {"producer.id.expiration.check.interval.ms", int32, "600000", at_least(1), low, read_only, acts,
     "How often producers to be forgotten are looked for.", internal},
};

}  // namespace

ConfigGroup log_configs() { return {Group::log, "Log", kRows}; }

}  // namespace meerkat::config
