// Broker configs: throttling, and judges of changes.
#include "config/config_tables.h"

namespace meerkat::config {
namespace {

using enum Type;
using enum Importance;
using enum Dynamic;
using enum Effect;
using enum Visibility;

constexpr Definition kRows[] = {
    {"quota.window.num", int32, "11", at_least(1), low, read_only, acts, "Samples kept for client quotas."},
    {"quota.window.size.seconds", int32, "1", at_least(1), low, read_only, acts,
     "Length of a sample for client quotas."},
    {"replication.quota.window.num", int32, "11", at_least(1), low, read_only, acts,
     "Samples kept for replication quotas."},
    {"replication.quota.window.size.seconds", int32, "1", at_least(1), low, read_only, acts,
     "Length of a sample for replication quotas."},
    {"alter.log.dirs.replication.quota.window.num", int32, "11", at_least(1), low, read_only, inert,
     "Samples kept for the quota on moves between directories."},
    {"alter.log.dirs.replication.quota.window.size.seconds", int32, "1", at_least(1), low, read_only, inert,
     "Length of a sample for the quota on moves between directories."},
    {"controller.quota.window.num", int32, "11", at_least(1), low, read_only, inert,
     "Samples kept for the quota on topic changes."},
    {"controller.quota.window.size.seconds", int32, "1", at_least(1), low, read_only, inert,
     "Length of a sample for the quota on topic changes."},
    {"client.quota.callback.class", klass, nullptr, kAny, low, read_only, inert, "Java class that decides quotas."},
    {"create.topic.policy.class.name", klass, nullptr, kAny, low, read_only, inert,
     "Java class that judges new topics."},
    {"alter.config.policy.class.name", klass, nullptr, kAny, low, read_only, inert,
     "Java class that judges changes of configs."},
    {"leader.replication.throttled.rate", int64, "9223372036854775807", at_least(0), medium, per_broker, acts,
     "Bytes a second that throttled replicas may be sent by their leaders here.", dynamic_only},
    {"follower.replication.throttled.rate", int64, "9223372036854775807", at_least(0), medium, per_broker, acts,
     "Bytes a second that throttled replicas here may fetch.", dynamic_only},
    {"replica.alter.log.dirs.io.max.bytes.per.second", int64, "9223372036854775807", at_least(0), medium, per_broker,
     acts, "Bytes a second for moves of replicas between directories.", dynamic_only},
};

}  // namespace

ConfigGroup quotas_configs() { return {Group::quotas, "Quotas and policies", kRows}; }

}  // namespace meerkat::config
