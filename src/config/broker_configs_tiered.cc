// Broker configs: known, so that a file is read as it is; there is no tiered storage.
#include "config/config_tables.h"

namespace meerkat::config {
namespace {

using enum Type;
using enum Importance;
using enum Dynamic;
using enum Effect;
using enum Visibility;

constexpr Definition kRows[] = {
    {"remote.log.storage.system.enable", boolean, "false", kAny, medium, read_only, acts,
     "Lets topics ask for tiered storage; as there is none here, their segments stay on local disk."},
    {"log.local.retention.ms", int64, "-2", at_least(-2), medium, cluster_wide, inert,
     "Age up to which tiered segments stay on local disk too; -2 follows the log's retention."},
    {"log.local.retention.bytes", int64, "-2", at_least(-2), medium, cluster_wide, inert,
     "Size up to which tiered segments stay on local disk too; -2 follows the log's retention."},
    {"remote.fetch.max.wait.ms", int32, "500", at_least(1), medium, cluster_wide, inert,
     "How long a fetch from tiered storage may take."},
    {"remote.log.index.file.cache.total.size.bytes", int64, "1073741824", at_least(1), low, cluster_wide, inert,
     "Local disk space for indexes of tiered segments."},
    {"remote.log.manager.copier.thread.pool.size", int32, "-1", kAny, medium, read_only, inert,
     "Threads that copy segments to tiered storage."},
    {"remote.log.manager.copy.max.bytes.per.second", int64, "9223372036854775807", at_least(1), medium, cluster_wide,
     inert, "Bytes a second copied to tiered storage."},
    {"remote.log.manager.copy.quota.window.num", int32, "11", at_least(1), medium, read_only, inert,
     "Samples kept for that quota."},
    {"remote.log.manager.copy.quota.window.size.seconds", int32, "1", at_least(1), medium, read_only, inert,
     "Length of a sample for that quota."},
    {"remote.log.manager.expiration.thread.pool.size", int32, "-1", kAny, medium, read_only, inert,
     "Threads that delete segments from tiered storage."},
    {"remote.log.manager.fetch.max.bytes.per.second", int64, "9223372036854775807", at_least(1), medium, cluster_wide,
     inert, "Bytes a second fetched from tiered storage."},
    {"remote.log.manager.fetch.quota.window.num", int32, "11", at_least(1), medium, read_only, inert,
     "Samples kept for the fetch quota."},
    {"remote.log.manager.fetch.quota.window.size.seconds", int32, "1", at_least(1), medium, read_only, inert,
     "Length of a sample for the fetch quota."},
    {"remote.log.manager.task.interval.ms", int64, "30000", at_least(1), low, read_only, inert,
     "How often the work on tiered storage is taken up."},
    {"remote.log.manager.task.retry.backoff.ms", int64, "500", at_least(1), low, read_only, inert,
     "First pause after a failure of tiered storage.", internal},
    {"remote.log.manager.task.retry.backoff.max.ms", int64, "30000", at_least(1), low, read_only, inert,
     "Longest pause after failures of tiered storage.", internal},
    {"remote.log.manager.task.retry.jitter", float64, "0.2", between(0, 0.5), low, read_only, inert,
     "Share of random time in these pauses.", internal},
    {"remote.log.manager.thread.pool.size", int32, "10", at_least(1), medium, read_only, inert,
     "Threads for tiered storage in all."},
    {"remote.log.metadata.custom.metadata.max.bytes", int32, "128", at_least(0), low, read_only, inert,
     "Size of the extra metadata of a tiered segment."},
    {"remote.log.metadata.manager.class.name", string,
     "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager", kAny, medium, read_only,
     inert, "Java class that keeps the metadata of tiered segments."},
    {"remote.log.metadata.manager.class.path", string, nullptr, kAny, medium, read_only, inert,
     "Class path of that class."},
    {"remote.log.metadata.manager.impl.prefix", string, "rlmm.config.", kAny, medium, read_only, inert,
     "Prefix of the keys handed to that class."},
    {"remote.log.metadata.manager.listener.name", string, nullptr, kAny, medium, read_only, inert,
     "Listener through which that class talks to brokers."},
    {"remote.log.reader.max.pending.tasks", int32, "100", at_least(1), medium, read_only, inert,
     "Fetches from tiered storage that may wait."},
    {"remote.log.reader.threads", int32, "10", at_least(1), medium, read_only, inert,
     "Threads that fetch from tiered storage."},
    {"remote.log.storage.manager.class.name", string, nullptr, kAny, medium, read_only, inert,
     "Java class that is the tiered storage."},
    {"remote.log.storage.manager.class.path", string, nullptr, kAny, medium, read_only, inert,
     "Class path of that class."},
    {"remote.log.storage.manager.impl.prefix", string, "rsm.config.", kAny, medium, read_only, inert,
     "Prefix of the keys handed to that class."},
};

}  // namespace

ConfigGroup tiered_configs() { return {Group::tiered, "Tiered storage", kRows}; }

}  // namespace meerkat::config
