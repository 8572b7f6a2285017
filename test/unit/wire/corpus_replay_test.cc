// Replays the oracle's messages both ways: what Kafka wrote we read alike, and write again byte for byte.
#include <gtest/gtest.h>

#include "test/fakes/corpus.h"
#include "test/unit/wire/replay.h"
#include "wire/api.h"

namespace meerkat::wire {
namespace {

using nlohmann::json;

void replay(const AnyMessage& message, const json& line, ByteView body, Differences& out) {
  replay(message, line["version"].get<int16_t>(), body, line["json"], out);
}

TEST(CorpusReplay, Messages) {
  auto lines = test::corpus_lines("messages");
  SKIP_WITHOUT_CORPUS(lines);
  Differences differences;
  for (const json& line : lines) {
    bool request = line["kind"] == "request";
    const AnyMessage* message = find_message(line["name"].get<std::string>() + (request ? "Request" : "Response"));
    if (message == nullptr) {
      differences.add(line["name"], "no such message");
      continue;
    }
    const ApiInfo* api = find_api(line["api"].get<int16_t>());
    auto version = line["version"].get<int16_t>();
    ASSERT_NE(api, nullptr);
    EXPECT_EQ(request ? api->request_header_version(version) : api->response_header_version(version), line["header"])
        << line["name"] << " v" << version;
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
      differences.add(line["api"], "no such schema");
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
