// Broker configs: Meerkat's own.
#include "config/config_tables.h"

namespace meerkat::config {
namespace {

constexpr Definition kRows[] = {
    {"meerkat.log.disk.reserve.bytes", Type::int64, "0", at_least(0), Importance::medium, Dynamic::read_only,
     Effect::acts, "Free space on a log directory's disk below which writes are refused; 0 refuses none."},
    {"meerkat.log.disk.stall.timeout.ms", Type::int64, "30000", at_least(0), Importance::medium, Dynamic::read_only,
     Effect::acts,
     "How long a write to a log directory's disk may take before the broker leaves the cluster, leaderships and all, "
     "until the disk completes it; 0: for ever."},
    {"meerkat.zookeeper.session.guard.enable", Type::boolean, "true", kAny, Importance::low, Dynamic::read_only,
     Effect::acts,
     "A small second process closes the ZooKeeper session as soon as the broker's process dies, so that others take "
     "over "
     "without waiting for the session timeout."},
};

}  // namespace

ConfigGroup meerkat_configs() { return {Group::meerkat, "Meerkat's own", kRows}; }

}  // namespace meerkat::config
