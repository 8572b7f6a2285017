// Golden texts: what Kafka 3.9.1 wrote, what older versions wrote, and what nobody should have written.
#include "zk/payloads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace meerkat::zk {
namespace {

using testing::HasSubstr;

const Uuid kId = *Uuid::parse("ZDSGuVcYTD23SYIz3S3kWQ");

const BrokerInfo kBroker{
    0,
    {{"PLAINTEXT", "127.0.0.1", 21192, "PLAINTEXT"}, {"SASL_PLAINTEXT", "127.0.0.1", 21195, "SASL_PLAINTEXT"}},
    "r2",
    21202,
    1795232332566,
    {}};

// Sorted keys, as their order does not matter; tells 1 from 1.0 and from "1".
std::string canonical(std::string_view json) { return nlohmann::json::parse(json, nullptr, false).dump(); }

TEST(PayloadsTest, writes_kafkas_text) {
  BrokerInfo tls{3, {{"TLS", "::1", 9093, "SSL"}, {"OWN", "b3.example", 9094, "SASL_SSL"}}, {}, -1, 7, {{"f", {1, 2}}}};
  const struct {
    std::string written;
    const char* golden;
  } kRows[] = {
      {encode(kBroker),
       R"({"features":{},"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT","SASL_PLAINTEXT":"SASL_PLAINTEXT"},)"
       R"("endpoints":["PLAINTEXT://127.0.0.1:21192","SASL_PLAINTEXT://127.0.0.1:21195"],"rack":"r2","jmx_port":21202,)"
       R"("port":21192,"host":"127.0.0.1","version":5,"timestamp":"1795232332566"})"},
      {encode(ConsumerRegistration{{{"t", 2}}, "static", 1416919283000}),
       R"({"version":1,"subscription":{"t":2},"pattern":"static","timestamp":"1416919283000"})"},
      {encode(tls),
       R"({"features":{"f":{"min_version":1,"max_version":2}},"listener_security_protocol_map":{"OWN":"SASL_SSL",)"
       R"("TLS":"SSL"},"endpoints":["TLS://[::1]:9093","OWN://b3.example:9094"],"jmx_port":-1,"port":-1,"host":null,)"
       R"("version":5,"timestamp":"7"})"},
      {encode(ControllerNode{0, 1795232014281, -1}),
       R"({"version":2,"brokerid":0,"timestamp":"1795232014281","kraftControllerEpoch":-1})"},
      {encode_controller_epoch(12), "12"},
      {encode(TopicAssignment{kId, {{0, {2, 1, 0}}}, {{0, {2}}}, {{0, {0}}}}),
       R"({"partitions":{"0":[2,1,0]},"topic_id":"ZDSGuVcYTD23SYIz3S3kWQ","adding_replicas":{"0":[2]},)"
       R"("removing_replicas":{"0":[0]},"version":3})"},
      {encode(TopicAssignment{kId, {{0, {1000000, 2147483647}}, {1, {}}}, {}, {}}),
       R"({"partitions":{"0":[1000000,2147483647],"1":[]},"topic_id":"ZDSGuVcYTD23SYIz3S3kWQ","adding_replicas":{},)"
       R"("removing_replicas":{},"version":3})"},
      {encode(PartitionStateNode{1, 1, 0, {1, 2, 0}, false}),
       R"({"controller_epoch":1,"leader":1,"version":1,"leader_epoch":0,"isr":[1,2,0]})"},
      {encode(PartitionStateNode{3, -1, 7, {0}, true}),
       R"({"controller_epoch":3,"leader":-1,"version":1,"leader_epoch":7,"isr":[0],"leader_recovery_state":1})"},
      {encode_config({{"min.insync.replicas", "2"}, {"segment.bytes", "1048576"}}),
       R"({"version":1,"config":{"min.insync.replicas":"2","segment.bytes":"1048576"}})"},
      {encode_config({}), R"({"version":1,"config":{}})"},
      {encode_config_change("users/alice/clients/app1"), R"({"version":2,"entity_path":"users/alice/clients/app1"})"},
      {encode_config_change("brokers/<default>"), R"({"version":2,"entity_path":"brokers/<default>"})"},
      {encode_reassignments({{{"r1", 0}, {0, 1}}}),
       R"({"version":1,"partitions":[{"topic":"r1","partition":0,"replicas":[0,1]}]})"},
      {encode_preferred_election({{"t1", 1}}), R"({"version":1,"partitions":[{"topic":"t1","partition":1}]})"},
      {encode_isr_change({{"t", 0}}), R"({"version":1,"partitions":[{"topic":"t","partition":0}]})"},
      {encode_log_dir_event(0), R"({"version":1,"broker":0,"event":1})"},
      {encode(ProducerIdBlock{0, 0, 999}), R"({"version":1,"broker":0,"block_start":"0","block_end":"999"})"},
      {encode_cluster_id("1LDDYq81TV6erA__Mo1NFA"), R"({"version":"1","id":"1LDDYq81TV6erA__Mo1NFA"})"},
      {encode(FeatureNode{}), R"({"features":{},"version":2,"status":1})"},
      {encode(FeatureNode{false, {{"f", 3}}}), R"({"features":{"f":{"max_version_level":3}},"version":2,"status":0})"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(canonical(row.written), canonical(row.golden));
    EXPECT_EQ(row.written.size(), std::string_view(row.golden).size()) << row.written;  // compact, plainly escaped
  }
}

TEST(PayloadsTest, reads_what_it_writes) {
  EXPECT_EQ(*decode_broker(0, encode(kBroker)), kBroker);
  BrokerInfo tls{3, {{"TLS", "::1", 9093, "SSL"}, {"OWN", "b3.example", 9094, "SASL_SSL"}}, {}, -1, 7, {{"f", {1, 2}}}};
  EXPECT_EQ(*decode_broker(3, encode(tls)), tls);
  ControllerNode controller{4, 1795232014281, 6};
  EXPECT_EQ(*decode_controller(encode(controller)), controller);
  EXPECT_EQ(*decode_controller_epoch("12"), 12);
  TopicAssignment topic{kId, {{0, {2, 1, 0}}, {11, {1}}}, {{0, {2}}}, {{0, {0}}}};
  EXPECT_EQ(*decode_topic("t", encode(topic)), topic);
  PartitionStateNode state{3, -1, 7, {2, 0}, true};
  EXPECT_EQ(*decode_partition_state("/p", encode(state)), state);
  ConfigMap config{{"a", "1"}, {"b", "\"quoted\" \\ <&> \\u003c \\\\u003e é\n"}};
  EXPECT_EQ(*decode_config("/c", encode_config(config)), config);
  EXPECT_EQ(*decode_config_change("/n", encode_config_change("brokers/<default>")), "brokers/<default>");
  std::vector<AclEntry> acls{{"User:CN=é,O=\"y\"", "Deny", "10.0.0.1", "Read"}, {"User:*", "Allow", "*", "All"}};
  EXPECT_EQ(*decode_acls("/a", encode_acls(acls)), acls);
  EXPECT_TRUE(decode_acls("/a", "")->empty());
  AclChange literal{"TOPIC", "a:b", "LITERAL"}, prefixed{"TRANSACTIONAL_ID", "t <x>", "PREFIXED"};
  EXPECT_EQ(*decode_literal_acl_change("/n", encode_literal_acl_change(literal)), literal);
  EXPECT_EQ(*decode_acl_change("/n", encode_acl_change(prefixed)), prefixed);
  std::vector<PartitionReassignment> moves{{{"r1", 0}, {0, 1}}, {{"r1", 1}, {}}};
  EXPECT_EQ(*decode_reassignments(encode_reassignments(moves)), moves);
  std::vector<TopicPartitionId> partitions{{"t1", 1}, {"t2", 0}};
  EXPECT_EQ(*decode_preferred_election(encode_preferred_election(partitions)), partitions);
  EXPECT_EQ(*decode_isr_change("/i", encode_isr_change(partitions)), partitions);
  EXPECT_EQ(*decode_log_dir_event("/l", encode_log_dir_event(5)), 5);
  ProducerIdBlock block{2, 9007199254740993000, 9007199254740993999};
  EXPECT_EQ(*decode_producer_id_block(encode(block)), block);
  EXPECT_EQ(*decode_cluster_id(encode_cluster_id("x")), "x");
  FeatureNode features{true, {{"f", 3}}};
  EXPECT_EQ(*decode_features(encode(features)), features);
}

TEST(PayloadsTest, replaces_bytes_that_are_not_utf8) {
  const struct {
    std::string_view value, read;
  } kRows[] = {
      {"x\xff y", "x\uFFFD y"},           {"\xc3", "\uFFFD"},
      {"\xe2\x82\xac", "\u20ac"},         {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},
      {"\xf0\x9f\x98\x80", "\U0001F600"}, {"\xc0\x80", "\uFFFD\uFFFD"},
  };
  for (const auto& row : kRows) {
    auto config = decode_config("/c", encode_config({{"k", std::string(row.value)}}));
    ASSERT_TRUE(config.ok()) << config.error().message;
    EXPECT_EQ(config->at("k"), row.read);
  }
}

TEST(PayloadsTest, reads_older_versions_and_ignores_unknown_keys) {
  auto v1 = decode_broker(1, R"({"version":1,"host":"old","port":9092,"jmx_port":-1,"timestamp":"5","new":[{}]})");
  ASSERT_TRUE(v1.ok());
  EXPECT_EQ(v1->endpoints, (std::vector<Endpoint>{{"PLAINTEXT", "old", 9092, "PLAINTEXT"}}));
  auto v2 = decode_broker(1, R"({"version":2,"host":null,"port":-1,"endpoints":["SSL://h:1"],"timestamp":5})");
  ASSERT_TRUE(v2.ok());
  EXPECT_EQ(v2->endpoints, (std::vector<Endpoint>{{"SSL", "h", 1, "SSL"}}));
  EXPECT_EQ(v2->timestamp_ms, 5);
  auto v3 = decode_broker(1, R"({"version":3,"endpoints":["PLAINTEXT://:1"],"rack":"a"})");
  ASSERT_TRUE(v3.ok());
  EXPECT_EQ(v3->rack, "a");
  EXPECT_EQ(*decode_controller(R"({"version":1,"brokerid":7,"timestamp":"9"})"), (ControllerNode{7, 9, -1}));
  EXPECT_EQ(*decode_topic("t", R"({"version":1,"partitions":{"1":[3,4],"0":[1]}})"),
            (TopicAssignment{{}, {{0, {1}}, {1, {3, 4}}}, {}, {}}));
  EXPECT_EQ(
      *decode_topic("t", R"({"version":2,"partitions":{"0":[1]},"adding_replicas":{"0":[1]},"removing_replicas":{}})"),
      (TopicAssignment{{}, {{0, {1}}}, {{0, {1}}}, {}}));
  EXPECT_EQ(*decode_config_change("/n", R"({"version":1,"entity_type":"topics","entity_name":"t"})"), "topics/t");
  EXPECT_EQ(
      *decode_features(R"({"features":{"f":{"min_version_level":1,"max_version_level":2}},"version":1,"status":1})"),
      (FeatureNode{true, {{"f", 2}}}));
}

TEST(PayloadsTest, names_the_znode_whose_content_is_wrong) {
  auto error = [](const auto& result) { return result.ok() ? std::string("understood") : result.error().message; };
  const struct {
    std::string error;
    const char* path;
  } kRows[] = {
      {error(decode_broker(3, "")), "/brokers/ids/3 "},
      {error(decode_broker(3, "{")), "/brokers/ids/3 "},
      {error(decode_broker(3, "[]")), "/brokers/ids/3 "},
      {error(decode_broker(3, "{}")), "/brokers/ids/3 "},
      {error(decode_broker(3, R"({"version":5,"endpoints":["nowhere"]})")), "/brokers/ids/3 "},
      {error(decode_broker(3, R"({"version":5,"endpoints":["P://h:99999999999"]})")), "/brokers/ids/3 "},
      {error(decode_broker(3, R"({"version":1})")), "/brokers/ids/3 "},
      {error(decode_controller("\xff\xfe")), "/controller "},
      {error(decode_controller(R"({"version":2})")), "/controller "},
      {error(decode_controller_epoch("1x")), "/controller_epoch "},
      {error(decode_controller_epoch("")), "/controller_epoch "},
      {error(decode_topic("t", R"({"partitions":{"x":[1]}})")), "/brokers/topics/t "},
      {error(decode_topic("t", R"({"partitions":{"0":[1.5]}})")), "/brokers/topics/t "},
      {error(decode_topic("t", R"({"partitions":{"0":["one"]}})")), "/brokers/topics/t "},
      {error(decode_topic("t", R"({"partitions":{"0":[99999999999]}})")), "/brokers/topics/t "},
      {error(decode_topic("t", R"({"partitions":[],"topic_id":"short"})")), "/brokers/topics/t "},
      {error(decode_topic("t", R"({"partitions":{},"topic_id":"short"})")), "/brokers/topics/t "},
      {error(decode_partition_state("/p/state", "{}")), "/p/state "},
      {error(decode_partition_state("/p/state", R"({"controller_epoch":1,"leader":"x"})")), "/p/state "},
      {error(decode_partition_state(
           "/p/state", R"({"controller_epoch":1,"leader":1,"leader_epoch":0,"isr":[],"leader_recovery_state":2})")),
       "/p/state "},
      {error(decode_config("/config/topics/t", R"({"config":{}})")), "/config/topics/t "},
      {error(decode_config_change("/n", R"({"version":2})")), "/n "},
      {error(decode_config_change("/n", R"({"version":3,"entity_path":"x"})")), "/n "},
      {error(decode_acls("/a", R"({"version":2,"acls":[]})")), "/a "},
      {error(decode_acls("/a", R"({"version":1,"acls":[{"principal":"User:a","host":"*","operation":"All"}]})")),
       "/a "},
      {error(decode_literal_acl_change("/n", "TOPIC")), "/n "},
      {error(decode_acl_change("/n", R"({"version":2,"resourceType":"TOPIC","name":"t","patternType":"PREFIXED"})")),
       "/n "},
      {error(decode_reassignments(R"({"version":1,"partitions":[{"topic":"t"}]})")), "/admin/reassign_partitions "},
      {error(decode_preferred_election("nonsense")), "/admin/preferred_replica_election "},
      {error(decode_isr_change("/i", R"({"partitions":[{"partition":1}]})")), "/i "},
      {error(decode_log_dir_event("/l", R"({"version":1,"event":1})")), "/l "},
      {error(decode_producer_id_block(R"({"version":1,"broker":0,"block_start":"9","block_end":"1"})")),
       "/latest_producer_id_block "},
      {error(decode_cluster_id(R"({"version":"1"})")), "/cluster/id "},
      {error(decode_features(R"({"features":{},"version":2})")), "/feature "},
      {error(decode_topic("t", std::string(100000, '['))), "/brokers/topics/t "},
  };
  for (const auto& row : kRows) EXPECT_THAT(row.error, HasSubstr(std::string("znode ") + row.path)) << row.error;
}

}  // namespace
}  // namespace meerkat::zk
