#include "cluster/config_entity.h"

#include <gtest/gtest.h>

namespace meerkat::cluster {
namespace {

TEST(ConfigEntityTest, paths_there_and_back) {
  const struct {
    ConfigEntity entity;
    const char* path;
  } kRows[] = {
      {ConfigEntity::topic("t1"), "topics/t1"},
      {ConfigEntity::broker(1), "brokers/1"},
      {ConfigEntity::default_broker(), "brokers/<default>"},
      {{ConfigType::clients, "c 1/é", {}}, "clients/c%201%2F%C3%A9"},
      {{ConfigType::clients, "<default>", {}}, "clients/<default>"},
      {{ConfigType::users, "alice", {}}, "users/alice"},
      {{ConfigType::users, "alice", "app1"}, "users/alice/clients/app1"},
      {{ConfigType::users, "<default>", "<default>"}, "users/<default>/clients/<default>"},
      {{ConfigType::users, "CN=a,O=b/c", "x*y~z+w"}, "users/CN%3Da%2CO%3Db%2Fc/clients/x%2Ay%7Ez%2Bw"},
      {{ConfigType::ips, "127.0.0.9", {}}, "ips/127.0.0.9"},
      {{ConfigType::ips, "::1", {}}, "ips/::1"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(entity_path(row.entity), row.path);
    auto parsed = parse_entity_path(row.path);
    ASSERT_TRUE(parsed.ok()) << row.path;
    EXPECT_EQ(*parsed, row.entity) << row.path;
  }
}

TEST(ConfigEntityTest, refuses_what_is_no_entity) {
  for (const char* path : {"", "topics", "topics/", "/topics/t", "topics/a/b", "nothings/x", "users/%4", "users/%zz",
                           "users/a/clients/", "users//clients/b", "clients/a/clients/b", "users/a/b/clients/c"}) {
    EXPECT_FALSE(parse_entity_path(path).ok()) << path;
  }
}

TEST(ConfigEntityTest, names_are_kept_byte_for_byte) {
  std::string all;
  for (int c = 1; c < 256; c++) all += static_cast<char>(c);
  EXPECT_EQ(*desanitize(sanitize(all)), all);
  EXPECT_EQ(*desanitize("a+b%2f"), "a b/");  // as Java's decoder reads what others have encoded
}

}  // namespace
}  // namespace meerkat::cluster
