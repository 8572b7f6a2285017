#include "txn/coordinator.h"

#include <algorithm>

#include "cluster/coordinator_partition.h"
#include "txn/records.h"

namespace meerkat::txn {

Coordinator::Coordinator(Settings settings, Ledger::Parts parts)
    : settings_(std::move(settings)), loop_(parts.loop), log_(parts.log), ledger_(settings_, std::move(parts)) {
  loop_.post([this] { ledger_.start(); });
}

Coordinator::~Coordinator() = default;

int32_t Coordinator::partition_of(const std::string& id) const {
  return cluster::coordinator_partition(id, std::max(log_.partition_count(), 1));
}

void Coordinator::on_leader(const TopicPartition& partition, int32_t leader_epoch) {
  if (partition.topic != kTransactionsTopic) return;
  loop_.post([this, p = partition.partition, leader_epoch] { ledger_.on_leader(p, leader_epoch); });
}

void Coordinator::on_resigned(const TopicPartition& partition, int32_t leader_epoch) {
  if (partition.topic != kTransactionsTopic) return;
  loop_.post([this, p = partition.partition, leader_epoch] { ledger_.on_resigned(p, leader_epoch); });
}

void Coordinator::stop(Task last) {
  loop_.post([this, last = std::move(last)]() mutable {
    ledger_.stop();
    last();
  });
  loop_.stop();
}

void Coordinator::init_producer(std::string id, int32_t timeout_ms, std::optional<Producer> expected,
                                Callback<wire::Outcome<Producer>> reply) {
  loop_.post([this, p = partition_of(id), id, event = InitEvent{timeout_ms, expected, {}},
              reply = std::move(reply)]() mutable { ledger_.init_producer(p, id, event, std::move(reply)); });
}

void Coordinator::add_partitions(std::string id, Producer producer, std::set<TopicPartition> partitions,
                                 Callback<wire::ErrorCode> reply) {
  loop_.post(
      [this, p = partition_of(id), id, producer, partitions = std::move(partitions),
       reply = std::move(reply)]() mutable { ledger_.add_partitions(p, id, producer, partitions, std::move(reply)); });
}

void Coordinator::verify_partitions(std::string id, Producer producer, std::vector<TopicPartition> partitions,
                                    Callback<std::vector<wire::ErrorCode>> reply) {
  loop_.post([this, p = partition_of(id), id, producer, partitions = std::move(partitions),
              reply = std::move(reply)]() mutable { reply(ledger_.verify_partitions(p, id, producer, partitions)); });
}

void Coordinator::end(std::string id, Producer producer, bool commit, Callback<wire::ErrorCode> reply) {
  loop_.post([this, p = partition_of(id), id, producer, commit, reply = std::move(reply)]() mutable {
    ledger_.end(p, id, producer, commit, std::move(reply));
  });
}

void Coordinator::describe(std::vector<std::string> ids,
                           Callback<std::vector<wire::DescribeTransactionsResponse::TransactionState>> reply) {
  loop_.post([this, ids = std::move(ids), reply = std::move(reply)]() mutable {
    std::vector<wire::DescribeTransactionsResponse::TransactionState> states;
    for (const auto& id : ids) states.push_back(ledger_.describe(partition_of(id), id));
    reply(std::move(states));
  });
}

void Coordinator::list(wire::ListTransactionsRequest request, Callback<wire::ListTransactionsResponse> reply) {
  loop_.post(
      [this, request = std::move(request), reply = std::move(reply)]() mutable { reply(ledger_.list(request)); });
}

}  // namespace meerkat::txn
