#include "client/transaction_admin.h"

#include <algorithm>
#include <thread>

#include "base/clock.h"
#include "client/coordinator_client.h"
#include "wire/messages/27_write_txn_markers.h"

namespace meerkat::client {

using wire::ErrorCode;

bool TransactionDescription::contains(const TopicPartition& partition) const {
  return std::any_of(state.topics.begin(), state.topics.end(), [&](const auto& topic) {
    const auto& all = topic.partitions;
    return topic.topic == partition.topic && std::find(all.begin(), all.end(), partition.partition) != all.end();
  });
}

std::vector<OpenTransaction> hanging(const std::vector<OpenTransaction>& open,
                                     const std::map<int64_t, std::string>& ids,
                                     const std::map<std::string, TransactionDescription>& described) {
  std::vector<OpenTransaction> out;
  for (const OpenTransaction& transaction : open) {
    const auto id = ids.find(transaction.producer.producer_id);
    const auto known = id == ids.end() ? described.end() : described.find(id->second);
    if (known == described.end() || !known->second.contains(transaction.partition)) out.push_back(transaction);
  }
  return out;
}

wire::Outcome<std::map<int32_t, std::vector<TransactionListing>>> TransactionAdmin::list(
    int64_t longer_than_ms, std::vector<int64_t> producers) {
  auto view = cluster_.refresh(std::vector<std::string>{});
  if (!view) return wire::refuse(ErrorCode::network_exception, view.error().message);
  wire::ListTransactionsRequest request;
  request.duration_filter = longer_than_ms;
  request.producer_id_filters = std::move(producers);
  std::map<int32_t, std::vector<TransactionListing>> all;
  for (const auto& [id, broker] : (*view)->brokers) {
    constexpr std::chrono::milliseconds kBackoff{100};
    const auto give_up = std::chrono::steady_clock::now() + patience_;
    for (;; std::this_thread::sleep_for(kBackoff)) {
      auto answer =
          cluster_.network().ask<wire::ListTransactionsRequest, wire::ListTransactionsResponse>(broker, request);
      if (!answer) return wire::refuse(ErrorCode::network_exception, answer.error().message);
      if (answer->error_code == ErrorCode::none) {
        all[id] = std::move(answer->transaction_states);
        break;
      }
      const bool passes = wire::retriable(answer->error_code) && std::chrono::steady_clock::now() < give_up;
      if (!passes) return wire::refuse(answer->error_code);
    }
  }
  return all;
}

wire::Outcome<TransactionDescription> TransactionAdmin::describe(const std::string& transactional_id) {
  using Response = wire::DescribeTransactionsResponse;
  CoordinatorClient coordinator(cluster_, transactional_id, patience_, CoordinatorType::transaction);
  wire::DescribeTransactionsRequest request;
  request.transactional_ids = {transactional_id};
  auto answer = coordinator.ask<wire::DescribeTransactionsRequest, Response>(
      request,
      [](const Response& r) {
        return r.transaction_states.size() == 1 ? r.transaction_states[0].error_code : ErrorCode::unknown_server_error;
      },
      GroupCall::fetch_offsets);
  if (!answer) return answer.failure();
  if (answer->transaction_states.size() != 1) return wire::refuse(ErrorCode::unknown_server_error);
  TransactionDescription description;
  description.state = std::move(answer->transaction_states[0]);
  if (description.state.error_code != ErrorCode::none) return wire::refuse(description.state.error_code);
  const auto view = cluster_.view();
  const auto where = coordinator.known();
  for (const auto& [id, broker] : view->brokers) {
    if (where && broker == *where) description.coordinator = id;
  }
  return description;
}

wire::Outcome<HostPort> TransactionAdmin::leader_of(const TopicPartition& partition, std::optional<int32_t> broker) {
  auto view = cluster_.refresh(std::vector<std::string>{partition.topic});
  if (!view) return wire::refuse(ErrorCode::network_exception, view.error().message);
  if (broker) {
    const auto known = (*view)->brokers.find(*broker);
    if (known != (*view)->brokers.end()) return known->second;
    return wire::refuse(ErrorCode::broker_not_available, "there is no live broker " + std::to_string(*broker));
  }
  if (partition.partition >= (*view)->partition_count(partition.topic)) {
    return wire::refuse(ErrorCode::unknown_topic_or_partition);
  }
  auto leader = (*view)->leader(partition.topic, partition.partition);
  if (!leader) return wire::refuse(ErrorCode::leader_not_available);
  return *leader;
}

wire::Outcome<std::vector<ProducerState>> TransactionAdmin::producers(const TopicPartition& partition,
                                                                      std::optional<int32_t> broker) {
  auto where = leader_of(partition, broker);
  if (!where) return where.failure();
  wire::DescribeProducersRequest request;
  request.topics.push_back({partition.topic, {partition.partition}});
  auto answer =
      cluster_.network().ask<wire::DescribeProducersRequest, wire::DescribeProducersResponse>(*where, request);
  if (!answer) return wire::refuse(ErrorCode::network_exception, answer.error().message);
  if (answer->topics.size() != 1 || answer->topics[0].partitions.size() != 1) {
    return wire::refuse(ErrorCode::unknown_server_error);
  }
  auto& result = answer->topics[0].partitions[0];
  if (result.error_code != ErrorCode::none) return wire::refuse(result.error_code, result.error_message.value_or(""));
  return std::move(result.active_producers);
}

wire::Outcome<void> TransactionAdmin::abort(const TopicPartition& partition, int64_t producer_id,
                                            int16_t producer_epoch, int32_t coordinator_epoch) {
  auto leader = leader_of(partition, {});
  if (!leader) return leader.failure();
  wire::WriteTxnMarkersRequest request;
  auto& marker = request.markers.emplace_back();
  marker.producer_id = producer_id;
  marker.producer_epoch = producer_epoch;
  marker.coordinator_epoch = coordinator_epoch;
  marker.topics.push_back({partition.topic, {partition.partition}});
  auto answer = cluster_.network().ask<wire::WriteTxnMarkersRequest, wire::WriteTxnMarkersResponse>(*leader, request);
  if (!answer) return wire::refuse(ErrorCode::network_exception, answer.error().message);
  for (const auto& result : answer->markers) {
    for (const auto& topic : result.topics) {
      for (const auto& p : topic.partitions) {
        if (p.error_code != ErrorCode::none) return wire::refuse(p.error_code);
      }
    }
  }
  return {};
}

wire::Outcome<std::vector<TopicPartition>> TransactionAdmin::partitions(const std::optional<std::string>& topic,
                                                                        std::optional<int32_t> broker) {
  using Names = std::vector<std::string>;
  auto view = cluster_.refresh(topic ? std::optional<Names>(Names{*topic}) : std::nullopt);
  if (!view) return wire::refuse(ErrorCode::network_exception, view.error().message);
  std::vector<TopicPartition> out;
  for (const auto& [name, metadata] : (*view)->topics) {
    if (topic && name != *topic) continue;
    for (const auto& p : metadata.partitions) {
      const auto& replicas = p.replica_nodes;
      const bool there = !broker || std::find(replicas.begin(), replicas.end(), *broker) != replicas.end();
      if (there) out.push_back({name, p.partition_index});
    }
  }
  if (topic && out.empty() && (*view)->partition_count(*topic) == 0) {
    return wire::refuse(ErrorCode::unknown_topic_or_partition);
  }
  std::sort(out.begin(), out.end());
  return out;
}

wire::Outcome<std::vector<OpenTransaction>> TransactionAdmin::find_hanging(
    const std::vector<TopicPartition>& partitions, std::optional<int32_t> broker,
    std::chrono::milliseconds older_than) {
  const int64_t limit = Clock::system().wall_ms() - older_than.count();
  std::vector<OpenTransaction> open;
  std::set<int64_t> ids;
  for (const TopicPartition& partition : partitions) {
    auto found = producers(partition, broker);
    if (!found) return found.failure();
    for (ProducerState& state : *found) {
      if (state.current_txn_start_offset < 0 || state.last_timestamp >= limit) continue;
      ids.insert(state.producer_id);
      open.push_back({partition, std::move(state)});
    }
  }
  if (open.empty()) return open;
  auto listed = list(-1, {ids.begin(), ids.end()});
  if (!listed) return listed.failure();
  std::map<int64_t, std::string> names;
  std::map<std::string, TransactionDescription> described;
  for (const auto& [coordinator, listings] : *listed) {
    for (const auto& listing : listings) {
      names[listing.producer_id] = listing.transactional_id;
      auto description = describe(listing.transactional_id);
      if (description) {
        described[listing.transactional_id] = std::move(*description);
      } else if (description.error().code != ErrorCode::transactional_id_not_found) {
        return description.failure();
      }
    }
  }
  return hanging(open, names, described);
}

}  // namespace meerkat::client
