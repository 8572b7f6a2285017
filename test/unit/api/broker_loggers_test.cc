#include "api/broker_loggers.h"

#include <glog/logging.h>
#include <gtest/gtest.h>

#include <map>

namespace meerkat::api {
namespace {

using wire::ErrorCode;

std::string level_of(const std::string& logger) {
  const auto all = BrokerLoggers::describe();
  const std::map<std::string, std::string> levels(all.begin(), all.end());
  const auto it = levels.find(logger);
  return it == levels.end() ? "none" : it->second;
}

/// Each test ends with the levels as they were at the start.
class BrokerLoggersTest : public ::testing::Test {
 protected:
  BrokerLoggersTest() { BrokerLoggers::start(); }
  ~BrokerLoggersTest() override {
    BrokerLoggers::apply(
        {{"root", false, "INFO"}, {"kafka.server.KafkaApis", true, ""}, {"kafka.request.logger", true, ""}});
  }
};

TEST_F(BrokerLoggersTest, RefusesWhatCannotBe) {
  const struct {
    LoggerChange change;
    ErrorCode code;
  } cases[] = {
      {{"kafka.server.KafkaApis", false, "LOUD"}, ErrorCode::invalid_config},
      {{"kafka.server.KafkaApis", false, ""}, ErrorCode::invalid_config},
      {{"kafka.no.Such", false, "INFO"}, ErrorCode::invalid_config},
      {{"kafka.no.Such", true, ""}, ErrorCode::invalid_config},
      {{"root", true, ""}, ErrorCode::invalid_request},
  };
  for (const auto& c : cases) {
    auto checked = BrokerLoggers::check({{"root", false, "INFO"}, c.change});
    ASSERT_FALSE(checked) << c.change.logger << " " << c.change.level;
    EXPECT_EQ(checked.error().code, c.code) << c.change.logger << " " << c.change.level;
  }
  EXPECT_TRUE(BrokerLoggers::check({{"root", false, "TRACE"}, {"kafka.server.KafkaApis", true, ""}}));
}

TEST_F(BrokerLoggersTest, SetsAndTakesAwayALevelOfItsOwn) {
  EXPECT_EQ(level_of("kafka.server.KafkaApis"), "INFO");
  BrokerLoggers::apply({{"kafka.server.KafkaApis", false, "DEBUG"}});
  EXPECT_EQ(level_of("kafka.server.KafkaApis"), "DEBUG");
  EXPECT_EQ(level_of("root"), "INFO");
  BrokerLoggers::apply({{"kafka.server.KafkaApis", true, ""}});
  EXPECT_EQ(level_of("kafka.server.KafkaApis"), "INFO");
}

TEST_F(BrokerLoggersTest, TheRootMovesAllThatHaveNoLevelOfTheirOwn) {
  BrokerLoggers::apply({{"kafka.server.KafkaApis", false, "DEBUG"}, {"root", false, "WARN"}});
  EXPECT_EQ(level_of("kafka.request.logger"), "WARN");
  EXPECT_EQ(level_of("kafka.server.KafkaApis"), "DEBUG");
  EXPECT_EQ(FLAGS_minloglevel, google::GLOG_WARNING);
  BrokerLoggers::apply({{"root", false, "TRACE"}});
  EXPECT_EQ(level_of("kafka.request.logger"), "TRACE");
  EXPECT_EQ(FLAGS_minloglevel, google::GLOG_INFO);
  EXPECT_EQ(FLAGS_v, 2);
}

TEST_F(BrokerLoggersTest, ALevelTurnsOnTheDetailOfItsFiles) {
  auto detail_of_this_file = [] { return VLOG_IS_ON(1); };
  EXPECT_FALSE(detail_of_this_file());
  BrokerLoggers::apply({{"root", false, "DEBUG"}});
  EXPECT_TRUE(detail_of_this_file());
  BrokerLoggers::apply({{"root", false, "INFO"}});
  EXPECT_FALSE(detail_of_this_file());
}

}  // namespace
}  // namespace meerkat::api
