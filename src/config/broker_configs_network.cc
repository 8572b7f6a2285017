// Broker configs: listeners, sockets, limits and threads.
#include "config/checks.h"
#include "config/config_tables.h"

namespace meerkat::config {
namespace {

using enum Type;
using enum Importance;
using enum Dynamic;
using enum Effect;
using enum Visibility;

constexpr std::string_view kSecurityProtocols[] = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"};

constexpr Definition kRows[] = {
    {"listeners", string, "PLAINTEXT://:9092", kAny, high, per_broker, acts,
     "The endpoints to bind, as NAME://host:port separated by commas; an empty host binds all interfaces."},
    {"advertised.listeners", string, nullptr, kAny, high, per_broker, acts,
     "The endpoints that clients and other brokers are told to use, where they differ from listeners."},
    {"listener.security.protocol.map", string,
     "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT", kAny, low, per_broker, acts,
     "Which security protocol each listener name stands for, as NAME:PROTOCOL pairs."},
    {"inter.broker.listener.name", string, nullptr, kAny, medium, read_only, acts,
     "The listener that brokers use among themselves."},
    {"security.inter.broker.protocol", string, "PLAINTEXT", one_of(kSecurityProtocols), medium, read_only, acts,
     "The security protocol that brokers use among themselves, where no listener is named for it."},
    {"control.plane.listener.name", string, nullptr, kAny, high, read_only, acts,
     "A listener kept apart for what the controller sends."},
    {"inter.broker.protocol.version", string, "3.9-IV0", custom(check_version, "a Kafka version such as 3.9"), medium,
     read_only, acts, "The version of the protocol among brokers, held back during a rolling upgrade."},
    {"num.network.threads", int32, "3", at_least(1), high, cluster_wide, acts, "Event loops that serve connections."},
    {"num.io.threads", int32, "8", at_least(1), high, cluster_wide, inert,
     "Threads that handle requests; here the event loops do that."},
    {"background.threads", int32, "10", at_least(1), high, cluster_wide, acts,
     "Threads for housekeeping and for work that may wait for the disk."},
    {"queued.max.requests", int32, "500", at_least(1), high, read_only, inert,
     "Requests that may wait for a thread before the loops stop reading; here the bytes in flight are what counts."},
    {"queued.max.request.bytes", int64, "-1", kAny, medium, read_only, acts,
     "Bytes of requests in memory beyond which no more are read; -1 chooses a share of the machine's memory."},
    {"socket.request.max.bytes", int32, "104857600", at_least(1), high, read_only, acts,
     "The largest request accepted; a larger one closes its connection."},
    {"socket.send.buffer.bytes", int32, "102400", kAny, high, read_only, acts,
     "Size of a connection's send buffer in the kernel; -1 leaves it to the system."},
    {"socket.receive.buffer.bytes", int32, "102400", kAny, high, read_only, acts,
     "Size of a connection's receive buffer in the kernel; -1 leaves it to the system."},
    {"socket.listen.backlog.size", int32, "50", at_least(1), medium, read_only, acts,
     "Connections that may wait to be accepted."},
    {"socket.connection.setup.timeout.ms", int64, "10000", kAny, medium, read_only, inert,
     "How long a connection to another broker may take to come about, at first."},
    {"socket.connection.setup.timeout.max.ms", int64, "30000", kAny, medium, read_only, inert,
     "The bound up to which that time grows while attempts fail."},
    {"request.timeout.ms", int32, "30000", kAny, high, read_only, acts,
     "How long this broker waits for the answer to a request of its own."},
    {"connections.max.idle.ms", int64, "600000", kAny, medium, read_only, acts,
     "After how long without a request a connection is closed."},
    {"connections.max.reauth.ms", int64, "0", kAny, medium, read_only, inert,
     "After how long a client must prove its identity anew; 0 asks only once."},
    {"connection.failed.authentication.delay.ms", int32, "100", at_least(0), low, read_only, inert,
     "How long the answer to a failed login is held back."},
    {"max.connections", int32, "2147483647", at_least(0), medium, cluster_wide, acts,
     "Connections that the broker or one listener accepts in all."},
    {"max.connections.per.ip", int32, "2147483647", at_least(0), medium, cluster_wide, acts,
     "Connections accepted from one address."},
    {"max.connections.per.ip.overrides", string, "", kAny, medium, cluster_wide, acts,
     "Other limits for some addresses, as host:count pairs."},
    {"max.connection.creation.rate", int32, "2147483647", at_least(0), medium, cluster_wide, acts,
     "New connections a second that the broker or one listener accepts."},
    {"max.request.partition.size.limit", int32, "2000", at_least(1), medium, read_only, inert,
     "Partitions that one request for topic descriptions may be answered with."},
    {"delete.topic.enable", boolean, "true", kAny, high, read_only, acts, "Whether topics may be deleted."},
    {"auto.create.topics.enable", boolean, "true", kAny, high, read_only, acts,
     "Whether a topic that a client asks for is created when missing."},
};

}  // namespace

ConfigGroup network_configs() { return {Group::network, "Network and threads", kRows}; }

}  // namespace meerkat::config
