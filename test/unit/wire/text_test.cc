// Errors and text.
#include <gtest/gtest.h>

#include "wire/error.h"
#include "wire/utf8.h"

namespace meerkat::wire {
namespace {

TEST(Error, NamesAndMessages) {
  EXPECT_EQ(name(ErrorCode::unknown_server_error), "UNKNOWN_SERVER_ERROR");
  EXPECT_EQ(name(ErrorCode::none), "NONE");
  EXPECT_EQ(name(ErrorCode::not_leader_or_follower), "NOT_LEADER_OR_FOLLOWER");
  EXPECT_EQ(static_cast<int>(ErrorCode::transaction_abortable), 120);
  EXPECT_EQ(static_cast<int>(ErrorCode::voter_not_found), 127);
  EXPECT_EQ(default_message(ErrorCode::none), "");
  EXPECT_NE(default_message(ErrorCode::topic_already_exists), "");
}

TEST(Error, CodesThatWeDoNotKnow) {
  for (int code : {-2, 128, 32767, -32768}) {
    auto unknown = static_cast<ErrorCode>(code);
    EXPECT_EQ(name(unknown), "UNKNOWN_SERVER_ERROR");
    EXPECT_FALSE(retriable(unknown));
  }
}

TEST(Error, Retriable) {
  for (auto code : {ErrorCode::not_leader_or_follower, ErrorCode::leader_not_available, ErrorCode::not_controller,
                    ErrorCode::coordinator_load_in_progress, ErrorCode::kafka_storage_error})
    EXPECT_TRUE(retriable(code)) << code;
  for (auto code : {ErrorCode::none, ErrorCode::unknown_server_error, ErrorCode::rebalance_in_progress,
                    ErrorCode::invalid_topic_exception, ErrorCode::stale_controller_epoch})
    EXPECT_FALSE(retriable(code)) << code;
}

TEST(Error, RefuseFillsInTheDefaultMessage) {
  Outcome<int> plain = refuse(ErrorCode::topic_already_exists);
  ASSERT_FALSE(plain.ok());
  EXPECT_EQ(plain.error().message, default_message(ErrorCode::topic_already_exists));
  Outcome<int> precise = refuse(ErrorCode::topic_already_exists, "Topic 'a' exists.");
  EXPECT_EQ(precise.error().message, "Topic 'a' exists.");
}

TEST(Utf8, MalformedSequencesAreReplacedWhereJavaReplacesThem) {
  const std::string r = "\xef\xbf\xbd";
  const std::pair<std::string, std::string> kCases[] = {
      {"", ""},
      {"plain text longer than one word", "plain text longer than one word"},
      {"\xc3\xa9\xe4\xb8\xad\xf0\x9f\xa6\xa6", "\xc3\xa9\xe4\xb8\xad\xf0\x9f\xa6\xa6"},
      {std::string("nul\0inside", 10), std::string("nul\0inside", 10)},
      {"\x80", r},                          // a continuation without a lead
      {"\xc3", r},                          // cut after the lead
      {"\xc3(", r + "("},                   // wrong second byte
      {"\xc0\xaf", r + r},                  // overlong
      {"\xe0\x80\xaf", r + r + r},          // overlong
      {"\xe4\xb8", r},                      // cut after two of three
      {"\xe4\xb8(", r + "("},               // wrong third byte
      {"\xed\xa0\x80x", r + "x"},           // a surrogate: one for all three bytes
      {"\xf0\x9f\xa6", r},                  // cut after three of four
      {"\xf0\x9f(", r + "("},               // wrong third byte
      {"\xf0\x8f\xbf\xbf", r + r + r + r},  // overlong
      {"\xf4\x90\x80\x80", r + r + r + r},  // above U+10FFFF
      {"\xf5\x80\x80\x80z", r + r + r + r + "z"},
      {"ok\xff"
       "ok",
       "ok" + r + "ok"},
      {"12345678\xff"
       "12345678",
       "12345678" + r + "12345678"},
  };
  for (const auto& [raw, text] : kCases) {
    EXPECT_EQ(to_utf8(as_bytes(raw)), text) << testing::PrintToString(raw);
    EXPECT_EQ(is_utf8(as_bytes(raw)), raw == text) << testing::PrintToString(raw);
    EXPECT_TRUE(is_utf8(as_bytes(text)));
  }
}

}  // namespace
}  // namespace meerkat::wire
