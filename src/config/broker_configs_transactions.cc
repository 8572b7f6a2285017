// Broker configs: the transaction coordinator.
#include "config/config_tables.h"

namespace meerkat::config {
namespace {

using enum Type;
using enum Importance;
using enum Dynamic;
using enum Effect;
using enum Visibility;

constexpr Definition kRows[] = {
    {"transaction.state.log.num.partitions", int32, "50", at_least(1), high, read_only, acts,
     "Partitions of __transaction_state; not to be changed once it exists."},
    {"transaction.state.log.replication.factor", int16, "3", at_least(1), high, read_only, acts,
     "Replicas of __transaction_state; it is not created before so many brokers are there."},
    {"transaction.state.log.min.isr", int32, "2", at_least(1), high, read_only, acts,
     "In-sync replicas that a write to __transaction_state needs."},
    {"transaction.state.log.segment.bytes", int32, "104857600", at_least(1), high, read_only, acts,
     "Segment size of __transaction_state."},
    {"transaction.state.log.load.buffer.size", int32, "5242880", at_least(1), high, read_only, acts,
     "Bytes a read while a coordinator loads its partitions."},
    {"transaction.max.timeout.ms", int32, "900000", at_least(1), high, read_only, acts,
     "The longest transaction timeout a producer may ask for."},
    {"transactional.id.expiration.ms", int32, "604800000", at_least(1), high, read_only, acts,
     "After how long without a transaction a transactional id is forgotten."},
    {"transaction.abort.timed.out.transaction.cleanup.interval.ms", int32, "10000", at_least(1), low, read_only, acts,
     "How often transactions past their timeout are looked for."},
    {"transaction.remove.expired.transaction.cleanup.interval.ms", int32, "3600000", at_least(1), low, read_only, acts,
     "How often transactional ids to be forgotten are looked for."},
    {"transaction.partition.verification.enable", boolean, "true", kAny, low, cluster_wide, acts,
     "Whether a leader asks the coordinator if a partition belongs to the transaction before it appends."},
};

}  // namespace

ConfigGroup transactions_configs() { return {Group::transactions, "Transactions", kRows}; }

}  // namespace meerkat::config
