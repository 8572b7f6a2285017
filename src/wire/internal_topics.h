// The topics that brokers keep for themselves. Clients may read them but not write, and tools leave them out on
// request.
#pragma once

#include <string_view>

namespace meerkat::wire {

/// Groups and their offsets; records: messages/{group_metadata,offset_commit}_record.h.
inline constexpr std::string_view kOffsetsTopic = "__consumer_offsets";
/// Transactions; records: messages/transaction_log_record.h.
inline constexpr std::string_view kTransactionsTopic = "__transaction_state";

constexpr bool is_internal_topic(std::string_view name) { return name == kOffsetsTopic || name == kTransactionsTopic; }

}  // namespace meerkat::wire
