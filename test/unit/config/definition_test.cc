#include "config/definition.h"

#include <gtest/gtest.h>

#include <set>

#include "config/broker_configs.h"
#include "config/checks.h"
#include "config/topic_configs.h"

namespace meerkat::config {
namespace {

const Definition& row(std::string_view name) {
  const Definition* found = find_broker_config(name);
  EXPECT_NE(found, nullptr) << name;
  return *found;
}

TEST(BrokerConfigs, HoldEveryKeyOfKafkaOnce) {
  std::set<std::string_view> names;
  size_t listed = 0;
  for (const auto& group : broker_config_groups()) {
    for (const auto& r : group.rows) {
      EXPECT_TRUE(names.insert(r.name).second) << r.name;
      EXPECT_TRUE(r.doc.ends_with('.')) << r.name;
      if (r.visibility == Visibility::listed && !r.name.starts_with("meerkat.")) ++listed;
    }
  }
  EXPECT_EQ(listed, 314u);
  EXPECT_EQ(topic_config_table().size(), 36u);
}

TEST(BrokerConfigs, DefaultsAreValidAndCanonical) {
  for (const auto& group : broker_config_groups()) {
    for (const auto& r : group.rows) {
      if (r.default_value == nullptr) continue;
      // KRaft's lists must not be empty once set, but are by default.
      auto checked = check_value(r, r.default_value);
      ASSERT_TRUE(checked) << r.name << ": " << checked.error().message;
      EXPECT_EQ(*checked, r.default_value) << r.name;
    }
  }
}

TEST(TopicConfigs, DefaultsAreValidAndTheBrokerKeysBehindThemExist) {
  for (const auto& [definition, server_key] : topic_config_table()) {
    auto checked = check_value(definition, definition.default_value);
    ASSERT_TRUE(checked) << definition.name;
    EXPECT_EQ(*checked, definition.default_value) << definition.name;
    if (!server_key.empty()) {
      EXPECT_NE(find_broker_config(server_key), nullptr) << server_key;
    }
  }
}

TEST(CheckValue, CanonicalText) {
  struct {
    const char *key, *text, *canonical;
  } cases[] = {
      {"broker.id", " 7 ", "7"},
      {"broker.id", "+7", "7"},
      {"broker.id", "007", "7"},
      {"delete.topic.enable", " TRUE", "true"},
      {"log.cleaner.min.cleanable.ratio", "1", "1.0"},
      {"log.cleaner.min.cleanable.ratio", ".25", "0.25"},
      {"log.cleaner.io.max.bytes.per.second", "1.7976931348623157E308", "1.7976931348623157E308"},
      {"log.cleaner.io.max.bytes.per.second", "12345678", "1.2345678E7"},
      {"log.cleanup.policy", " compact , delete ", "compact,delete"},
      {"log.cleanup.policy", "", ""},
      {"log.retention.ms", "-1", "-1"},
      {"zookeeper.connect", " a:1,b:2/c ", "a:1,b:2/c"},
      {"compression.type", "zstd", "zstd"},
      {"compression.gzip.level", "-1", "-1"},
      {"inter.broker.protocol.version", "3.9", "3.9"},
  };
  for (const auto& c : cases) {
    auto checked = check_value(row(c.key), c.text);
    ASSERT_TRUE(checked) << c.key << " " << c.text << ": " << checked.error().message;
    EXPECT_EQ(*checked, c.canonical) << c.key;
  }
}

TEST(CheckValue, ErrorsNameKeyValueAndWhatIsAllowed) {
  struct {
    const char *key, *text, *error;
  } cases[] = {
      {"broker.id", "x", "Invalid value x for configuration broker.id: Not a number of type INT"},
      {"broker.id", "2147483648", "Invalid value 2147483648 for configuration broker.id: Not a number of type INT"},
      {"broker.id", "1 2", "Invalid value 1 2 for configuration broker.id: Not a number of type INT"},
      {"broker.id", "", "Invalid value  for configuration broker.id: Not a number of type INT"},
      {"offsets.topic.replication.factor", "40000",
       "Invalid value 40000 for configuration offsets.topic.replication.factor: Not a number of type SHORT"},
      {"delete.topic.enable", "yes",
       "Invalid value yes for configuration delete.topic.enable: Expected value to be either true or false"},
      {"num.partitions", "0", "Invalid value 0 for configuration num.partitions: Value must be at least 1"},
      {"log.cleaner.min.cleanable.ratio", "1.5",
       "Invalid value 1.5 for configuration log.cleaner.min.cleanable.ratio: Value must be no more than 1"},
      {"compression.lz4.level", "18",
       "Invalid value 18 for configuration compression.lz4.level: Value must be no more than 17"},
      {"log.cleanup.policy", "delete,burn",
       "Invalid value burn for configuration log.cleanup.policy: String must be one of: compact, delete"},
      {"log.message.timestamp.type", "Never",
       "Invalid value Never for configuration log.message.timestamp.type: String must be one of: CreateTime, "
       "LogAppendTime"},
      {"compression.gzip.level", "0",
       "Invalid value 0 for configuration compression.gzip.level: Value must be between 1 and 9 or equal to -1"},
  };
  for (const auto& c : cases) {
    auto checked = check_value(row(c.key), c.text);
    ASSERT_FALSE(checked) << c.key << " " << c.text;
    EXPECT_EQ(checked.error().message, c.error);
  }
}

TEST(CheckValue, HidesPasswordsInErrors) {
  Definition d{.name = "a.password",
               .type = Type::password,
               .valid = custom([](std::string_view) -> Status { return fail("too weak"); }, "")};
  auto checked = check_value(d, "secret");
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message, "Invalid value [hidden] for configuration a.password: too weak");
}

TEST(Checks, Versions) {
  EXPECT_EQ(full_version("3.9"), "3.9-IV0");
  EXPECT_EQ(full_version("3.9.1"), "3.9-IV0");
  EXPECT_EQ(full_version("2.8"), "2.8-IV1");
  EXPECT_EQ(full_version("2.8-IV0"), "2.8-IV0");
  EXPECT_EQ(full_version("0.10.2.1"), "0.10.2-IV0");
  EXPECT_EQ(full_version("0.9.0"), "0.9.0");
  for (const char* unknown : {"4.0", "9", "", "0.9", "3", "3.9-IV1", "x.y"})
    EXPECT_FALSE(check_version(unknown)) << unknown;
}

TEST(Checks, ThrottledReplicas) {
  for (const char* good : {"", "*", "0:1", "0:1,12:34", "0:1, 2:3"})
    EXPECT_TRUE(check_throttled_replicas(good)) << good;
  for (const char* bad : {"0", "0:", ":1", "a:1", "*,0:1", "0:1:2"}) EXPECT_FALSE(check_throttled_replicas(bad)) << bad;
}

TEST(BrokerConfigs, FindListenerPrefixedKeys) {
  struct {
    const char *name, *found;
  } cases[] = {
      {"listener.name.internal.ssl.keystore.location", "ssl.keystore.location"},
      {"listener.name.internal.scram-sha-256.sasl.jaas.config", "sasl.jaas.config"},
      {"listener.name.internal.max.connections", "max.connections"},
      {"listener.name.internal.plain.connections.max.reauth.ms", "connections.max.reauth.ms"},
      {"listener.name.internal.log.dirs", nullptr},
      {"listener.name.internal", nullptr},
      {"listener.name.internal.", nullptr},
      {"nothing", nullptr},
  };
  for (const auto& c : cases) {
    const Definition* d = find_broker_config(c.name);
    if (c.found == nullptr) {
      EXPECT_EQ(d, nullptr) << c.name;
    } else {
      ASSERT_NE(d, nullptr) << c.name;
      EXPECT_EQ(d->name, c.found);
    }
  }
}

TEST(BrokerConfigs, NearestNameForASlip) {
  struct {
    const char *wrong, *right;
  } cases[] = {
      {"broker.ip", "broker.id"},
      {"zookeper.connect", "zookeeper.connect"},
      {"log.retention.hour", "log.retention.hours"},
      {"num.partition", "num.partitions"},
      {"completely.unrelated.words.here", nullptr},
      {"", nullptr},
  };
  for (const auto& c : cases) {
    const Definition* d = nearest_broker_config(c.wrong);
    if (c.right == nullptr) {
      EXPECT_EQ(d, nullptr) << c.wrong << " " << d->name;
    } else {
      ASSERT_NE(d, nullptr) << c.wrong;
      EXPECT_EQ(d->name, c.right);
    }
  }
}

TEST(TopicConfigs, Validate) {
  struct {
    Entries entries;
    const char* error;  // nullptr: fine
  } cases[] = {
      {{}, nullptr},
      {{{"retention.ms", "-1"}, {"cleanup.policy", "compact,delete"}}, nullptr},
      {{{"retention.sm", "1"}}, "Unknown topic config name: retention.sm"},
      {{{"segment.bytes", "13"}}, "Invalid value 13 for configuration segment.bytes: Value must be at least 14"},
      {{{"min.compaction.lag.ms", "5"}, {"max.compaction.lag.ms", "4"}},
       "conflict topic config setting min.compaction.lag.ms (5) > max.compaction.lag.ms (4)"},
      {{{"min.compaction.lag.ms", "9223372036854775807"}, {"max.compaction.lag.ms", "5"}},
       "conflict topic config setting min.compaction.lag.ms (9223372036854775807) > max.compaction.lag.ms (5)"},
      {{{"remote.storage.enable", "true"}},
       "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage."},
      {{{"remote.log.copy.disable", "true"}},
       "It is invalid to set `remote.log.delete.on.disable` or `remote.log.copy.disable` with ZooKeeper."},
      {{{"leader.replication.throttled.replicas", "0:1,x"}},
       "Invalid value 0:1,x for configuration leader.replication.throttled.replicas: Value must be * or a list of "
       "replicas as [partitionId]:[brokerId],[partitionId]:[brokerId],..."},
  };
  for (const auto& c : cases) {
    auto ok = validate_topic_configs(c.entries);
    EXPECT_EQ(ok.ok() ? "" : ok.error().message, c.error == nullptr ? "" : c.error);
  }
}

}  // namespace
}  // namespace meerkat::config
