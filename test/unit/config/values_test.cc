#include "config/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/topic_values.h"

namespace meerkat::config {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Entries with(Entries more) {
  more.emplace("zookeeper.connect", "localhost:2181");
  return more;
}

Config make(Entries more = {}) {
  auto config = Config::from_static(with(std::move(more)));
  EXPECT_TRUE(config) << config.error().message;
  return *config;
}

std::string error_of(Entries more) {
  auto config = Config::from_static(with(std::move(more)));
  return config ? "" : config.error().message;
}

const DescribedConfig& line(const std::vector<DescribedConfig>& lines, std::string_view name) {
  static const DescribedConfig none;
  for (const auto& l : lines) {
    if (l.name == name) return l;
  }
  ADD_FAILURE() << name << " is not described";
  return none;
}

TEST(Config, DefaultsAloneMakeABroker) {
  Config config = make();
  EXPECT_THAT(config.warnings(), IsEmpty());
  const BrokerConfig& v = config.values();
  EXPECT_EQ(v.broker_id, -1);
  EXPECT_THAT(v.log_dirs, ElementsAre("/tmp/kafka-logs"));
  EXPECT_EQ(v.zookeeper_connection_timeout_ms, 18'000);
  EXPECT_EQ(v.num_replica_alter_log_dirs_threads, 1);
  EXPECT_EQ(v.inter_broker_protocol_version, "3.9-IV0");
  ASSERT_EQ(v.listeners.size(), 1u);
  EXPECT_EQ(v.listeners[0], (ListenerEndpoint{"PLAINTEXT", "PLAINTEXT", "", 9092}));
  EXPECT_EQ(v.advertised_listeners, v.listeners);
  EXPECT_EQ(v.inter_broker_listener_name, "PLAINTEXT");
}

// The plain struct has initialisers of its own, for tests of other rooms; they must not differ from the table.
TEST(Config, PlainStructsStartWithTheTablesDefaults) {
  const BrokerConfig parsed = make().values();
  const BrokerConfig initial;
  EXPECT_EQ(parsed.socket_request_max_bytes, initial.socket_request_max_bytes);
  EXPECT_EQ(parsed.message_max_bytes, initial.message_max_bytes);
  EXPECT_EQ(parsed.connections_max_idle_ms, initial.connections_max_idle_ms);
  EXPECT_EQ(parsed.replica_lag_time_max_ms, initial.replica_lag_time_max_ms);
  EXPECT_EQ(parsed.fetch_max_bytes, initial.fetch_max_bytes);
  EXPECT_EQ(parsed.log_cleaner_io_max_bytes_per_second, initial.log_cleaner_io_max_bytes_per_second);
  EXPECT_EQ(parsed.offsets_topic_num_partitions, initial.offsets_topic_num_partitions);
  EXPECT_EQ(parsed.transactional_id_expiration_ms, initial.transactional_id_expiration_ms);
  auto topic = resolve_topic_config(make(), {});
  ASSERT_TRUE(topic);
  const TopicConfig plain;
  EXPECT_EQ(topic->retention_ms, plain.retention_ms);
  EXPECT_EQ(topic->segment_ms, plain.segment_ms);
  EXPECT_EQ(topic->segment_bytes, plain.segment_bytes);
  EXPECT_EQ(topic->flush_ms, plain.flush_ms);
  EXPECT_EQ(topic->max_message_bytes, plain.max_message_bytes);
  EXPECT_EQ(topic->message_timestamp_before_max_ms, plain.message_timestamp_before_max_ms);
  EXPECT_EQ(topic->compression_zstd_level, plain.compression_zstd_level);
  EXPECT_TRUE(topic->cleanup_delete);
  EXPECT_FALSE(topic->cleanup_compact);
}

TEST(Config, SynonymsResolveInOrder) {
  struct {
    Entries entries;
    int64_t retention_ms;
  } cases[] = {
      {{}, 604'800'000},
      {{{"log.retention.hours", "1"}}, 3'600'000},
      {{{"log.retention.hours", "1"}, {"log.retention.minutes", "2"}}, 120'000},
      {{{"log.retention.hours", "1"}, {"log.retention.minutes", "2"}, {"log.retention.ms", "3"}}, 3},
      {{{"log.retention.hours", "-1"}}, -1},
  };
  for (auto& c : cases) {
    auto topic = resolve_topic_config(make(c.entries), {});
    ASSERT_TRUE(topic);
    EXPECT_EQ(topic->retention_ms, c.retention_ms);
  }
  auto topic = resolve_topic_config(make({{"log.roll.hours", "2"}, {"log.flush.scheduler.interval.ms", "77"}}), {});
  ASSERT_TRUE(topic);
  EXPECT_EQ(topic->segment_ms, 7'200'000);
  EXPECT_EQ(topic->flush_ms, 77);
  EXPECT_THAT(make({{"log.dirs", "/a, /b"}, {"log.dir", "/c"}}).values().log_dirs, ElementsAre("/a", "/b"));
  EXPECT_EQ(make({{"node.id", "4"}}).values().broker_id, 4);
}

TEST(Config, TopicOverridesComeFirst) {
  Config broker = make({{"message.max.bytes", "5000"}, {"log.cleanup.policy", "compact"}});
  auto topic = resolve_topic_config(broker, {{"retention.ms", "9"}, {"cleanup.policy", "delete,compact"}});
  ASSERT_TRUE(topic);
  EXPECT_EQ(topic->max_message_bytes, 5000);
  EXPECT_EQ(topic->retention_ms, 9);
  EXPECT_TRUE(topic->cleanup_delete);
  EXPECT_TRUE(topic->cleanup_compact);
  EXPECT_FALSE(resolve_topic_config(broker, {{"retention.ms", "soon"}}));
}

TEST(Config, OlderTimestampBoundCountsWhereNewerOnesAreSilent) {
  auto topic = resolve_topic_config(
      make(), {{"message.timestamp.difference.max.ms", "5"}, {"message.timestamp.after.max.ms", "7"}});
  ASSERT_TRUE(topic);
  EXPECT_EQ(topic->message_timestamp_before_max_ms, 5);
  EXPECT_EQ(topic->message_timestamp_after_max_ms, 7);
}

TEST(Config, RulesAcrossKeys) {
  struct {
    Entries entries;
    const char* part;  // of the error
  } cases[] = {
      {{{"zookeeper.connect", ""}}, "Missing required configuration zookeeper.connect"},
      {{{"broker.id", "1001"}}, "Invalid value 1001 for configuration broker.id: must be from -1 to"},
      {{{"broker.id", "-1"}, {"broker.id.generation.enable", "false"}}, "must be 0 or more"},
      {{{"broker.id", "1"}, {"node.id", "2"}}, "Invalid value 2 for configuration node.id"},
      {{{"process.roles", "broker"}}, "there is no KRaft here"},
      {{{"listeners", "PLAINTEXT://:9092,PLAINTEXT://:9093"}}, "must have a different name"},
      {{{"listeners", "PLAINTEXT://:9092,SSL://:9092"}}, "must have a different port"},
      {{{"listeners", "INSIDE://:9092"}}, "No security protocol defined for listener INSIDE"},
      {{{"listeners", "localhost:9092"}}, "Unable to parse localhost:9092"},
      {{{"listeners", "PLAINTEXT://:99999"}}, "Unable to parse PLAINTEXT://:99999"},
      {{{"listeners", ""}}, "at least one listener is needed"},
      {{{"listeners", "PLAINTEXT://0.0.0.0:9092"}}, "0.0.0.0 cannot be advertised"},
      {{{"advertised.listeners", "SSL://h:1"}}, "listener SSL is not among those of listeners: PLAINTEXT"},
      {{{"listeners", "SSL://:9093"}}, "inter.broker.listener.name: must be one of the advertised listeners: SSL"},
      {{{"inter.broker.listener.name", "X"}}, "not found in listener.security.protocol.map"},
      {{{"inter.broker.listener.name", "PLAINTEXT"}, {"security.inter.broker.protocol", "PLAINTEXT"}}, "Only one of"},
      {{{"control.plane.listener.name", "PLAINTEXT"}}, "must not be the listener that brokers use"},
      {{{"listener.security.protocol.map", "A:B"}}, "expected NAME:PROTOCOL pairs"},
      {{{"listeners", "SASL_SSL://:9"},
        {"security.inter.broker.protocol", "SASL_SSL"},
        {"sasl.enabled.mechanisms", "PLAIN"}},
       "must be one of sasl.enabled.mechanisms"},
      {{{"queued.max.request.bytes", "5"}}, "must be socket.request.max.bytes (104857600) or more"},
      {{{"max.connections.per.ip", "0"}}, "may be 0 only beside"},
      {{{"max.connections.per.ip.overrides", "a"}}, "expected host:count pairs"},
      {{{"max.connections.per.ip.overrides", "a:"}}, "expected host:count pairs"},
      {{{"connections.max.idle.ms", "100"}}, "must be less than connections.max.idle.ms (100)"},
      {{{"log.roll.ms", "0"}}, "Invalid value 0 for configuration log.roll.ms: must be 1 or more"},
      {{{"log.retention.ms", "0"}}, "Invalid value 0 for configuration log.retention.ms"},
      {{{"log.retention.hours", "0"}}, "Invalid value 0 for configuration log.retention.hours"},
      {{{"log.dirs", " , "}}, "at least one directory"},
      {{{"log.cleaner.dedupe.buffer.size", "1048576"}}, "more than 1 MiB"},
      {{{"replica.fetch.wait.max.ms", "30001"}}, "replica.socket.timeout.ms (30000)"},
      {{{"replica.lag.time.max.ms", "100"}}, "replica.lag.time.max.ms (100)"},
      {{{"offsets.commit.required.acks", "4"}}, "from -1 to offsets.topic.replication.factor"},
      {{{"leader.replication.throttled.rate", "1"}}, "can only be set while the broker runs"},
      {{{"listener.name.x.ssl.client.auth", "maybe"}},
       "Invalid value maybe for configuration listener.name.x.ssl.client.auth"},
  };
  for (auto& c : cases) EXPECT_THAT(error_of(c.entries), HasSubstr(c.part));
}

TEST(Config, ListenersInFull) {
  const BrokerConfig v = make({{"listeners", "inside://[::1]:9092,OUTSIDE://0.0.0.0:0"},
                               {"advertised.listeners", "INSIDE://a:1,OUTSIDE://b:1"},
                               {"listener.security.protocol.map", "INSIDE:PLAINTEXT,OUTSIDE:ssl"},
                               {"inter.broker.listener.name", "inside"}})
                             .values();
  EXPECT_THAT(v.listeners, ElementsAre(ListenerEndpoint{"INSIDE", "PLAINTEXT", "::1", 9092},
                                       ListenerEndpoint{"OUTSIDE", "SSL", "0.0.0.0", 0}));
  EXPECT_THAT(v.advertised_listeners,
              ElementsAre(ListenerEndpoint{"INSIDE", "PLAINTEXT", "a", 1}, ListenerEndpoint{"OUTSIDE", "SSL", "b", 1}));
  EXPECT_EQ(v.inter_broker_listener_name, "INSIDE");
  EXPECT_EQ(v.inter_broker_security_protocol, "PLAINTEXT");
  EXPECT_EQ(error_of({{"listeners", "PLAINTEXT://127.0.0.1:9092,SSL://[::1]:9092"}}), "");
}

TEST(Config, WarnsOfUnknownAndInertKeys) {
  Config config = make({{"num.partition", "3"}, {"metrics.num.samples", "5"}, {"kafka.metrics.reporters", ""}});
  EXPECT_THAT(config.warnings(),
              ElementsAre("Configuration metrics.num.samples is known but has no effect here yet",
                          "Unknown configuration num.partition is ignored; did you mean num.partitions?"));
}

TEST(Config, DynamicLayersOverStatic) {
  Config config = make({{"message.max.bytes", "1"}, {"num.partitions", "2"}});
  Config changed =
      config.with_dynamic({{"message.max.bytes", "2"}, {"log.retention.ms", "5"}}, {{"message.max.bytes", "3"}});
  EXPECT_EQ(changed.values().message_max_bytes, 3);
  EXPECT_EQ(changed.source("message.max.bytes"), Source::dynamic_broker);
  EXPECT_EQ(changed.source("log.retention.ms"), Source::dynamic_default_broker);
  EXPECT_EQ(changed.source("num.partitions"), Source::static_broker);
  EXPECT_EQ(changed.source("log.dir"), Source::default_config);
  EXPECT_EQ(changed.with_dynamic({}, {}).values().message_max_bytes, 1);
  auto topic = resolve_topic_config(changed, {});
  ASSERT_TRUE(topic);
  EXPECT_EQ(topic->retention_ms, 5);
}

TEST(Config, LeavesOutDynamicEntriesThatCannotBe) {
  Config config = make().with_dynamic(
      {{"num.partitions", "9"}, {"listeners", "PLAINTEXT://:1"}, {"num.io.threads", "x"}}, {{"max.connections", "7"}});
  EXPECT_EQ(config.values().num_partitions, 1);
  EXPECT_EQ(config.values().listeners[0].port, 9092);
  EXPECT_EQ(config.values().num_io_threads, 8);
  EXPECT_EQ(config.values().max_connections, 7);
  EXPECT_EQ(config.warnings().size(), 3u);
  Config broken = make().with_dynamic({{"max.connections", "7"}}, {{"listeners", "nonsense"}});
  EXPECT_EQ(broken.values().max_connections, 7);
  EXPECT_EQ(broken.values().listeners[0].port, 9092);
}

TEST(Config, ListenersOwnValueFallsBackToThePlainOne) {
  Config config = make({{"listener.name.plaintext.max.connections", "5"}, {"max.connections", "6"}});
  EXPECT_EQ(config.get_int("listener.name.plaintext.max.connections"), 5);
  EXPECT_EQ(config.get_int("listener.name.other.max.connections"), 6);
}

TEST(Config, JudgesDynamicChanges) {
  struct {
    Entries entries;
    bool per_broker;
    const char* error;
  } cases[] = {
      {{{"message.max.bytes", "5"}}, false, ""},
      {{{"message.max.bytes", "-5"}},
       false,
       "Invalid value -5 for configuration message.max.bytes: Value must be at least 0"},
      {{{"log.dirs", "/x"}}, true, "Cannot update these configs dynamically: Set(log.dirs)"},
      {{{"ssl.keystore.location", "/x"}},
       true,
       "These security configs can be dynamically updated only per-listener using the listener prefix: "
       "HashSet(ssl.keystore.location)"},
      {{{"listener.name.a.ssl.keystore.location", "/x"}}, true, ""},
      {{{"listener.name.a.ssl.keystore.location", "/x"}},
       false,
       "Cannot update these configs at default cluster level, broker id must be specified: "
       "Set(listener.name.a.ssl.keystore.location)"},
      {{{"listener.name.a.max.connections", "4"}}, false, ""},
      {{{"num.io.threads", "16"}}, false, ""},
      {{{"num.io.threads", "17"}},
       false,
       "Dynamic thread count update validation failed for num.io.threads=17, value should not be greater than double "
       "the "
       "current value 8"},
      {{{"num.io.threads", "3"}},
       false,
       "Dynamic thread count update validation failed for num.io.threads=3, value should be at least half the current "
       "value 8"},
      {{{"leader.replication.throttled.rate", "100"}}, true, ""},
      {{{"plugin.key", "anything"}}, true, ""},
      {{{"log.roll.ms", "0"}}, true, "Invalid value 0 for configuration log.roll.ms: must be 1 or more"},
  };
  Config config = make();
  for (const auto& c : cases) {
    auto ok = config.validate_dynamic(c.entries, c.per_broker);
    EXPECT_EQ(ok ? "" : ok.error().message, c.error);
  }
}

TEST(Describe, Broker) {
  Config config = make({{"num.partitions", "2"}, {"ssl.key.password", "secret"}, {"plugin.key", "x"}})
                      .with_dynamic({{"message.max.bytes", "5"}}, {{"message.max.bytes", "6"}});
  auto lines = config.describe();
  const auto& partitions = line(lines, "num.partitions");
  EXPECT_EQ(partitions.value, "2");
  EXPECT_EQ(partitions.source, Source::static_broker);
  EXPECT_TRUE(partitions.read_only);
  ASSERT_EQ(partitions.synonyms.size(), 2u);
  EXPECT_EQ(partitions.synonyms[1].source, Source::default_config);
  EXPECT_EQ(partitions.synonyms[1].value, "1");

  const auto& bytes = line(lines, "message.max.bytes");
  EXPECT_EQ(bytes.value, "6");
  EXPECT_FALSE(bytes.read_only);
  ASSERT_EQ(bytes.synonyms.size(), 3u);
  EXPECT_EQ(bytes.synonyms[0].source, Source::dynamic_broker);
  EXPECT_EQ(bytes.synonyms[1].source, Source::dynamic_default_broker);

  for (const char* name : {"ssl.key.password", "plugin.key"}) {
    const auto& hidden = line(lines, name);
    EXPECT_TRUE(hidden.sensitive) << name;
    EXPECT_EQ(hidden.value, std::nullopt) << name;
    for (const auto& s : hidden.synonyms) EXPECT_EQ(s.value, std::nullopt) << name;
  }
  auto defaults = config.describe_defaults();
  ASSERT_EQ(defaults.size(), 1u);
  EXPECT_EQ(defaults[0].value, "5");
  EXPECT_EQ(defaults[0].source, Source::dynamic_default_broker);
}

TEST(Describe, TopicNamesTheBrokerKeysBehindItsValues) {
  Config broker = make({{"message.max.bytes", "77"}, {"log.retention.hours", "1"}});
  auto lines = describe_topic(broker, {{"segment.bytes", "100"}});
  EXPECT_EQ(lines.size(), 36u);
  const auto& segment = line(lines, "segment.bytes");
  EXPECT_EQ(segment.value, "100");
  EXPECT_EQ(segment.source, Source::topic);
  ASSERT_EQ(segment.synonyms.size(), 2u);
  EXPECT_EQ(segment.synonyms[1].name, "log.segment.bytes");
  const auto& bytes = line(lines, "max.message.bytes");
  EXPECT_EQ(bytes.value, "77");
  EXPECT_EQ(bytes.source, Source::static_broker);
  const auto& retention = line(lines, "retention.ms");
  EXPECT_EQ(retention.value, "3600000");
  // log.retention.ms itself is not set, and Kafka lists no synonym before the first of that name.
  EXPECT_EQ(retention.source, Source::default_config);
  EXPECT_THAT(retention.synonyms, IsEmpty());
}

}  // namespace
}  // namespace meerkat::config
