#include "net/connection_quotas.h"

#include <gtest/gtest.h>

namespace meerkat::net {
namespace {

using Turn = ConnectionQuotas::Turn;

class ConnectionQuotasTest : public testing::Test {
 protected:
  ManualClock clock_;
  int released_ = 0;

  std::unique_ptr<ConnectionQuotas> quotas(ConnectionLimits limits, const std::string& protected_listener = "") {
    return std::make_unique<ConnectionQuotas>(std::move(limits), protected_listener, clock_, [this] { ++released_; });
  }
};

TEST_F(ConnectionQuotasTest, MaxConnectionsMakesAcceptingWaitForAClose) {
  ConnectionLimits limits;
  limits.max_connections = 2;
  auto q = quotas(limits);
  EXPECT_EQ(q->next("A").kind, Turn::accept);
  EXPECT_TRUE(q->add("A", "h"));
  EXPECT_TRUE(q->add("B", "h"));
  EXPECT_EQ(q->next("A").kind, Turn::wait_for_close);
  EXPECT_EQ(released_, 0);
  q->remove("B", "h");
  EXPECT_EQ(released_, 1);
  EXPECT_EQ(q->next("A").kind, Turn::accept);
  q->remove("A", "h");
  EXPECT_EQ(released_, 1);  // nobody waited
}

TEST_F(ConnectionQuotasTest, TheProtectedListenerTakesAnothersPlace) {
  ConnectionLimits limits;
  limits.max_connections = 1;
  auto q = quotas(limits, "INTERNAL");
  EXPECT_TRUE(q->add("CLIENT", "h"));
  EXPECT_EQ(q->next("CLIENT").kind, Turn::wait_for_close);
  EXPECT_EQ(q->next("INTERNAL").kind, Turn::accept_and_close_one);
}

TEST_F(ConnectionQuotasTest, AListenersOwnLimitHoldsForItAlone) {
  ConnectionLimits limits;
  limits.listener_max_connections["A"] = 1;
  auto q = quotas(limits, "A");  // even for the protected one
  EXPECT_TRUE(q->add("A", "h"));
  EXPECT_EQ(q->next("A").kind, Turn::wait_for_close);
  EXPECT_EQ(q->next("B").kind, Turn::accept);
}

TEST_F(ConnectionQuotasTest, LimitsAnAddressAndItsOverrides) {
  ConnectionLimits limits;
  limits.max_connections_per_ip = 1;
  limits.per_ip_overrides = {{"10.0.0.1", 2}, {"10.0.0.2", 0}, {"localhost", 3}, {"::2", 5}};
  auto q = quotas(limits);
  EXPECT_TRUE(q->add("A", "10.0.0.9"));
  EXPECT_FALSE(q->add("A", "10.0.0.9"));
  EXPECT_TRUE(q->add("A", "10.0.0.1"));
  EXPECT_TRUE(q->add("B", "10.0.0.1"));
  EXPECT_FALSE(q->add("A", "10.0.0.1"));
  EXPECT_FALSE(q->add("A", "10.0.0.2"));
  EXPECT_EQ(q->limit_of("127.0.0.1"), 3);
  EXPECT_EQ(q->limit_of("0:0:0:0:0:0:0:1"), 3);
  EXPECT_EQ(q->limit_of("0:0:0:0:0:0:0:2"), 5);
  q->remove("A", "10.0.0.9");
  EXPECT_TRUE(q->add("A", "10.0.0.9"));
}

TEST_F(ConnectionQuotasTest, TheCreationRateIsHeldOverTime) {
  ConnectionLimits limits;
  limits.max_creation_rate = 10;
  limits.listener_max_creation_rate["slow"] = 2;
  auto q = quotas(limits);
  const auto burst = [&](const std::string& listener) {
    int n = 0;
    for (; q->next(listener).kind == Turn::accept; ++n) EXPECT_TRUE(q->add(listener, "h"));
    return n;
  };
  EXPECT_EQ(burst("slow"), 2);
  EXPECT_EQ(q->next("slow").wait_ms, 500);
  EXPECT_EQ(burst("A"), 8);
  EXPECT_EQ(q->next("A").kind, Turn::wait_for_rate);
  EXPECT_EQ(q->next("A").wait_ms, 100);
  clock_.advance_ms(100);
  EXPECT_EQ(burst("A"), 1);
  clock_.advance_ms(60'000);
  EXPECT_EQ(burst("slow"), 2);
  EXPECT_EQ(burst("A"), 8);
}

TEST_F(ConnectionQuotasTest, NewLimitsHoldAtOnceAndWakeWhoWaits) {
  ConnectionLimits limits;
  limits.max_connections = 1;
  auto q = quotas(limits);
  EXPECT_TRUE(q->add("A", "h"));
  EXPECT_EQ(q->next("A").kind, Turn::wait_for_close);
  limits.max_connections = 2;
  q->set_limits(limits);
  EXPECT_EQ(released_, 1);
  EXPECT_EQ(q->next("A").kind, Turn::accept);
}

}  // namespace
}  // namespace meerkat::net
