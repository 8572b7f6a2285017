// meerkat-consumer-groups: list, describe, reset and delete consumer groups. Flags as kafka-consumer-groups.sh has
// them.
#include <gflags/gflags.h>

#include <fstream>
#include <iostream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/clock.h"
#include "client/command_line.h"
#include "client/group_admin.h"
#include "client/lag.h"
#include "client/reset_offsets.h"
#include "client/table.h"
#include "client/zookeeper_group.h"

DEFINE_string(bootstrap_server, "", "host:port of brokers to connect to first");
DEFINE_string(zookeeper, "",
              "host:port/chroot of ZooKeeper: list and describe the groups of Kafka 0.8's kind that it has");
DEFINE_bool(list, false, "list groups");
DEFINE_bool(describe, false, "describe groups: offsets and lag, members, or state");
DEFINE_bool(delete, false, "delete groups without members");
DEFINE_bool(reset_offsets, false, "set the offsets of a group without members");
DEFINE_bool(delete_offsets, false, "delete the offsets of a group for topics that it does not read");
DEFINE_bool(all_groups, false, "all groups instead of --group");
DEFINE_bool(all_topics, false, "reset: all topics that the group has offsets for");
DEFINE_bool(offsets, false, "describe: partitions with offsets and lag (default)");
DEFINE_bool(members, false, "describe: the members");
DEFINE_bool(verbose, false, "describe --members: with their partitions");
DEFINE_string(state, "",
              "list: only groups in these states (comma-separated; 'all' shows the states); describe: the state");
DEFINE_bool(execute, false, "reset: do it; otherwise it is only shown what would be done");
DEFINE_bool(dry_run, false, "reset: only show what would be done (default)");
DEFINE_bool(export, false, "reset: print the plan as CSV, for --from-file");
DEFINE_bool(to_earliest, false, "reset: to the beginning");
DEFINE_bool(to_latest, false, "reset: to the end");
DEFINE_bool(to_current, false, "reset: to what is committed");
DEFINE_int64(to_offset, -1, "reset: to this offset");
DEFINE_string(shift_by, "", "reset: by so many records, negative for back");
DEFINE_string(to_datetime, "", "reset: to a time, YYYY-MM-DDTHH:mm:SS.sss[+HH:MM]");
DEFINE_string(by_duration, "", "reset: to so long ago, PnDTnHnMnS");
DEFINE_string(from_file, "", "reset: to what a CSV file says");
DEFINE_int32(timeout, 5000, "ms; taken for the sake of Kafka's scripts");

namespace meerkat::client {
namespace {

constexpr char kUsage[] =
    "meerkat-consumer-groups --bootstrap-server HOST:PORT --list [--state S,S] | --describe {--group G... | "
    "--all-groups} "
    "[--members [--verbose] | --state]\n"
    "meerkat-consumer-groups --zookeeper HOST:PORT/CHROOT --list | --describe {--group G... | --all-groups}\n"
    "meerkat-consumer-groups --bootstrap-server HOST:PORT --delete --group G... | --delete-offsets --group G --topic "
    "T...\n"
    "meerkat-consumer-groups --bootstrap-server HOST:PORT --reset-offsets {--group G... | --all-groups} "
    "{--topic T[:P,P]... | --all-topics | --from-file F} "
    "{--to-earliest | --to-latest | --to-current | --to-offset N | --shift-by N | --to-datetime T | --by-duration D} "
    "[--execute | --dry-run | --export]";

using Words = std::map<std::string, std::vector<std::string>>;

template <class T>
std::string text(const std::optional<T>& value) {
  if (!value) return "-";
  if constexpr (std::is_floating_point_v<T>) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.1f", *value);
    return buffer;
  } else {
    return std::to_string(*value);
  }
}

int list(GroupAdmin& admin) {
  std::vector<std::string> states;
  if (!FLAGS_state.empty() && FLAGS_state != "all") states = absl::StrSplit(FLAGS_state, ',', absl::SkipWhitespace());
  auto groups = admin.list(states);
  if (!groups) return complain(groups.error().message);
  Table table({"GROUP", "STATE"});
  for (const auto& group : *groups) {
    FLAGS_state.empty() ? void(std::cout << group.id << "\n") : table.row({group.id, group.state});
  }
  if (!FLAGS_state.empty()) std::cout << table.text();
  return 0;
}

std::string partitions_text(const std::vector<TopicPartition>& partitions) {
  std::map<std::string, std::vector<int32_t>> by_topic;
  for (const auto& p : partitions) by_topic[p.topic].push_back(p.partition);
  std::vector<std::string> topics;
  for (const auto& [topic, numbers] : by_topic) topics.push_back(topic + "(" + absl::StrJoin(numbers, ",") + ")");
  return topics.empty() ? "-" : absl::StrJoin(topics, ", ");
}

wire::Outcome<std::string> offsets_table(Cluster& cluster, GroupAdmin& admin, const GroupDescription& group) {
  auto committed = admin.offsets(group.id);
  if (!committed) return committed.failure();
  std::map<TopicPartition, const GroupMember*> owners;
  std::set<TopicPartition> partitions;
  for (const auto& member : group.members) {
    for (const auto& p : member.assignment) owners[p] = &member, partitions.insert(p);
  }
  for (const auto& [partition, value] : *committed) partitions.insert(partition);
  auto behind = lags(cluster, *committed, partitions, Clock::system().wall_ms());
  if (!behind) return behind.failure();
  Table table({"GROUP", "TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "LAG-SECONDS", "CONSUMER-ID",
               "HOST", "CLIENT-ID"});
  for (const auto& [p, lag] : *behind) {
    auto owner = owners.find(p);
    const bool owned = owner != owners.end();
    table.row({group.id, p.topic, std::to_string(p.partition), text(lag.committed), text(lag.end), text(lag.records),
               text(lag.seconds), owned ? owner->second->member_id : "-", owned ? owner->second->host : "-",
               owned ? owner->second->client_id : "-"});
  }
  return table.text();
}

std::string members_table(const GroupDescription& group) {
  std::vector<std::string> head = {"GROUP", "CONSUMER-ID", "GROUP-INSTANCE-ID", "HOST", "CLIENT-ID", "#PARTITIONS"};
  if (FLAGS_verbose) head.push_back("ASSIGNMENT");
  Table table(head);
  for (const auto& m : group.members) {
    std::vector<std::string> row = {group.id, m.member_id, m.instance_id.value_or("-"),
                                    m.host,   m.client_id, std::to_string(m.assignment.size())};
    if (FLAGS_verbose) row.push_back(partitions_text(m.assignment));
    table.row(std::move(row));
  }
  return table.text();
}

std::string state_table(const GroupDescription& group) {
  Table table({"GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE", "#MEMBERS"});
  table.row({group.id, group.coordinator.to_string() + " (" + std::to_string(group.coordinator_id) + ")",
             group.assignor.empty() ? "-" : group.assignor, group.state, std::to_string(group.members.size())});
  return table.text();
}

int describe(Cluster& cluster, GroupAdmin& admin, const std::string& id, bool state) {
  auto group = admin.describe(id);
  if (!group) return complain(group.error().message);
  if (group->state == "Dead") return complain("consumer group '" + id + "' does not exist");
  if (state) return std::cout << "\n" << state_table(*group), 0;
  if (group->members.empty()) std::cerr << "\nConsumer group '" << id << "' has no active members.\n";
  if (FLAGS_members) return std::cout << "\n" << members_table(*group), 0;
  auto table = offsets_table(cluster, admin, *group);
  if (!table) return complain(table.error().message);
  std::cout << "\n" << *table;
  return 0;
}

/// "topic" or "topic:0,1" into partitions that exist.
wire::Outcome<std::set<TopicPartition>> parse_partitions(Cluster& cluster, const std::vector<std::string>& words) {
  std::set<TopicPartition> partitions;
  for (const std::string& word : words) {
    const std::vector<std::string> parts = absl::StrSplit(word, absl::MaxSplits(':', 1));
    auto view = cluster.refresh(std::vector<std::string>{parts[0]});
    if (!view) return wire::refuse(wire::ErrorCode::network_exception, view.error().message);
    const int32_t count = (*view)->partition_count(parts[0]);
    if (count == 0) {
      return wire::refuse(wire::ErrorCode::unknown_topic_or_partition, "topic " + parts[0] + " does not exist");
    }
    if (parts.size() == 1) {
      for (int32_t p = 0; p < count; ++p) partitions.insert({parts[0], p});
      continue;
    }
    for (const std::string& number : std::vector<std::string>(absl::StrSplit(parts[1], ','))) {
      int32_t p = -1;
      if (!absl::SimpleAtoi(number, &p) || p < 0 || p >= count) {
        return wire::refuse(wire::ErrorCode::unknown_topic_or_partition,
                            "topic " + parts[0] + " has no partition '" + number + "'");
      }
      partitions.insert({parts[0], p});
    }
  }
  return partitions;
}

/// Lines of "topic,partition,offset" or "group,topic,partition,offset", as --export prints them.
Result<FromPlan> read_plan(const std::string& file, const std::string& group) {
  std::ifstream in(file);
  if (!in) return fail("cannot read " + file);
  FromPlan plan;
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> fields;
    for (std::string field : std::vector<std::string>(absl::StrSplit(line, ','))) {
      std::erase(field, '"');
      fields.push_back(std::move(field));
    }
    if (line.empty()) continue;
    if (fields.size() == 4 && fields[0] != group) continue;
    if (fields.size() == 4) fields.erase(fields.begin());
    TopicPartition partition;
    int64_t offset = -1;
    if (fields.size() != 3 || !absl::SimpleAtoi(fields[1], &partition.partition) ||
        !absl::SimpleAtoi(fields[2], &offset)) {
      return fail(file + ": '" + line + "' is not topic,partition,offset");
    }
    partition.topic = fields[0];
    plan.offsets[partition] = offset;
  }
  return plan;
}

Result<ResetScenario> scenario_of(const std::string& group) {
  std::vector<ResetScenario> asked;
  if (FLAGS_to_earliest) asked.push_back(ToEarliest{});
  if (FLAGS_to_latest) asked.push_back(ToLatest{});
  if (FLAGS_to_current) asked.push_back(ToCurrent{});
  if (FLAGS_to_offset >= 0) asked.push_back(ToOffset{FLAGS_to_offset});
  if (!FLAGS_shift_by.empty()) {
    ShiftBy shift;
    if (!absl::SimpleAtoi(FLAGS_shift_by, &shift.by)) return fail("--shift-by is no number");
    asked.push_back(shift);
  }
  if (!FLAGS_to_datetime.empty()) {
    auto time = parse_datetime(FLAGS_to_datetime);
    if (!time) return fail("--to-datetime is not of the form YYYY-MM-DDTHH:mm:SS.sss");
    asked.push_back(ToTime{*time});
  }
  if (!FLAGS_by_duration.empty()) {
    auto duration = parse_duration(FLAGS_by_duration);
    if (!duration) return fail("--by-duration is not of the form PnDTnHnMnS");
    asked.push_back(ToTime{Clock::system().wall_ms() - *duration});
  }
  if (!FLAGS_from_file.empty()) {
    auto plan = read_plan(FLAGS_from_file, group);
    if (!plan) return plan.failure();
    asked.push_back(std::move(*plan));
  }
  if (asked.size() != 1) return fail("--reset-offsets wants one of the scenarios; --help lists them");
  return std::move(asked.front());
}

int reset(Cluster& cluster, GroupAdmin& admin, const std::string& id, const std::vector<std::string>& topics) {
  auto scenario = scenario_of(id);
  if (!scenario) return complain(scenario.error().message);
  auto group = admin.describe(id);
  if (!group) return complain(group.error().message);
  if (group->state != "Empty" && group->state != "Dead") {
    return complain("assignments can only be reset if the group '" + id + "' is inactive, but the current state is " +
                    group->state);
  }
  auto committed = admin.offsets(id);
  if (!committed) return complain(committed.error().message);
  auto partitions = parse_partitions(cluster, topics);
  if (!partitions) return complain(partitions.error().message);
  if (const auto* plan = std::get_if<FromPlan>(&*scenario)) {
    for (const auto& [partition, offset] : plan->offsets) partitions->insert(partition);
    std::set<std::string> names;
    for (const auto& p : *partitions) names.insert(p.topic);
    if (auto known = parse_partitions(cluster, {names.begin(), names.end()}); !known) {
      return complain(known.error().message);
    }
  } else if (FLAGS_all_topics) {
    std::set<std::string> names;
    for (const auto& [partition, value] : *committed) partitions->insert(partition), names.insert(partition.topic);
    if (auto known = parse_partitions(cluster, {names.begin(), names.end()}); !known) {
      return complain(known.error().message);
    }
  } else if (topics.empty()) {
    return complain("--reset-offsets wants --topic, --all-topics or --from-file");
  }
  auto plan = plan_reset(cluster, *scenario, *partitions, *committed);
  if (!plan) return complain(plan.error().message);
  if (FLAGS_execute) {
    if (auto done = admin.set_offsets(id, *plan); !done) return complain(done.error().message);
  }
  if (FLAGS_export) {
    for (const auto& [p, value] : *plan) std::cout << p.topic << "," << p.partition << "," << value.offset << "\n";
    return 0;
  }
  Table table({"GROUP", "TOPIC", "PARTITION", "NEW-OFFSET"});
  for (const auto& [p, value] : *plan) {
    table.row({id, p.topic, std::to_string(p.partition), std::to_string(value.offset)});
  }
  std::cout << "\n" << table.text();
  return 0;
}

int remove(GroupAdmin& admin, const std::vector<std::string>& ids) {
  int status = 0;
  std::vector<std::string> deleted;
  for (const auto& id : ids) {
    auto done = admin.delete_group(id);
    done ? deleted.push_back("'" + id + "'")
         : void(status = complain("group '" + id + "' could not be deleted: " + std::string(name(done.error().code)) +
                                  ": " + done.error().message));
  }
  if (!deleted.empty()) {
    std::cout << "Deletion of requested consumer groups (" << absl::StrJoin(deleted, ", ") << ") was successful.\n";
  }
  return status;
}

int remove_offsets(Cluster& cluster, GroupAdmin& admin, const std::string& id, const std::vector<std::string>& topics) {
  if (topics.empty()) return complain("--delete-offsets wants --topic");
  auto partitions = parse_partitions(cluster, topics);
  if (!partitions) return complain(partitions.error().message);
  auto errors = admin.delete_offsets(id, *partitions);
  if (!errors) return complain(errors.error().message);
  Table table({"TOPIC", "PARTITION", "STATUS"});
  int status = 0;
  for (const auto& [p, error] : *errors) {
    if (error != wire::ErrorCode::none) status = 1;
    table.row({p.topic, std::to_string(p.partition),
               error == wire::ErrorCode::none ? "Successful" : "Error: " + std::string(wire::name(error))});
  }
  std::cout << "\n" << table.text();
  return status;
}

/// Groups that ZooKeeper coordinates: owners, offsets and lag.
int describe_old(Cluster& cluster, zk::Session& session, const std::string& id) {
  ZookeeperGroup group(session, id);
  auto offsets = group.all_offsets();
  auto members = group.members();
  if (!offsets) return complain(offsets.error().message);
  if (!members) return complain(members.error().message);
  if (offsets->empty() && members->empty()) {
    return complain("consumer group '" + id + "' does not exist in ZooKeeper");
  }
  std::set<std::string> topics;
  for (const auto& [member, what] : *members) {
    for (const auto& [topic, streams] : what.subscription) topics.insert(topic);
  }
  std::set<TopicPartition> partitions;
  auto known = zookeeper_topics(session, topics);
  if (!known) return complain(known.error().message);
  for (const auto& [topic, numbers] : *known) {
    for (const int32_t p : numbers) partitions.insert({topic, p});
  }
  Offsets committed;
  for (const auto& [partition, offset] : *offsets) committed[partition].offset = offset, partitions.insert(partition);
  auto owners = group.owners(partitions);
  if (!owners) return complain(owners.error().message);
  auto behind = lags(cluster, committed, partitions, Clock::system().wall_ms());
  if (!behind) return complain(behind.error().message);
  if (members->empty()) std::cerr << "\nConsumer group '" << id << "' has no active members.\n";
  Table table({"GROUP", "TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "LAG-SECONDS", "CONSUMER-ID"});
  for (const auto& [p, lag] : *behind) {
    auto owner = owners->find(p);
    table.row({id, p.topic, std::to_string(p.partition), text(lag.committed), text(lag.end), text(lag.records),
               text(lag.seconds), owner == owners->end() ? "-" : owner->second});
  }
  std::cout << "\n" << table.text();
  return 0;
}

int run_old(Words words) {
  if (!FLAGS_list && !FLAGS_describe) return complain("--zookeeper goes with --list and --describe only");
  zk::Session::Options connection;
  connection.connect = FLAGS_zookeeper;
  auto session = zk::Session::open(connection);
  if (!session) return complain(session.error().message);
  auto groups = zookeeper_groups(**session);
  if (!groups) return complain(groups.error().message);
  if (FLAGS_list) {
    for (const auto& group : *groups) std::cout << group << "\n";
    return 0;
  }
  auto brokers = zookeeper_brokers(**session);
  if (!brokers) return complain(brokers.error().message);
  Network network(NetworkOptions{.client_id = "consumer-groups"});
  Cluster cluster(network, std::move(*brokers));
  if (!FLAGS_all_groups && words["group"].empty()) return complain("--group or --all-groups is missing");
  int status = 0;
  for (const auto& group : FLAGS_all_groups ? *groups : words["group"])
    status |= describe_old(cluster, **session, group);
  return status;
}

int run(Words words, bool state) {
  if (FLAGS_list + FLAGS_describe + FLAGS_delete + FLAGS_reset_offsets + FLAGS_delete_offsets != 1) {
    return complain("give one of --list, --describe, --delete, --reset-offsets, --delete-offsets");
  }
  // With both, the groups of both kinds.
  int old_status = 0;
  if (!FLAGS_zookeeper.empty()) {
    old_status = run_old(words);
    if (FLAGS_bootstrap_server.empty()) return old_status;
  }
  auto connected = connect(FLAGS_bootstrap_server, "consumer-groups");
  if (!connected) return complain(connected.error().message);
  Cluster& cluster = *connected->cluster;
  GroupAdmin admin(cluster);
  if (FLAGS_list) return list(admin) | old_status;
  std::vector<std::string> ids = words["group"];
  if (FLAGS_all_groups) {
    auto groups = admin.list();
    if (!groups) return complain(groups.error().message);
    for (const auto& group : *groups) ids.push_back(group.id);
  }
  if (ids.empty()) return FLAGS_all_groups ? 0 : complain("--group or --all-groups is missing");
  if (FLAGS_delete) return remove(admin, ids);
  int status = old_status;
  for (const auto& id : ids) {
    status |= FLAGS_describe        ? describe(cluster, admin, id, state)
              : FLAGS_reset_offsets ? reset(cluster, admin, id, words["topic"])
                                    : remove_offsets(cluster, admin, id, words["topic"]);
  }
  return status;
}

}  // namespace
}  // namespace meerkat::client

int main(int argc, char** argv) {
  auto repeated = meerkat::client::take_repeated_flags(&argc, argv, {"group", "topic"});
  // --state takes a value with --list, or none.
  bool state = false;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) != "--state") continue;
    state = true;
    static char all[] = "--state=all";
    if (i + 1 == argc || argv[i + 1][0] == '-') argv[i] = all;
  }
  meerkat::client::parse_tool_flags(&argc, &argv, meerkat::client::kUsage);
  return meerkat::client::run(std::move(repeated), state);
}
