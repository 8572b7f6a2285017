// Replays our own golden set, which needs nothing beside the project: one sample of every message and version, in
// test/golden/messages.jsonl ({"name", "version", "hex", "json"}). UPDATE_GOLDEN=1 writes it anew; look at the diff.
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "test/fakes/corpus.h"
#include "test/unit/wire/replay.h"

namespace meerkat::wire {
namespace {

using nlohmann::json;

constexpr const char* kPath = "test/golden/messages.jsonl";

/// Makes a sample: every field of the version has a value of its own that is not its default.
class Sampler {
 public:
  explicit Sampler(int16_t version) : version_(version) {}

  json structure(const StructInfo& info) {
    json out = json::object();
    for (const FieldInfo& field : info.fields) {
      if (!field.spec.versions.has(version_)) continue;
      std::string name = field.spec.name;
      if (name[0] < 'a') name[0] = static_cast<char>(name[0] + 'a' - 'A');
      out[name] = value(*field.type, name);
    }
    return out;
  }

 private:
  json value(const TypeInfo& type, const std::string& name) {
    int64_t n = ++counter_;
    switch (type.kind) {
      case Kind::boolean:
        return true;
      case Kind::int8:
        return n % 128;
      case Kind::int16:
        return 256 + n;
      case Kind::uint16:
        return 40000 + n;
      case Kind::int32:
        return 65536 * n + 1;
      case Kind::int64:
        return (int64_t{1} << 40) + n;
      case Kind::float64:
        return 0.5 + static_cast<double>(n);
      case Kind::string:
        return name + "-" + std::to_string(n);
      case Kind::bytes:
        return "AAEC/w==";
      case Kind::uuid:
        return "AAAAAAAAAAAAAAAAAAAA" + std::string(n % 2 ? "Ag" : "BQ");
      case Kind::records:
        return "c29tZSByZWNvcmRz";
      case Kind::structure:
        return structure(*type.structure());
      case Kind::array:
        break;
    }
    return json::array({value(*type.element, name)});
  }

  int16_t version_;
  int64_t counter_ = 0;
};

void update() {
  std::ofstream out(kPath);
  for (const AnyMessage& message : all_messages()) {
    for (int16_t v = message.info.versions.first; v <= message.info.versions.last; ++v) {
      json sample = Sampler(v).structure(*message.info.structure);
      auto made = message.make();
      Chain bytes;
      auto parsed = from_json(sample, message.info, made.get(), v);
      ASSERT_TRUE(parsed.ok()) << message.name << ": " << parsed.error().message;
      ASSERT_TRUE(message.encode(made.get(), v, bytes, nullptr).ok());
      json line = {{"name", message.name}, {"version", v}, {"hex", test::to_hex(bytes.flatten())}, {"json", sample}};
      out << line.dump() << '\n';
    }
  }
}

TEST(Golden, MessagesAreReadAndWrittenAsEver) {
  if (std::getenv("UPDATE_GOLDEN") != nullptr) update();
  std::ifstream in(kPath);
  ASSERT_TRUE(in) << kPath << " is missing (the tests run in the project's directory)";
  Differences differences;
  std::set<std::pair<std::string, int>> seen;
  for (std::string text; std::getline(in, text);) {
    json line = json::parse(text);
    const AnyMessage* message = find_message(line["name"]);
    ASSERT_NE(message, nullptr) << line["name"];
    auto version = line["version"].get<int16_t>();
    seen.emplace(message->name, version);
    replay(*message, version, test::from_hex(line["hex"].get<std::string>()), line["json"], differences);
  }
  for (const AnyMessage& message : all_messages())
    for (int v = message.info.versions.first; v <= message.info.versions.last; ++v)
      EXPECT_TRUE(seen.contains({message.name, v})) << message.name << " v" << v << " has no sample";
}

TEST(Golden, EveryTruncationIsRefused) {
  std::ifstream in(kPath);
  ASSERT_TRUE(in);
  for (std::string text; std::getline(in, text);) {
    json line = json::parse(text);
    const AnyMessage* message = find_message(line["name"]);
    Bytes body = test::from_hex(line["hex"].get<std::string>());
    for (size_t n = 0; n < body.size(); ++n) {
      auto decoded = message->make();
      // A copy of its own size, so that a sanitizer sees the first byte read too far.
      Bytes cut(body.begin(), body.begin() + static_cast<long>(n));
      ASSERT_FALSE(message->decode(decoded.get(), cut, line["version"].get<int16_t>(), nullptr, nullptr).ok())
          << line["name"] << " v" << line["version"] << " cut at " << n;
    }
  }
}

}  // namespace
}  // namespace meerkat::wire
