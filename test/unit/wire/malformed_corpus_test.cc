// Replays the oracle's damaged requests: refused where Kafka refuses, else read as Kafka reads them; and no input makes
// us allocate much more than its own size.
#include <gtest/gtest.h>

#include "test/fakes/corpus.h"
#include "test/unit/wire/allocations.h"
#include "test/unit/wire/any_message.h"

namespace meerkat::wire {
namespace {

using nlohmann::json;

// A decoded struct is larger than its encoding: an empty topic of 3 bytes becomes two std::vectors and a std::string.
constexpr size_t kGrowth = 64;
constexpr size_t kSlack = 4096;

TEST(MalformedCorpus, RequestsAreReadOrRefusedAsByKafka) {
  auto lines = test::corpus_lines("malformed");
  SKIP_WITHOUT_CORPUS(lines);
  int shown = 0;
  for (const json& line : lines) {
    const AnyMessage* message = find_message(line["name"].get<std::string>() + "Request");
    ASSERT_NE(message, nullptr);
    Bytes body = test::from_hex(line["hex"].get<std::string>());
    auto version = line["version"].get<int16_t>();
    auto decoded = message->make();
    UnknownTags unknown;
    size_t used = 0;
    // Kafka's verdict covers reading and writing again.
    Chain out;
    bool ok = message->decode(decoded.get(), body, version, &used, &unknown).ok() && used == body.size() &&
              message->encode(decoded.get(), version, out, &unknown).ok();
    bool kafka_ok = !line.contains("error");
    std::string where = line["name"].get<std::string>() + " v" + line["version"].dump() + " " + line.dump();
    EXPECT_EQ(ok, kafka_ok) << where;
    if (ok != kafka_ok && ++shown > 10) return;
    if (!ok || !kafka_ok) continue;
    EXPECT_EQ(to_json(message->info, decoded.get(), version, &unknown), line["json"]) << where;
    Bytes again = out.flatten();
    EXPECT_EQ(again == body, line["canonical"].get<bool>()) << where << " encoded " << test::to_hex(again);
  }
}

TEST(MalformedCorpus, AllocationsAreBoundedByTheInput) {
  auto lines = test::corpus_lines("malformed");
  SKIP_WITHOUT_CORPUS(lines);
  for (const json& line : lines) {
    const AnyMessage* message = find_message(line["name"].get<std::string>() + "Request");
    ASSERT_NE(message, nullptr);
    Bytes body = test::from_hex(line["hex"].get<std::string>());
    auto decoded = message->make();
    test::AllocationCount count;
    (void)message->decode(decoded.get(), body, line["version"].get<int16_t>(), nullptr, nullptr);
    EXPECT_LE(count.bytes(), body.size() * kGrowth + kSlack) << line.dump();
  }
}

}  // namespace
}  // namespace meerkat::wire
