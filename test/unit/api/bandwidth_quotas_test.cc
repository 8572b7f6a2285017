#include "api/bandwidth_quotas.h"

#include <gtest/gtest.h>

namespace meerkat::api {
namespace {

using cluster::ConfigEntity;
using cluster::ConfigType;

TEST(WindowedRate, CountsEmptyWindowsBeforeTheFirst) {
  WindowedRate rate(11, 1000);
  rate.record(10'000, 5'000);
  EXPECT_EQ(rate.excess_ms(1000, 5'000), 0) << "10 windows at 1000 a second";
  rate.record(5'000, 5'500);
  // 15000 in 10.5 s is 1428.6 a second: 42.9 % too much of 10.5 s.
  EXPECT_EQ(rate.excess_ms(1000, 5'500), 4'500);
  EXPECT_EQ(rate.excess_ms(1000, 9'999), 4'001);
  EXPECT_EQ(rate.excess_ms(1000, 16'500), 0) << "all windows are over";
}

TEST(WindowedRate, TakesBack) {
  WindowedRate rate(11, 1000);
  rate.record(1'000, 0);
  rate.record(99'000, 100);
  EXPECT_GT(rate.excess_ms(1000, 100), 0);
  rate.take_back(99'000);
  EXPECT_EQ(rate.excess_ms(1000, 100), 0);
}

class BandwidthQuotasTest : public ::testing::Test {
 protected:
  void limit(ConfigEntity entity, int rate) { quotas.update(entity, {{"producer_byte_rate", std::to_string(rate)}}); }
  int produce(const std::string& user, const std::string& client, int64_t bytes = 100'000) {
    return quotas.throttle_ms(Bandwidth::produce, user, client, bytes);
  }
  ManualClock clock;
  BandwidthQuotas quotas{{}, clock};
  const std::string any{cluster::kDefaultEntity};
};

TEST_F(BandwidthQuotasTest, TheNarrowestQuotaCounts) {
  const ConfigEntity from_widest[] = {
      {ConfigType::clients, any, {}}, {ConfigType::clients, "c", {}}, {ConfigType::users, any, {}},
      {ConfigType::users, any, any},  {ConfigType::users, any, "c"},  {ConfigType::users, "u", {}},
      {ConfigType::users, "u", any},  {ConfigType::users, "u", "c"},
  };
  EXPECT_EQ(produce("u", "c"), 0);
  // Each is ten times as strict as the one before: the throttle tells which one counts.
  int rate = 100'000'000, last = 0;
  for (const auto& entity : from_widest) {
    limit(entity, rate /= 10);
    clock.advance_ms(60'000);
    const int throttle = produce("u", "c", 1'000'000);
    EXPECT_GE(throttle, last) << cluster::entity_path(entity);
    if (rate < 100'000) {
      EXPECT_GT(throttle, last) << cluster::entity_path(entity);
    }
    last = throttle;
  }
  quotas.update({ConfigType::users, "u", "c"}, {});
  clock.advance_ms(60'000);
  EXPECT_LT(produce("u", "c", 1'000'000), last) << "removed";
}

TEST_F(BandwidthQuotasTest, AUsersClientsShareTheUsersQuota) {
  limit({ConfigType::users, "u", {}}, 10'000);
  EXPECT_EQ(produce("u", "one"), 0);
  EXPECT_GT(produce("u", "two"), 0);
  EXPECT_EQ(produce("v", "two"), 0) << "another user";
}

TEST_F(BandwidthQuotasTest, ADefaultIsEverybodysOwn) {
  limit({ConfigType::clients, any, {}}, 10'000);
  EXPECT_EQ(produce("u", "one"), 0);
  EXPECT_EQ(produce("u", "two"), 0);
  EXPECT_GT(produce("v", "one"), 0) << "a client id is the same with every user";
}

TEST_F(BandwidthQuotasTest, FetchingIsCountedApart) {
  quotas.update({ConfigType::clients, "c", {}}, {{"consumer_byte_rate", "10000"}});
  EXPECT_EQ(produce("u", "c", 1'000'000'000), 0);
  EXPECT_EQ(quotas.throttle_ms(Bandwidth::fetch, "u", "c", 100'000), 0);
  const int throttle = quotas.throttle_ms(Bandwidth::fetch, "u", "c", 50'000);
  EXPECT_EQ(throttle, 5'000);
  quotas.take_back(Bandwidth::fetch, "u", "c", 50'000);
  clock.advance_ms(1'000);
  EXPECT_EQ(quotas.throttle_ms(Bandwidth::fetch, "u", "c", 0), 0);
}

}  // namespace
}  // namespace meerkat::api
