// Broker configs: reporting.
#include "config/config_tables.h"

namespace meerkat::config {
namespace {

using enum Type;
using enum Importance;
using enum Dynamic;
using enum Effect;
using enum Visibility;

constexpr Definition kRows[] = {
    {"metric.reporters", list, "", kAny, low, cluster_wide, inert, "Java classes that report metrics."},
    {"metrics.num.samples", int32, "2", at_least(1), low, read_only, inert, "Samples kept for a rate."},
    {"metrics.sample.window.ms", int64, "30000", at_least(1), low, read_only, inert, "Length of a sample."},
    {"metrics.recording.level", string, "INFO", kAny, low, read_only, inert, "How detailed metrics are recorded."},
    {"kafka.metrics.reporters", list, "", kAny, low, read_only, inert,
     "Java classes that report the older kind of metrics."},
    {"kafka.metrics.polling.interval.secs", int32, "10", at_least(1), low, read_only, inert,
     "How often these reporters report."},
    {"auto.include.jmx.reporter", boolean, "true", kAny, low, read_only, inert,
     "Whether metrics go to JMX without being asked to."},
    {"telemetry.max.bytes", int32, "1048576", at_least(1), low, read_only, inert,
     "The most that a client may push of its own metrics."},
};

}  // namespace

ConfigGroup metrics_configs() { return {Group::metrics, "Metrics", kRows}; }

}  // namespace meerkat::config
