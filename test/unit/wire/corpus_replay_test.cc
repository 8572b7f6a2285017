// Replays the oracle's messages both ways: what Kafka wrote we read alike, and write again byte for byte.
#include <gtest/gtest.h>

#include "test/fakes/corpus.h"
#include "test/unit/wire/any_message.h"
#include "wire/api.h"

namespace meerkat::wire {
namespace {

using nlohmann::json;

/// The first few differences are shown, the rest counted.
class Differences {
 public:
  void add(const std::string& where, const std::string& what) {
    if (++count_ <= 20) text_ += where + ": " + what + "\n";
  }
  ~Differences() { EXPECT_EQ(count_, 0) << text_; }

 private:
  int count_ = 0;
  std::string text_;
};

std::string where(const json& line) {
  return (line.contains("name") ? line["name"].get<std::string>() + " " : line["api"].dump() + " ") +
         line["kind"].get<std::string>() + " v" + line["version"].dump() + " " +
         line["hex"].get<std::string>().substr(0, 160);
}

void replay(const AnyMessage& message, const json& line, ByteView body, Differences& out) {
  auto version = line["version"].get<int16_t>();
  auto decoded = message.make();
  UnknownTags unknown;
  size_t used = 0;
  if (auto status = message.decode(decoded.get(), body, version, &used, &unknown); !status)
    return out.add(where(line), "not decoded: " + status.error().message);
  if (used != body.size()) out.add(where(line), "bytes left over");
  if (json got = to_json(message.info, decoded.get(), version, &unknown); got != line["json"])
    out.add(where(line), "decoded as " + got.dump() + " instead of " + line["json"].dump());

  auto made = message.make();
  UnknownTags given;
  if (auto status = from_json(line["json"], message.info, made.get(), version, &given); !status)
    return out.add(where(line), "JSON not understood: " + status.error().message);
  Chain chain;
  if (auto status = message.encode(made.get(), version, chain, &given); !status)
    return out.add(where(line), "not encoded: " + status.error().message);
  if (Bytes bytes = chain.flatten(); !std::equal(bytes.begin(), bytes.end(), body.begin(), body.end()))
    out.add(where(line), "encoded as " + test::to_hex(bytes));

  // Without a place for unknown tags they are skipped, and all else stays.
  auto plain = message.make();
  if (!message.decode(plain.get(), body, version, nullptr, nullptr).ok()) out.add(where(line), "not decoded plainly");
  if (unknown.empty() && to_json(message.info, plain.get(), version) != line["json"])
    out.add(where(line), "decoded differently without a place for unknown tags");
}

TEST(CorpusReplay, Messages) {
  auto lines = test::corpus_lines("messages");
  SKIP_WITHOUT_CORPUS(lines);
  Differences differences;
  for (const json& line : lines) {
    bool request = line["kind"] == "request";
    const AnyMessage* message = find_message(line["name"].get<std::string>() + (request ? "Request" : "Response"));
    if (message == nullptr) {
      differences.add(where(line), "no such message");
      continue;
    }
    const ApiInfo* api = find_api(line["api"].get<int16_t>());
    auto version = line["version"].get<int16_t>();
    ASSERT_NE(api, nullptr);
    EXPECT_EQ(request ? api->request_header_version(version) : api->response_header_version(version), line["header"])
        << where(line);
    replay(*message, line, test::from_hex(line["hex"].get<std::string>()), differences);
  }
}

TEST(CorpusReplay, Headers) {
  auto lines = test::corpus_lines("headers");
  SKIP_WITHOUT_CORPUS(lines);
  Differences differences;
  for (const json& line : lines) {
    const AnyMessage* message = find_message(line["kind"] == "request-header" ? "RequestHeader" : "ResponseHeader");
    replay(*message, line, test::from_hex(line["hex"].get<std::string>()), differences);
  }
}

/// Lines whose hex starts with the version.
void replay_versioned(const char* corpus) {
  auto lines = test::corpus_lines(corpus);
  SKIP_WITHOUT_CORPUS(lines);
  Differences differences;
  for (const json& line : lines) {
    if (line["api"] == "written") continue;
    const AnyMessage* message = find_message(line["api"].get<std::string>());
    if (message == nullptr) {
      differences.add(where(line), "no such schema");
      continue;
    }
    Bytes bytes = test::from_hex(line["hex"].get<std::string>());
    ASSERT_EQ(load_be<int16_t>(bytes.data()), line["version"].get<int16_t>());
    replay(*message, line, ByteView(bytes).subspan(sizeof(int16_t)), differences);
  }
}

TEST(CorpusReplay, Schemas) { replay_versioned("schemas"); }
TEST(CorpusReplay, CoordinatorRecords) { replay_versioned("coordinator"); }

}  // namespace
}  // namespace meerkat::wire
