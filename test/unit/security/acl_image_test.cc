// What ACLs allow and deny, and what filters match, as tables.
#include "security/acl_image.h"

#include <gtest/gtest.h>

namespace meerkat::security {
namespace {

using enum Operation;
constexpr Subject kAlice{"User:alice", "10.0.0.1"};

AclBinding acl(std::string name, PatternType pattern, std::string principal, Operation operation, Permission permission,
               std::string host = "*") {
  return {{ResourceType::topic, std::move(name), pattern},
          {std::move(principal), std::move(host), operation, permission}};
}
AclBinding allow(std::string name, Operation operation, std::string principal = "User:alice", std::string host = "*") {
  return acl(std::move(name), PatternType::literal, std::move(principal), operation, Permission::allow,
             std::move(host));
}
AclBinding deny(std::string name, Operation operation, std::string principal = "User:alice", std::string host = "*") {
  return acl(std::move(name), PatternType::literal, std::move(principal), operation, Permission::deny, std::move(host));
}
AclBinding prefixed(AclBinding binding) {
  binding.resource.pattern = PatternType::prefixed;
  return binding;
}

std::shared_ptr<const AclImage> image_of(const std::vector<AclBinding>& bindings) {
  auto image = std::make_shared<const AclImage>();
  for (const auto& binding : bindings) {
    ResourceAcls acls;
    if (const auto* old = image->find(binding.resource)) acls = *old;
    acls.entries.push_back(binding.entry);
    image = image->with({{binding.resource, acls}});
  }
  return image;
}

TEST(AclImageTest, decides_by_name_prefix_wildcard_host_and_implication) {
  const struct {
    const char* what;
    std::vector<AclBinding> acls;
    Operation asked;
    Verdict verdict;
  } kRows[] = {
      {"nothing is said", {}, read, Verdict::no_acls},
      {"of another topic only", {allow("other", read)}, read, Verdict::no_acls},
      {"by name", {allow("orders", read)}, read, Verdict::allowed},
      {"another operation", {allow("orders", read)}, write, Verdict::denied},
      {"all operations", {allow("orders", all)}, alter_configs, Verdict::allowed},
      {"somebody else", {allow("orders", read, "User:bob")}, read, Verdict::denied},
      {"everybody", {allow("orders", read, "User:*")}, read, Verdict::allowed},
      {"another kind of principal", {allow("orders", read, "Group:alice")}, read, Verdict::denied},
      {"from this host", {allow("orders", read, "User:alice", "10.0.0.1")}, read, Verdict::allowed},
      {"from another host", {allow("orders", read, "User:alice", "10.0.0.2")}, read, Verdict::denied},
      {"wildcard", {allow("*", read)}, read, Verdict::allowed},
      {"prefix", {prefixed(allow("ord", read))}, read, Verdict::allowed},
      {"prefix that is the name", {prefixed(allow("orders", read))}, read, Verdict::allowed},
      {"longer prefix", {prefixed(allow("orders-", read))}, read, Verdict::no_acls},
      {"a literal is no prefix", {allow("ord", read)}, read, Verdict::no_acls},
      {"a prefixed * is no wildcard", {prefixed(allow("*", read))}, read, Verdict::no_acls},
      {"deny wins over allow", {allow("orders", all), deny("orders", read)}, read, Verdict::denied},
      {"deny by prefix wins", {allow("orders", read), prefixed(deny("o", read))}, read, Verdict::denied},
      {"deny by wildcard wins", {allow("orders", read), deny("*", all, "User:*")}, read, Verdict::denied},
      {"deny of something else", {allow("orders", read), deny("orders", write)}, read, Verdict::allowed},
      {"deny of somebody else", {allow("orders", read), deny("orders", read, "User:bob")}, read, Verdict::allowed},
      {"read implies describe", {allow("orders", read)}, describe, Verdict::allowed},
      {"write implies describe", {allow("orders", write)}, describe, Verdict::allowed},
      {"delete implies describe", {allow("orders", remove)}, describe, Verdict::allowed},
      {"alter implies describe", {allow("orders", alter)}, describe, Verdict::allowed},
      {"create implies nothing", {allow("orders", create)}, describe, Verdict::denied},
      {"alter configs implies describe configs", {allow("orders", alter_configs)}, describe_configs, Verdict::allowed},
      {"alter configs implies no describe", {allow("orders", alter_configs)}, describe, Verdict::denied},
      {"a deny implies nothing", {allow("orders", all), deny("orders", read)}, describe, Verdict::allowed},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(image_of(row.acls)->decide(kAlice, row.asked, ResourceType::topic, "orders"), row.verdict) << row.what;
  }
  EXPECT_EQ(image_of({allow("orders", read)})->decide(kAlice, read, ResourceType::group, "orders"), Verdict::no_acls);
}

TEST(AclImageTest, finds_whether_anything_of_a_type_is_allowed) {
  const struct {
    const char* what;
    std::vector<AclBinding> acls;
    bool by_default;
    bool allowed;
  } kRows[] = {
      {"nothing", {}, false, false},
      {"nothing, but open", {}, true, true},
      {"one topic", {allow("a", write)}, false, true},
      {"all operations", {allow("a", all)}, false, true},
      {"no implication here", {allow("a", alter)}, false, false},
      {"a prefix", {prefixed(allow("a", write))}, false, true},
      {"everything denied", {allow("a", write), deny("*", write)}, false, false},
      {"everything denied, though open", {deny("*", write)}, true, false},
      {"the one denied", {allow("a", write), deny("a", all)}, false, false},
      {"another denied", {allow("a", write), deny("b", write)}, false, true},
      {"its prefix denied", {allow("abc", write), prefixed(deny("ab", write))}, false, false},
      {"all, but a prefix", {allow("*", write), prefixed(deny("ab", write))}, false, true},
      {"a prefix within a denied one", {prefixed(allow("abc", write)), prefixed(deny("ab", write))}, false, false},
      {"a prefix around a denied one", {prefixed(allow("a", write)), prefixed(deny("ab", write))}, false, true},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(image_of(row.acls)->allows_any(kAlice, write, ResourceType::topic, row.by_default), row.allowed)
        << row.what;
  }
}

TEST(AclImageTest, forgets_patterns_without_entries) {
  const auto literal = allow("a", read);
  const auto prefix = prefixed(allow("a", read));
  auto image = image_of({literal, prefix});
  EXPECT_EQ(image->resources().size(), 2u);
  auto less = image->with({{prefix.resource, {}}});
  EXPECT_EQ(less->resources(), std::vector<ResourcePattern>{literal.resource});
  EXPECT_EQ(less->decide(kAlice, read, ResourceType::topic, "ab"), Verdict::no_acls);
  EXPECT_EQ(image->decide(kAlice, read, ResourceType::topic, "ab"), Verdict::allowed);  // the old one stays as it was
}

TEST(AclFilterTest, matches_patterns) {
  const AclBinding all[] = {allow("shop", read), allow("*", read), prefixed(allow("sh", read)),
                            prefixed(allow("shop", read)), allow("other", read)};
  const struct {
    std::optional<std::string> name;
    PatternType pattern;
    std::vector<int> matched;  // indexes
  } kRows[] = {
      {std::nullopt, PatternType::any, {0, 1, 2, 3, 4}},
      {std::nullopt, PatternType::prefixed, {2, 3}},
      {"shop", PatternType::any, {0, 3}},
      {"shop", PatternType::literal, {0}},
      {"shop", PatternType::prefixed, {3}},
      {"shop", PatternType::match, {0, 1, 2, 3}},
      {"shops", PatternType::match, {1, 2, 3}},
      {"*", PatternType::literal, {1}},
      {"nothing", PatternType::literal, {}},
  };
  for (const auto& row : kRows) {
    AclFilter filter{ResourceType::topic, row.name, row.pattern, {}, {}, any, Permission::any};
    std::vector<int> matched;
    for (int i = 0; i < 5; ++i) {
      if (filter.matches(all[i].resource)) matched.push_back(i);
    }
    EXPECT_EQ(matched, row.matched) << row.name.value_or("null") << " " << static_cast<int>(row.pattern);
    filter.type = ResourceType::group;
    EXPECT_FALSE(filter.matches(all[0].resource));
  }
}

TEST(AclFilterTest, matches_entries) {
  const AccessControlEntry entry{"User:alice", "*", read, Permission::allow};
  using Text = std::optional<std::string>;
  const struct {
    Text principal, host;
    Operation operation;
    Permission permission;
    bool matches;
  } kRows[] = {
      {{}, {}, any, Permission::any, true},          {"User:alice", "*", read, Permission::allow, true},
      {"User:bob", {}, any, Permission::any, false}, {{}, "10.0.0.1", any, Permission::any, false},
      {{}, {}, all, Permission::any, false},         {{}, {}, any, Permission::deny, false},
  };
  for (const auto& row : kRows) {
    AclFilter filter{ResourceType::any, {}, PatternType::any, row.principal, row.host, row.operation, row.permission};
    EXPECT_EQ(filter.matches(entry), row.matches);
  }
}

TEST(AclTest, names_are_kafkas) {
  EXPECT_EQ(name(ResourceType::transactional_id), "TransactionalId");
  EXPECT_EQ(constant_name(ResourceType::delegation_token), "DELEGATION_TOKEN");
  EXPECT_EQ(constant_name(PatternType::prefixed), "PREFIXED");
  for (ResourceType type : kResourceTypes) {
    EXPECT_EQ(resource_type_of_name(name(type)), type);
    EXPECT_EQ(resource_type_of_constant(constant_name(type)), type);
  }
  for (int8_t code = 2; code <= 14; ++code) EXPECT_EQ(operation_of_name(name(operation(code))), operation(code));
  EXPECT_EQ(operation_of_name("DESCRIBECONFIGS"), describe_configs);
  EXPECT_EQ(operation(15), unknown);
  EXPECT_EQ(operation(-1), unknown);
  EXPECT_EQ(permission_of_name("Allow"), Permission::allow);
  EXPECT_EQ(resource_type_of_name("Cluser"), ResourceType::unknown);
}

}  // namespace
}  // namespace meerkat::security
