// Broker configs: who this broker is, and how it reaches ZooKeeper.
#include "config/config_tables.h"

namespace meerkat::config {
namespace {

using enum Type;
using enum Importance;
using enum Dynamic;
using enum Effect;
using enum Visibility;

constexpr Definition kRows[] = {
    {"broker.id", int32, "-1", kAny, high, read_only, acts,
     "This broker's number in the cluster; -1 lets ZooKeeper hand out the next free one above reserved.broker.max.id."},
    {"node.id", int32, "-1", kAny, high, read_only, acts,
     "Another name of broker.id; if both are set they must agree."},
    {"broker.id.generation.enable", boolean, "true", kAny, medium, read_only, acts,
     "Whether a broker without a number is given one by ZooKeeper."},
    {"reserved.broker.max.id", int32, "1000", at_least(0), medium, read_only, acts,
     "The highest number that may be set by hand; generated ones start above it."},
    {"broker.rack", string, nullptr, kAny, medium, read_only, acts,
     "Where the broker stands; replicas of a partition are spread over racks."},
    {"zookeeper.connect", string, nullptr, kAny, high, read_only, acts,
     "The ZooKeeper servers as host:port,host:port, with an optional chroot path at the end, which is made when "
     "missing."},
    {"zookeeper.session.timeout.ms", int32, "18000", kAny, high, read_only, acts,
     "How long ZooKeeper waits for a silent broker before it drops the session and with it the broker's registration."},
    {"zookeeper.connection.timeout.ms", int32, nullptr, kAny, high, read_only, acts,
     "How long a starting broker tries to reach ZooKeeper; without a value the session timeout counts."},
    {"zookeeper.max.in.flight.requests", int32, "10", at_least(1), high, read_only, acts,
     "How many ZooKeeper requests may be unanswered before the next is held back."},
    {"zookeeper.set.acl", boolean, "false", kAny, high, read_only, acts,
     "Whether znodes are made so that only this cluster's own identity may write them."},
    {"zookeeper.metadata.migration.enable", boolean, "false", kAny, high, read_only, inert,
     "Starts the move of metadata from ZooKeeper to KRaft, which does not exist here."},
    {"zookeeper.clientCnxnSocket", string, nullptr, kAny, medium, read_only, inert,
     "The Java class of the ZooKeeper connection."},
    {"zookeeper.ssl.client.enable", boolean, "false", kAny, medium, read_only, inert,
     "Whether the connection to ZooKeeper is encrypted."},
    {"zookeeper.ssl.keystore.location", string, nullptr, kAny, medium, read_only, inert,
     "File with the key and certificate shown to ZooKeeper."},
    {"zookeeper.ssl.keystore.password", password, nullptr, kAny, medium, read_only, inert,
     "Password of the key store for ZooKeeper."},
    {"zookeeper.ssl.keystore.type", string, nullptr, kAny, medium, read_only, inert,
     "Format of the key store for ZooKeeper; without a value the file's ending tells."},
    {"zookeeper.ssl.truststore.location", string, nullptr, kAny, medium, read_only, inert,
     "File with the certificates that a ZooKeeper server's is checked against."},
    {"zookeeper.ssl.truststore.password", password, nullptr, kAny, medium, read_only, inert,
     "Password of the trust store for ZooKeeper."},
    {"zookeeper.ssl.truststore.type", string, nullptr, kAny, medium, read_only, inert,
     "Format of the trust store for ZooKeeper; without a value the file's ending tells."},
    {"zookeeper.ssl.protocol", string, "TLSv1.2", kAny, low, read_only, inert, "TLS version offered to ZooKeeper."},
    {"zookeeper.ssl.enabled.protocols", list, nullptr, kAny, low, read_only, inert,
     "TLS versions allowed towards ZooKeeper."},
    {"zookeeper.ssl.cipher.suites", list, nullptr, kAny, low, read_only, inert,
     "Cipher suites allowed towards ZooKeeper."},
    {"zookeeper.ssl.endpoint.identification.algorithm", string, "HTTPS", kAny, low, read_only, inert,
     "How the ZooKeeper server's name is compared with its certificate; empty skips the comparison."},
    {"zookeeper.ssl.crl.enable", boolean, "false", kAny, low, read_only, inert,
     "Whether revocation lists are asked about ZooKeeper certificates."},
    {"zookeeper.ssl.ocsp.enable", boolean, "false", kAny, low, read_only, inert,
     "Whether OCSP is asked about ZooKeeper certificates."},
    {"zookeeper.metadata.migration.min.batch.size", int32, "200", at_least(1), low, read_only, inert,
     "Records a batch of a move to KRaft.", internal},
};

}  // namespace

ConfigGroup zookeeper_configs() { return {Group::zookeeper, "Identity and ZooKeeper", kRows}; }

}  // namespace meerkat::config
