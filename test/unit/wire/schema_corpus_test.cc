// Our declarations against Kafka's message definitions: fields, types, versions, nullability, defaults, tags. Finds
// what round trips cannot: a field that is missing on both ways.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "test/fakes/corpus.h"
#include "test/unit/wire/any_message.h"

namespace meerkat::wire {
namespace {

using nlohmann::json;

std::string definitions_directory() { return test::corpus_directory() + "/../../reference/kafka-messages/"; }

/// The definition of that name (they hold // comments); null if it is not there.
json definition(const std::string& name) {
  for (const char* folder : {"", "group-coordinator/", "transaction-coordinator/"}) {
    std::ifstream in(definitions_directory() + folder + name + ".json");
    if (!in) continue;
    std::stringstream text;
    text << in.rdbuf();
    return json::parse(text.str(), nullptr, true, true);
  }
  return nullptr;
}

Versions parse(const json& range, Versions within) {
  if (range.is_null() || range == "none") return between(1, 0);
  std::string text = range;
  auto first = static_cast<int16_t>(std::stoi(text));
  Versions v = only(first);
  if (text.back() == '+') v = since(first);
  if (auto dash = text.find('-'); dash != std::string::npos)
    v.last = static_cast<int16_t>(std::stoi(text.substr(dash + 1)));
  v = {std::max(v.first, within.first), std::min(v.last, within.last)};
  return v.last < v.first ? between(1, 0) : v;
}

std::string text(Versions v) { return std::to_string(v.first) + ".." + std::to_string(v.last); }

/// Kafka's defaults are texts or numbers, decimal or hexadecimal; ours are decimal texts.
std::string normal_default(const json& field) {
  std::string type = field["type"];
  bool number = type.starts_with("int") || type.starts_with("uint") || type == "float64";
  json given = field.value("default", json());
  if (type.starts_with("[]") || type == "bytes" || type == "uuid" || type == "records" || isupper(type[0]))
    return given == "null" ? "null" : "";
  std::string value = given.is_string() ? given.get<std::string>() : given.is_null() ? "" : given.dump();
  if (number && type != "float64") return std::to_string(value.empty() ? 0 : std::stoll(value, nullptr, 0));
  if (type == "float64") return std::to_string(value.empty() ? 0.0 : std::stod(value));
  if (type == "bool") return value.empty() ? "false" : value;
  return value;
}

/// One line a field, structs opened where they are used; versions cut to those in which the field can occur at all.
void describe(const json& fields, const json& common, Versions within, const std::string& path,
              std::vector<std::string>& out) {
  for (const json& field : fields) {
    std::string name = path + field["name"].get<std::string>();
    Versions versions = parse(field["versions"], within);
    std::string type = field["type"];
    std::string line = name + " " + type + " " + text(versions);
    line += " null " + text(parse(field.value("nullableVersions", json("none")), versions));
    line += " default '" + normal_default(field) + "'";
    if (field.contains("tag"))
      line += " tag " + field["tag"].dump() + " " + text(parse(field["taggedVersions"], versions));
    if (field.value("flexibleVersions", "") == "none") line += " never compact";
    bool lacks = versions != within;
    if (lacks && field.value("ignorable", false)) line += " ignorable";
    out.push_back(line);
    std::string element = type.starts_with("[]") ? type.substr(2) : type;
    json inner = field.value("fields", json::array());
    for (const json& shared : common)
      if (shared["name"] == element) inner = shared["fields"];
    describe(inner, common, versions, name + ".", out);
  }
}

std::vector<std::string> describe(const json& message) {
  std::vector<std::string> out;
  Versions valid = parse(message["validVersions"], since(0));
  out.push_back(message["name"].get<std::string>() + " " + text(valid) + " flexible " +
                text(parse(message["flexibleVersions"], since(0))));
  describe(message["fields"], message.value("commonStructs", json::array()), valid, "", out);
  return out;
}

TEST(SchemaCorpus, DeclarationsEqualKafkasDefinitions) {
  // The tests stand alone: what is only beside the project may be missing. test/golden is always there.
  if (definition("ProduceRequest").is_null())
    GTEST_SKIP() << "no message definitions beside the corpus: set ORACLE_CORPUS to the oracle's corpus directory";
  for (const AnyMessage& message : all_messages()) {
    json theirs = definition(message.name);
    ASSERT_FALSE(theirs.is_null()) << message.name;
    EXPECT_EQ(describe(schema_json(message.info)), describe(theirs)) << message.name;
  }
}

TEST(SchemaCorpus, TagsRise) {
  // The writer visits tagged fields in the order of their declaration, and the protocol wants rising tags.
  std::function<void(const StructInfo&)> check = [&](const StructInfo& info) {
    int32_t last = -1;
    for (const FieldInfo& field : info.fields) {
      if (field.spec.tag >= 0) {
        EXPECT_GT(field.spec.tag, last) << info.name << "." << field.spec.name;
        last = field.spec.tag;
      }
      const TypeInfo* type = field.type->element ? field.type->element : field.type;
      if (type->structure != nullptr) check(*type->structure());
    }
  };
  for (const AnyMessage& message : all_messages()) check(*message.info.structure);
}

}  // namespace
}  // namespace meerkat::wire
