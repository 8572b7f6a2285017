// The table of topic configs, and the rules across them.
#include "config/topic_configs.h"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "config/checks.h"

namespace meerkat::config {
namespace {

using enum Type;
using enum Importance;
using enum Dynamic;
using enum Effect;

constexpr std::string_view kTimestampTypes[] = {"CreateTime", "LogAppendTime"};
constexpr std::string_view kCleanupPolicies[] = {"compact", "delete"};
constexpr std::string_view kCompressionTypes[] = {"uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"};

constexpr TopicDefinition kTable[] = {
    {{"cleanup.policy", list, "delete", one_of(kCleanupPolicies), medium, cluster_wide, acts,
      "What becomes of old segments: delete them, compact them to the last record a key, or both."},
     "log.cleanup.policy"},
    {{"retention.ms", int64, "604800000", at_least(-1), medium, cluster_wide, acts,
      "Age at which a segment is deleted; -1 keeps it for ever."},
     "log.retention.ms"},
    {{"retention.bytes", int64, "-1", kAny, medium, cluster_wide, acts,
      "Size of a partition beyond which its oldest segments are deleted; -1 sets no bound."},
     "log.retention.bytes"},
    {{"segment.bytes", int32, "1073741824", at_least(14), medium, cluster_wide, acts,
      "Size at which a segment is closed and the next begun."},
     "log.segment.bytes"},
    {{"segment.ms", int64, "604800000", at_least(1), medium, cluster_wide, acts,
      "Age at which a segment is closed and the next begun."},
     "log.roll.ms"},
    {{"segment.jitter.ms", int64, "0", at_least(0), medium, cluster_wide, acts,
      "Random time taken off that age, so that partitions do not all roll at once."},
     "log.roll.jitter.ms"},
    {{"segment.index.bytes", int32, "10485760", at_least(4), medium, cluster_wide, acts,
      "Size of an index file at which the segment is closed."},
     "log.index.size.max.bytes"},
    {{"index.interval.bytes", int32, "4096", at_least(0), medium, cluster_wide, acts,
      "Bytes of records between two index entries."},
     "log.index.interval.bytes"},
    {{"flush.messages", int64, "9223372036854775807", at_least(1), medium, cluster_wide, acts,
      "Records after which the log is flushed to disk. With 1, acknowledgements wait for an fsync, one for all records "
      "that came since the last."},
     "log.flush.interval.messages"},
    {{"flush.ms", int64, "9223372036854775807", at_least(0), medium, cluster_wide, acts,
      "Time after which the log is flushed to disk."},
     "log.flush.interval.ms"},
    {{"file.delete.delay.ms", int64, "60000", at_least(0), medium, cluster_wide, acts,
      "How long a deleted file stays on disk under another name."},
     "log.segment.delete.delay.ms"},
    {{"preallocate", boolean, "false", kAny, medium, cluster_wide, acts,
      "Whether a new segment's file is given its full size at once."},
     "log.preallocate"},
    {{"max.message.bytes", int32, "1048588", at_least(0), medium, cluster_wide, acts,
      "The largest record batch accepted."},
     "message.max.bytes"},
    {{"min.insync.replicas", int32, "1", at_least(1), medium, cluster_wide, acts,
      "Replicas that must be in sync for a write with acks=all to be taken."},
     "min.insync.replicas"},
    {{"compression.type", string, "producer", one_of(kCompressionTypes), medium, cluster_wide, acts,
      "How stored batches are compressed; producer keeps them as they came."},
     "compression.type"},
    {{"compression.gzip.level", int32, "-1", custom(check_gzip_level, "[1,...,9] or -1"), medium, cluster_wide, acts,
      "Effort of gzip, where the broker compresses."},
     "compression.gzip.level"},
    {{"compression.lz4.level", int32, "9", between(1, 17), medium, cluster_wide, acts,
      "Effort of lz4, where the broker compresses."},
     "compression.lz4.level"},
    {{"compression.zstd.level", int32, "3", between(-131072, 22), medium, cluster_wide, acts,
      "Effort of zstd, where the broker compresses."},
     "compression.zstd.level"},
    {{"message.timestamp.type", string, "CreateTime", one_of(kTimestampTypes), medium, cluster_wide, acts,
      "Whether a record's time is the producer's or that of its arrival."},
     "log.message.timestamp.type"},
    {{"message.timestamp.before.max.ms", int64, "9223372036854775807", at_least(0), medium, cluster_wide, acts,
      "How far in the past a record's time may lie."},
     "log.message.timestamp.before.max.ms"},
    {{"message.timestamp.after.max.ms", int64, "9223372036854775807", at_least(0), medium, cluster_wide, acts,
      "How far in the future a record's time may lie."},
     "log.message.timestamp.after.max.ms"},
    {{"message.timestamp.difference.max.ms", int64, "9223372036854775807", at_least(0), medium, cluster_wide, acts,
      "Older bound for both directions, where the two newer ones say nothing."},
     "log.message.timestamp.difference.max.ms"},
    {{"message.format.version", string, "3.0-IV1", custom(check_version, "a Kafka version such as 3.9"), medium,
      cluster_wide, inert, "Kept for old tools: batches are always of the newest format."},
     "log.message.format.version"},
    {{"message.downconversion.enable", boolean, "true", kAny, low, cluster_wide, acts,
      "Whether batches are converted for clients that only read older formats."},
     "log.message.downconversion.enable"},
    {{"min.cleanable.dirty.ratio", float64, "0.5", between(0, 1), medium, cluster_wide, acts,
      "Share of the log not yet compacted from which compaction is worth while."},
     "log.cleaner.min.cleanable.ratio"},
    {{"min.compaction.lag.ms", int64, "0", at_least(0), medium, cluster_wide, acts,
      "How long a record stays uncompacted at least."},
     "log.cleaner.min.compaction.lag.ms"},
    {{"max.compaction.lag.ms", int64, "9223372036854775807", at_least(1), medium, cluster_wide, acts,
      "How long a record stays uncompacted at most."},
     "log.cleaner.max.compaction.lag.ms"},
    {{"delete.retention.ms", int64, "86400000", at_least(0), medium, cluster_wide, acts,
      "How long compaction keeps the mark of a deleted key for readers under way."},
     "log.cleaner.delete.retention.ms"},
    {{"unclean.leader.election.enable", boolean, "false", kAny, medium, cluster_wide, acts,
      "Whether a replica that is not in sync may lead when no other is left, at the price of lost records."},
     "unclean.leader.election.enable"},
    {{"leader.replication.throttled.replicas", list, "",
      custom(check_throttled_replicas, "[partitionId]:[brokerId],[partitionId]:[brokerId],..."), medium, cluster_wide,
      acts, "Replicas whose leaders send at the throttled rate, as partition:broker pairs, or * for all."},
     ""},
    {{"follower.replication.throttled.replicas", list, "",
      custom(check_throttled_replicas, "[partitionId]:[brokerId],[partitionId]:[brokerId],..."), medium, cluster_wide,
      acts, "Replicas whose followers fetch at the throttled rate, as partition:broker pairs, or * for all."},
     ""},
    {{"remote.storage.enable", boolean, "false", kAny, medium, cluster_wide, inert,
      "Asks for tiered storage, which does not exist here."},
     ""},
    {{"local.retention.ms", int64, "-2", at_least(-2), medium, cluster_wide, inert,
      "Age up to which tiered segments stay on local disk too; -2 follows retention.ms."},
     "log.local.retention.ms"},
    {{"local.retention.bytes", int64, "-2", at_least(-2), medium, cluster_wide, inert,
      "Size up to which tiered segments stay on local disk too; -2 follows retention.bytes."},
     "log.local.retention.bytes"},
    {{"remote.log.copy.disable", boolean, "false", kAny, medium, cluster_wide, inert,
      "Makes tiered storage read-only."},
     ""},
    {{"remote.log.delete.on.disable", boolean, "false", kAny, medium, cluster_wide, inert,
      "Whether switching tiered storage off deletes what it holds."},
     ""},
};

// A checked value or the default of a key of type long.
int64_t number(const Entries& checked, std::string_view key) {
  auto it = checked.find(key);
  std::string_view text = it != checked.end() ? std::string_view(it->second)
                                              : std::string_view(find_topic_config(key)->definition.default_value);
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool is_true(const Entries& checked, std::string_view key) {
  auto it = checked.find(key);
  return it != checked.end() && it->second == "true";
}

Status check_across(const Entries& checked, bool remote_storage) {
  int64_t min_lag = number(checked, "min.compaction.lag.ms");
  int64_t max_lag = number(checked, "max.compaction.lag.ms");
  if (min_lag > max_lag) {
    return fail("conflict topic config setting min.compaction.lag.ms (" + std::to_string(min_lag) +
                ") > max.compaction.lag.ms (" + std::to_string(max_lag) + ")");
  }
  if (is_true(checked, "remote.log.delete.on.disable") || is_true(checked, "remote.log.copy.disable")) {
    return fail("It is invalid to set `remote.log.delete.on.disable` or `remote.log.copy.disable` with ZooKeeper.");
  }
  if (is_true(checked, "remote.storage.enable") && !remote_storage) {
    return fail(
        "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.",
        EINVAL);
  }
  return {};
}

}  // namespace

std::span<const TopicDefinition> topic_config_table() { return kTable; }

const TopicDefinition* find_topic_config(std::string_view name) {
  auto it =
      std::find_if(std::begin(kTable), std::end(kTable), [&](const auto& t) { return t.definition.name == name; });
  return it == std::end(kTable) ? nullptr : it;
}

Status validate_topic_configs(const Entries& overrides, bool remote_storage) {
  Entries checked;
  for (const auto& [name, value] : overrides) {
    if (find_topic_config(name) == nullptr) return fail("Unknown topic config name: " + name);
  }
  for (const auto& [name, value] : overrides) {
    auto canonical = check_value(find_topic_config(name)->definition, value);
    if (!canonical) return canonical.failure();
    checked.emplace(name, *canonical);
  }
  return check_across(checked, remote_storage);
}

}  // namespace meerkat::config
