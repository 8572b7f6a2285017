#include "api/client_quotas.h"

#include <gtest/gtest.h>

namespace meerkat::api {
namespace {

using cluster::ConfigEntity;
using cluster::ConfigType;
using wire::ErrorCode;

TEST(ClientQuotas, EntitiesAreThoseOfConfig) {
  struct {
    QuotaEntity parts;
    std::optional<std::string> path;
  } const cases[] = {
      {{{"user", "alice"}}, "users/alice"},
      {{{"user", std::nullopt}}, "users/<default>"},
      {{{"client-id", "c 1"}}, "clients/c%201"},
      {{{"client-id", std::nullopt}}, "clients/<default>"},
      {{{"client-id", "app"}, {"user", "alice"}}, "users/alice/clients/app"},
      {{{"user", std::nullopt}, {"client-id", std::nullopt}}, "users/<default>/clients/<default>"},
      {{{"ip", "10.0.0.1"}}, "ips/10.0.0.1"},
      {{}, std::nullopt},
      {{{"user", ""}}, std::nullopt},
      {{{"group", "g"}}, std::nullopt},
      {{{"ip", "10.0.0.1"}, {"user", "alice"}}, std::nullopt},
  };
  for (const auto& c : cases) {
    auto entity = quota_entity(c.parts);
    if (!c.path) {
      ASSERT_FALSE(entity.ok());
      EXPECT_EQ(entity.error().code, ErrorCode::invalid_request);
      EXPECT_FALSE(entity.error().message.empty());
      continue;
    }
    ASSERT_TRUE(entity.ok()) << *c.path;
    EXPECT_EQ(cluster::entity_path(*entity), *c.path);
  }
}

TEST(ClientQuotas, ValuesAreWrittenAsJavaWritesThem) {
  struct {
    ConfigType type;
    const char* key;
    double value;
    std::optional<std::string> text;
  } const cases[] = {
      {ConfigType::users, "producer_byte_rate", 1048576, "1048576"},
      {ConfigType::clients, "consumer_byte_rate", 1e13, "10000000000000"},
      {ConfigType::users, "request_percentage", 50, "50.0"},
      {ConfigType::users, "request_percentage", 0.5, "0.5"},
      {ConfigType::users, "controller_mutation_rate", 10, "10.0"},
      {ConfigType::ips, "connection_creation_rate", 7, "7"},
      {ConfigType::users, "producer_byte_rate", 1.5, std::nullopt},
      {ConfigType::users, "producer_byte_rate", 1e300, std::nullopt},
      {ConfigType::users, "connection_creation_rate", 7, std::nullopt},
      {ConfigType::ips, "producer_byte_rate", 7, std::nullopt},
  };
  for (const auto& c : cases) {
    config::Entries settings;
    auto done = alter_quotas(c.type, {{c.key, c.value, false}}, settings);
    EXPECT_EQ(done.ok(), c.text.has_value()) << c.key << " " << c.value;
    if (c.text) {
      EXPECT_EQ(settings[c.key], *c.text);
    }
  }
}

TEST(ClientQuotas, RemovingLeavesTheRestAlone) {
  config::Entries settings = {{"producer_byte_rate", "1"}, {"SCRAM-SHA-256", "salt=,iterations=4096"}};
  ASSERT_TRUE(
      alter_quotas(ConfigType::users, {{"producer_byte_rate", 0, true}, {"request_percentage", 0, true}}, settings)
          .ok());
  EXPECT_EQ(settings, (config::Entries{{"SCRAM-SHA-256", "salt=,iterations=4096"}}));
}

}  // namespace
}  // namespace meerkat::api
