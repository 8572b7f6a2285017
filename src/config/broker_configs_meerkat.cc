// Broker configs: Meerkat's own.
#include "config/config_tables.h"

namespace meerkat::config {
namespace {

constexpr Definition kRows[] = {
    {"meerkat.log.disk.reserve.bytes", Type::int64, "0", at_least(0), Importance::medium, Dynamic::read_only,
     Effect::inert, "Free space on a log directory's disk below which writes are refused; 0 refuses none."},
};

}  // namespace

ConfigGroup meerkat_configs() { return {Group::meerkat, "Meerkat's own", kRows}; }

}  // namespace meerkat::config
