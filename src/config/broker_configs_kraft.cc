// Broker configs: known, so that a file is read as it is; there is no KRaft.
#include "config/config_tables.h"

namespace meerkat::config {
namespace {

using enum Type;
using enum Importance;
using enum Dynamic;
using enum Effect;
using enum Visibility;

constexpr std::string_view kRoles[] = {"broker", "controller"};

constexpr Definition kRows[] = {
    {"process.roles", list, "", one_of(kRoles), high, read_only, inert, "Roles of a KRaft node; must stay empty here."},
    {"controller.listener.names", string, nullptr, kAny, high, read_only, inert, "Listeners of KRaft controllers."},
    {"controller.quorum.bootstrap.servers", list, "", kAny, high, read_only, inert,
     "Where a KRaft node finds the quorum at first."},
    {"controller.quorum.voters", list, "", kAny, high, read_only, inert, "The KRaft quorum as id@host:port."},
    {"controller.quorum.election.backoff.max.ms", int32, "1000", kAny, high, read_only, inert,
     "Longest pause between elections of the KRaft quorum."},
    {"controller.quorum.election.timeout.ms", int32, "1000", kAny, high, read_only, inert,
     "How long a KRaft candidate waits for votes."},
    {"controller.quorum.fetch.timeout.ms", int32, "2000", kAny, high, read_only, inert,
     "How long a KRaft voter goes without hearing of its leader."},
    {"controller.quorum.append.linger.ms", int32, "25", kAny, medium, read_only, inert,
     "How long the KRaft leader gathers records."},
    {"controller.quorum.request.timeout.ms", int32, "2000", kAny, medium, read_only, inert,
     "How long a request of the KRaft quorum may take."},
    {"controller.quorum.retry.backoff.ms", int32, "20", kAny, low, read_only, inert,
     "Pause before a request of the KRaft quorum is sent again."},
    {"broker.heartbeat.interval.ms", int32, "2000", kAny, medium, read_only, inert,
     "Time between a broker's heartbeats to the KRaft controller."},
    {"broker.session.timeout.ms", int32, "9000", kAny, medium, read_only, inert,
     "How long the KRaft controller waits for a heartbeat."},
    {"initial.broker.registration.timeout.ms", int32, "60000", kAny, medium, read_only, inert,
     "How long a broker tries to register with the KRaft controller."},
    {"early.start.listeners", string, nullptr, kAny, high, read_only, inert,
     "Listeners that a KRaft node opens before authorization is up."},
    {"eligible.leader.replicas.enable", boolean, "false", kAny, high, read_only, inert,
     "Whether KRaft keeps the replicas that may lead without loss beyond the in-sync ones."},
    {"metadata.log.dir", string, nullptr, kAny, high, read_only, inert, "Directory of the KRaft metadata log."},
    {"metadata.log.max.record.bytes.between.snapshots", int64, "20971520", at_least(1), high, read_only, inert,
     "Bytes of the KRaft log after which a snapshot is made."},
    {"metadata.log.max.snapshot.interval.ms", int64, "3600000", at_least(0), high, read_only, inert,
     "Time after which a snapshot of the KRaft log is made."},
    {"metadata.log.segment.bytes", int32, "1073741824", at_least(12), high, read_only, inert,
     "Segment size of the KRaft log."},
    {"metadata.log.segment.min.bytes", int32, "8388608", at_least(12), low, read_only, inert,
     "Least segment size of the KRaft log.", internal},
    {"metadata.log.segment.ms", int64, "604800000", kAny, high, read_only, inert,
     "Age at which a segment of the KRaft log is closed."},
    {"metadata.max.retention.bytes", int64, "104857600", kAny, high, read_only, inert,
     "Size up to which the KRaft log is kept."},
    {"metadata.max.retention.ms", int64, "604800000", kAny, high, read_only, inert,
     "Age up to which the KRaft log is kept."},
    {"metadata.max.idle.interval.ms", int32, "500", at_least(0), low, read_only, inert,
     "How often an idle KRaft leader writes a record."},
    {"server.max.startup.time.ms", int64, "9223372036854775807", at_least(0), low, read_only, inert,
     "How long a KRaft node may take to start.", internal},
    {"unstable.api.versions.enable", boolean, "false", kAny, low, read_only, inert,
     "Whether unfinished API versions are offered.", internal},
    {"unstable.feature.versions.enable", boolean, "false", kAny, low, read_only, inert,
     "Whether unfinished feature versions are offered.", internal},
};

}  // namespace

ConfigGroup kraft_configs() { return {Group::kraft, "KRaft", kRows}; }

}  // namespace meerkat::config
