// meerkat-transactions: list and describe transactions, find those that hang, abort them. Commands and flags as
// kafka-transactions.sh has them.
#include <gflags/gflags.h>

#include <algorithm>
#include <array>
#include <iostream>

#include "absl/strings/str_join.h"
#include "base/clock.h"
#include "client/command_line.h"
#include "client/transaction_admin.h"

DEFINE_string(bootstrap_server, "", "host:port of brokers to connect to first");
DEFINE_int64(duration_filter, -1, "list: only transactions open for longer than this, in milliseconds; -1: all");
DEFINE_string(transactional_id, "", "describe: the transactional id");
DEFINE_string(topic, "", "describe-producers, find-hanging, abort: the topic");
DEFINE_int32(partition, -1, "describe-producers, find-hanging, abort: the partition");
DEFINE_int32(broker_id, -1,
             "describe-producers: ask this replica instead of the leader; find-hanging: look only there");
DEFINE_int32(max_transaction_timeout, 15, "find-hanging: only transactions older than this, in minutes");
DEFINE_int64(start_offset, -1, "abort: the offset at which the transaction begins");
DEFINE_int64(producer_id, -1, "abort: the producer's id, instead of --start-offset; the next two belong to it");
DEFINE_int32(producer_epoch, -1, "abort: the producer's epoch");
DEFINE_int32(coordinator_epoch, INT32_MIN, "abort: the coordinator's epoch, or -1");

namespace meerkat::client {
namespace {

constexpr char kUsage[] =
    "meerkat-transactions --bootstrap-server HOST:PORT list [--duration-filter MS]\n"
    "meerkat-transactions --bootstrap-server HOST:PORT describe --transactional-id ID\n"
    "meerkat-transactions --bootstrap-server HOST:PORT describe-producers --topic T --partition N [--broker-id N]\n"
    "meerkat-transactions --bootstrap-server HOST:PORT find-hanging (--topic T [--partition N] | --broker-id N) "
    "[--max-transaction-timeout MINUTES]\n"
    "meerkat-transactions --bootstrap-server HOST:PORT abort --topic T --partition N (--start-offset N | "
    "--producer-id N --producer-epoch N --coordinator-epoch N)";

using Row = std::vector<std::string>;

/// Columns as wide as their widest cell, each followed by a tab.
void print_table(const Row& headers, const std::vector<Row>& rows) {
  std::vector<size_t> widths;
  for (const std::string& header : headers) widths.push_back(header.size());
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  const auto print = [&](const Row& row) {
    for (size_t i = 0; i < row.size(); ++i) std::cout << row[i] << std::string(widths[i] - row[i].size(), ' ') << '\t';
    std::cout << '\n';
  };
  print(headers);
  for (const Row& row : rows) print(row);
}

std::optional<int32_t> broker() { return FLAGS_broker_id < 0 ? std::nullopt : std::optional(FLAGS_broker_id); }

int fail_with(const std::string& what, const wire::Failure& why) {
  return complain(what + ": " + std::string(wire::name(why.code)) + (why.message.empty() ? "" : ": " + why.message));
}

int list(TransactionAdmin& admin) {
  auto listed = admin.list(FLAGS_duration_filter);
  if (!listed) return fail_with("the transactions cannot be listed", listed.error());
  std::vector<Row> rows;
  for (const auto& [coordinator, listings] : *listed) {
    for (const auto& t : listings) {
      rows.push_back(
          {t.transactional_id, std::to_string(coordinator), std::to_string(t.producer_id), t.transaction_state});
    }
  }
  print_table({"TransactionalId", "Coordinator", "ProducerId", "TransactionState"}, rows);
  return 0;
}

int describe(TransactionAdmin& admin) {
  if (FLAGS_transactional_id.empty()) return complain("describe wants a --transactional-id");
  auto described = admin.describe(FLAGS_transactional_id);
  if (!described) return fail_with("'" + FLAGS_transactional_id + "' cannot be described", described.error());
  const auto& state = described->state;
  const bool begun = state.transaction_start_time_ms >= 0;
  const int64_t open_for = Clock::system().wall_ms() - state.transaction_start_time_ms;
  Row partitions;
  for (const auto& topic : state.topics) {
    for (int32_t p : topic.partitions) partitions.push_back(topic.topic + "-" + std::to_string(p));
  }
  print_table(
      {"CoordinatorId", "TransactionalId", "ProducerId", "ProducerEpoch", "TransactionState", "TransactionTimeoutMs",
       "CurrentTransactionStartTimeMs", "TransactionDurationMs", "TopicPartitions"},
      {{std::to_string(described->coordinator), FLAGS_transactional_id, std::to_string(state.producer_id),
        std::to_string(state.producer_epoch), state.transaction_state, std::to_string(state.transaction_timeout_ms),
        begun ? std::to_string(state.transaction_start_time_ms) : "None", begun ? std::to_string(open_for) : "None",
        absl::StrJoin(partitions, ",")}});
  return 0;
}

int describe_producers(TransactionAdmin& admin) {
  if (FLAGS_topic.empty() || FLAGS_partition < 0) return complain("describe-producers wants --topic and --partition");
  auto producers = admin.producers({FLAGS_topic, FLAGS_partition}, broker());
  if (!producers) return fail_with("the producers cannot be described", producers.error());
  std::vector<Row> rows;
  for (const auto& p : *producers) {
    rows.push_back({std::to_string(p.producer_id), std::to_string(p.producer_epoch),
                    std::to_string(p.coordinator_epoch), std::to_string(p.last_sequence),
                    std::to_string(p.last_timestamp),
                    p.current_txn_start_offset < 0 ? "None" : std::to_string(p.current_txn_start_offset)});
  }
  print_table({"ProducerId", "ProducerEpoch", "LatestCoordinatorEpoch", "LastSequence", "LastTimestamp",
               "CurrentTransactionStartOffset"},
              rows);
  return 0;
}

int find_hanging(TransactionAdmin& admin) {
  if (FLAGS_topic.empty() && !broker()) return complain("find-hanging wants --topic or --broker-id");
  if (FLAGS_topic.empty() && FLAGS_partition >= 0) return complain("--partition wants a --topic");
  std::vector<TopicPartition> where = {{FLAGS_topic, FLAGS_partition}};
  if (FLAGS_partition < 0) {
    auto found = admin.partitions(FLAGS_topic.empty() ? std::nullopt : std::optional(FLAGS_topic), broker());
    if (!found) return fail_with("the partitions cannot be listed", found.error());
    where = std::move(*found);
  }
  auto hanging = admin.find_hanging(where, broker(), std::chrono::minutes(FLAGS_max_transaction_timeout));
  if (!hanging) return fail_with("the search failed", hanging.error());
  std::vector<Row> rows;
  for (const auto& t : *hanging) {
    const int64_t age_ms = Clock::system().wall_ms() - t.producer.last_timestamp;
    rows.push_back({t.partition.topic, std::to_string(t.partition.partition), std::to_string(t.producer.producer_id),
                    std::to_string(t.producer.producer_epoch), std::to_string(t.producer.coordinator_epoch),
                    std::to_string(t.producer.current_txn_start_offset), std::to_string(t.producer.last_timestamp),
                    std::to_string(age_ms / 60'000)});
  }
  print_table({"Topic", "Partition", "ProducerId", "ProducerEpoch", "CoordinatorEpoch", "StartOffset", "LastTimestamp",
               "Duration(min)"},
              rows);
  return 0;
}

int abort(TransactionAdmin& admin) {
  if (FLAGS_topic.empty() || FLAGS_partition < 0) return complain("abort wants --topic and --partition");
  const TopicPartition partition{FLAGS_topic, FLAGS_partition};
  int64_t id = FLAGS_producer_id;
  int32_t epoch = FLAGS_producer_epoch, coordinator_epoch = FLAGS_coordinator_epoch;
  if (FLAGS_start_offset >= 0) {
    auto producers = admin.producers(partition);
    if (!producers) return fail_with("the producers cannot be described", producers.error());
    const auto found = std::find_if(producers->begin(), producers->end(),
                                    [](const auto& p) { return p.current_txn_start_offset == FLAGS_start_offset; });
    if (found == producers->end()) {
      return complain("no transaction that is open on " + partition.to_string() + " begins at offset " +
                      std::to_string(FLAGS_start_offset) + "; describe-producers shows those that are");
    }
    id = found->producer_id;
    epoch = found->producer_epoch;
    coordinator_epoch = found->coordinator_epoch;
  } else if (id < 0 || epoch < 0 || coordinator_epoch == INT32_MIN) {
    return complain("abort wants --start-offset, or --producer-id, --producer-epoch and --coordinator-epoch");
  }
  // A producer of which no marker was written yet has none; 0 is not above any coordinator's.
  auto done = admin.abort(partition, id, static_cast<int16_t>(epoch), std::max(coordinator_epoch, 0));
  return done ? 0 : fail_with("the transaction cannot be aborted", done.error());
}

struct Command {
  std::string_view name;
  int (*run)(TransactionAdmin&);
};
constexpr std::array kCommands = {Command{"list", list}, Command{"describe", describe},
                                  Command{"describe-producers", describe_producers},
                                  Command{"find-hanging", find_hanging}, Command{"abort", abort}};

/// Takes the first word that is a command out of the line; null if there is none.
const Command* take_command(int* argc, char** argv) {
  for (int i = 1; i < *argc; ++i) {
    const auto command =
        std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& c) { return c.name == argv[i]; });
    if (command == kCommands.end()) continue;
    std::copy(argv + i + 1, argv + *argc + 1, argv + i);
    --*argc;
    return &*command;
  }
  return nullptr;
}

}  // namespace
}  // namespace meerkat::client

int main(int argc, char** argv) {
  using namespace meerkat::client;
  const Command* command = take_command(&argc, argv);
  parse_tool_flags(&argc, &argv, kUsage);
  if (command == nullptr) {
    return complain("a command is missing: list, describe, describe-producers, find-hanging or abort; see --help");
  }
  auto connected = connect(FLAGS_bootstrap_server, "transactions");
  if (!connected) return complain(connected.error().message);
  TransactionAdmin admin(*connected->cluster, std::chrono::seconds(30));
  return command->run(admin);
}
