#include "client/transaction_admin.h"

#include <gtest/gtest.h>

namespace meerkat::client {
namespace {

TransactionDescription with_partition(const std::string& topic, int32_t partition) {
  TransactionDescription description;
  description.state.topics.push_back({topic, {partition}});
  return description;
}

TEST(HangingTransactions, AreThoseThatNoCoordinatorWillEnd) {
  OpenTransaction open{{"t", 1}, {}};
  open.producer.producer_id = 7;
  const std::map<int64_t, std::string> ids = {{7, "x"}};
  struct {
    const char* what;
    std::map<int64_t, std::string> ids;
    std::map<std::string, TransactionDescription> described;
    bool hangs;
  } const cases[] = {
      {"the producer has no transactional id", {{8, "y"}}, {}, true},
      {"the id is forgotten", ids, {}, true},
      {"the coordinator's transaction is elsewhere", ids, {{"x", with_partition("t", 0)}}, true},
      {"on another topic", ids, {{"x", with_partition("u", 1)}}, true},
      {"the coordinator has it", ids, {{"x", with_partition("t", 1)}}, false},
  };
  for (const auto& c : cases) EXPECT_EQ(hanging({open}, c.ids, c.described).size(), c.hangs ? 1u : 0u) << c.what;
}

}  // namespace
}  // namespace meerkat::client
