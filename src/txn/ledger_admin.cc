#include <algorithm>

#include "txn/ledger.h"

namespace meerkat::txn {

using wire::ErrorCode;

namespace {

template <class T>
bool has(const std::vector<T>& list, const T& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

}  // namespace

wire::DescribeTransactionsResponse::TransactionState Ledger::describe(int32_t partition, const std::string& id) const {
  wire::DescribeTransactionsResponse::TransactionState out;
  out.transactional_id = id;
  const auto ref = find_known(partition, id);
  if (!ref) {
    out.error_code = ref.error().code;
    if (out.error_code == ErrorCode::invalid_producer_id_mapping) {
      out.error_code = ErrorCode::transactional_id_not_found;
    }
    return out;
  }
  const Details& now = ref->txn->now;
  out.producer_id = now.producer.id;
  out.producer_epoch = now.producer.epoch;
  out.transaction_state = name(now.state);
  out.transaction_timeout_ms = now.timeout_ms;
  out.transaction_start_time_ms = now.start_ms;
  for (const auto& tp : now.partitions) {
    if (out.topics.empty() || out.topics.back().topic != tp.topic) out.topics.push_back({tp.topic, {}});
    out.topics.back().partitions.push_back(tp.partition);
  }
  return out;
}

wire::ListTransactionsResponse Ledger::list(const wire::ListTransactionsRequest& request) const {
  wire::ListTransactionsResponse out;
  for (const auto& [index, partition] : partitions_) {
    if (!partition.loading) continue;
    out.error_code = ErrorCode::coordinator_load_in_progress;
    return out;
  }
  std::vector<State> states;
  for (const auto& name : request.state_filters) {
    const auto state = state_named(name);
    if (!state) {
      if (!has(out.unknown_state_filters, name)) out.unknown_state_filters.push_back(name);
    } else {
      states.push_back(*state);
    }
  }
  const int64_t wall_ms = clock_.wall_ms();
  for (const auto& [index, partition] : partitions_) {
    for (const auto& [id, transaction] : partition.transactions) {
      const Details& now = transaction->now;
      if (!request.producer_id_filters.empty() && !has(request.producer_id_filters, now.producer.id)) continue;
      if (!request.state_filters.empty() && !has(states, now.state)) continue;
      if (request.duration_filter >= 0 && wall_ms - now.start_ms <= request.duration_filter) continue;
      out.transaction_states.push_back({id, now.producer.id, std::string(name(now.state))});
    }
  }
  return out;
}

}  // namespace meerkat::txn
