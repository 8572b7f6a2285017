#include "controller/isr_events.h"

#include <glog/logging.h>

#include <algorithm>
#include <map>

#include "controller/reassignment_events.h"
#include "controller/transitions.h"
#include "zk/paths.h"

namespace meerkat::controller {
namespace {

using wire::ErrorCode;
using PartitionRequest = wire::AlterPartitionRequest::PartitionData;

const std::string* topic_name_of(const Context& context, const wire::AlterPartitionRequest::TopicData& topic,
                                 int16_t version) {
  if (version < 2) return &topic.topic_name;
  const auto it = context.topic_names.find(topic.topic_id);
  return it == context.topic_names.end() ? nullptr : &it->second;
}

std::vector<int32_t> isr_of(const PartitionRequest& partition, int16_t version) {
  if (version < 3) return partition.new_isr;
  std::vector<int32_t> out;
  for (const auto& member : partition.new_isr_with_epochs) out.push_back(member.broker_id);
  return out;
}

bool same_members(std::vector<int32_t> a, std::vector<int32_t> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

// The rules for one partition, in their order. Fills `next` when the state is to be written.
ErrorCode judge(const Context& context, const TopicPartition& tp, int32_t sender, const PartitionRequest& partition,
                int16_t version, std::optional<Leadership>* next) {
  const Partition* known = context.find(tp);
  if (known == nullptr || !known->leadership) return ErrorCode::unknown_topic_or_partition;
  const Leadership& current = *known->leadership;
  const bool recovering = partition.leader_recovery_state != 0;
  auto isr = isr_of(partition, version);
  // A leader that knows more than we do has heard from a newer controller: let it look for that one.
  if (partition.partition_epoch > current.partition_epoch || partition.leader_epoch > current.leader_epoch) {
    return ErrorCode::not_controller;
  }
  if (partition.leader_epoch < current.leader_epoch) return ErrorCode::fenced_leader_epoch;
  if (current.leader == sender && same_members(isr, current.isr) && recovering == current.recovering) {
    return ErrorCode::none;
  }
  if (partition.partition_epoch < current.partition_epoch) return ErrorCode::invalid_update_version;
  if (recovering && (isr.size() > 1 || !current.recovering)) return ErrorCode::invalid_request;
  if (!std::all_of(isr.begin(), isr.end(), [&](int32_t b) { return context.is_live(b); })) {
    return version > 1 ? ErrorCode::ineligible_replica : ErrorCode::operation_not_attempted;
  }
  *next = current;
  (*next)->leader = sender;
  (*next)->isr = std::move(isr);
  (*next)->recovering = recovering;
  (*next)->controller_epoch = context.epoch;
  return ErrorCode::none;
}

}  // namespace

IsrPlan plan_isr_changes(const Context& context, const wire::AlterPartitionRequest& request, int16_t version) {
  IsrPlan plan;
  const auto broker = context.brokers.find(request.broker_id);
  if (broker == context.brokers.end() || broker->second.epoch != request.broker_epoch) {
    plan.error = ErrorCode::stale_broker_epoch;
    return plan;
  }
  for (const auto& topic : request.topics) {
    const std::string* name = topic_name_of(context, topic, version);
    for (const auto& partition : topic.partitions) {
      if (name == nullptr) {
        plan.errors.push_back(ErrorCode::unknown_topic_id);
        continue;
      }
      const TopicPartition tp{*name, partition.partition_index};
      std::optional<Leadership> next;
      plan.errors.push_back(judge(context, tp, request.broker_id, partition, version, &next));
      if (next) plan.writes.push_back({tp, std::move(*next), {}, false});
    }
  }
  return plan;
}

wire::AlterPartitionResponse alter_partition(Term& term, const wire::AlterPartitionRequest& request, int16_t version) {
  Context& context = term.context;
  const auto plan = plan_isr_changes(context, request, version);
  wire::AlterPartitionResponse response;
  response.error_code = plan.error;
  if (plan.error != ErrorCode::none) return response;

  std::map<TopicPartition, ErrorCode> refused;
  const auto written = term.store.write_states(plan.writes);
  std::vector<TopicPartition> changed_elsewhere;
  for (size_t i = 0; i < written.size(); ++i) {
    const auto& write = plan.writes[i];
    if (written[i].code == zk::Code::ok) {
      Partition* partition = context.find(write.partition);
      partition->leadership = write.next;
      partition->leadership->partition_epoch = written[i].partition_epoch;
      term.requests.metadata_to_all(write.partition);
    } else if (written[i].code == zk::Code::bad_version) {
      refused[write.partition] = ErrorCode::invalid_update_version;
      changed_elsewhere.push_back(write.partition);
    } else {
      refused[write.partition] = ErrorCode::unknown_server_error;
    }
  }
  if (term.store.lost()) {
    response.error_code = ErrorCode::not_controller;
    return response;
  }
  // Without this a version that somebody else has raised would make every later proposal fail, too.
  refresh_leadership(term, changed_elsewhere);
  term.flush();

  size_t index = 0;
  for (const auto& topic : request.topics) {
    const std::string* name = topic_name_of(context, topic, version);
    auto& topic_out = response.topics.emplace_back();
    topic_out.topic_id = topic.topic_id;
    topic_out.topic_name = topic.topic_name;
    for (const auto& partition : topic.partitions) {
      auto& out = topic_out.partitions.emplace_back();
      out.partition_index = partition.partition_index;
      out.error_code = plan.errors[index++];
      if (out.error_code != ErrorCode::none) continue;
      const TopicPartition tp{*name, partition.partition_index};
      if (const auto it = refused.find(tp); it != refused.end()) {
        out.error_code = it->second;
        continue;
      }
      const Leadership& now = *context.find(tp)->leadership;
      out.leader_id = now.leader;
      out.leader_epoch = now.leader_epoch;
      out.isr = now.isr;
      out.leader_recovery_state = now.recovering ? 1 : 0;
      out.partition_epoch = now.partition_epoch;
    }
  }
  return response;
}

void after_alter_partition(Term& term, const wire::AlterPartitionResponse& response, int16_t version) {
  if (term.context.reassigning.empty()) return;
  for (const auto& topic : response.topics) {
    std::string name = topic.topic_name;
    if (version >= 2) {
      const auto it = term.context.topic_names.find(topic.topic_id);
      if (it == term.context.topic_names.end()) continue;
      name = it->second;
    }
    for (const auto& partition : topic.partitions) {
      if (partition.error_code != ErrorCode::none) continue;
      maybe_complete_reassignment(term, {name, partition.partition_index});
    }
  }
}

void on_isr_notifications(Term& term) {
  std::vector<std::string> paths;
  std::vector<TopicPartition> changed;
  for (const auto& child : term.store.read_children(zk::paths::kIsrChangeNotification)) {
    paths.push_back(std::string(zk::paths::kIsrChangeNotification) + "/" + child);
    const auto data = term.store.read_data(paths.back());
    if (!data) continue;
    const auto partitions = zk::decode_isr_change(paths.back(), *data);
    if (!partitions) {
      LOG(ERROR) << "Passing over an ISR notification: " << partitions.error().message;
      continue;
    }
    for (const auto& p : *partitions) {
      TopicPartition tp{p.topic, p.partition};
      if (term.context.find(tp) != nullptr) changed.push_back(std::move(tp));
    }
  }
  if (paths.empty()) return;
  refresh_leadership(term, changed);
  for (const auto& tp : changed) term.requests.metadata_to_all(tp);
  term.flush();
  for (const auto& tp : changed) maybe_complete_reassignment(term, tp);
  term.store.remove(std::move(paths));
}

}  // namespace meerkat::controller
