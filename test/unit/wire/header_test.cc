#include "wire/header.h"

#include <gtest/gtest.h>

#include "wire/messages/01_fetch.h"
#include "wire/messages/07_controlled_shutdown.h"
#include "wire/messages/18_api_versions.h"

namespace meerkat::wire {
namespace {

TEST(Header, VersionsFollowTheApi) {
  struct Case {
    ApiKey key;
    int16_t version, request, response;
  };
  const Case kCases[] = {
      {ApiKey::produce, 0, 1, 0},
      {ApiKey::produce, 8, 1, 0},
      {ApiKey::produce, 9, 2, 1},
      {ApiKey::controlled_shutdown, 0, 0, 0},
      {ApiKey::controlled_shutdown, 1, 1, 0},
      {ApiKey::controlled_shutdown, 3, 2, 1},
      {ApiKey::api_versions, 2, 1, 0},
      {ApiKey::api_versions, 3, 2, 0},
      {ApiKey::api_versions, 100, 2, 0},
      {ApiKey::sasl_handshake, 1, 1, 0},
      {ApiKey::alter_partition, 0, 2, 1},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(api_info(c.key).request_header_version(c.version), c.request) << name(c.key) << c.version;
    EXPECT_EQ(api_info(c.key).response_header_version(c.version), c.response) << name(c.key) << c.version;
  }
}

TEST(Header, RequestFrameRoundTrip) {
  FetchRequest request;
  request.max_wait_ms = 500;
  for (int16_t version = 0; version <= 17; ++version) {
    auto frame = encode_request(77, "a client", version, request);
    ASSERT_TRUE(frame.ok());
    Bytes bytes = frame->flatten();
    size_t used = 0;
    auto header = decode_request_header(bytes, &used);
    ASSERT_TRUE(header.ok());
    EXPECT_EQ(header->api_key(), ApiKey::fetch);
    EXPECT_EQ(header->request_api_version, version);
    EXPECT_EQ(header->correlation_id, 77);
    EXPECT_EQ(header->client_id, "a client");
    auto body = decode<FetchRequest>(ByteView(bytes).subspan(used), version);
    ASSERT_TRUE(body.ok());
    EXPECT_EQ(body->max_wait_ms, 500);
  }
}

TEST(Header, ControlledShutdownV0HasNoClientId) {
  auto frame = encode_request(5, "ignored", 0, ControlledShutdownRequest{});
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ(frame->size(), 8 + 4);
  size_t used = 0;
  Bytes bytes = frame->flatten();
  auto header = decode_request_header(bytes, &used);
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(used, 8u);
  EXPECT_EQ(header->client_id, "");
}

TEST(Header, NullClientIdIsAnEmptyOne) {
  auto frame = encode_request(5, std::nullopt, 0, ApiVersionsRequest{});
  ASSERT_TRUE(frame.ok());
  size_t used = 0;
  Bytes bytes = frame->flatten();
  EXPECT_EQ(decode_request_header(bytes, &used)->client_id, "");
}

TEST(Header, RefusesWhatIsNone) {
  size_t used = 0;
  EXPECT_FALSE(decode_request_header({}, &used).ok());
  EXPECT_FALSE(decode_request_header(Bytes(7, 0), &used).ok());                           // cut within the fixed part
  EXPECT_FALSE(decode_request_header(Bytes(8, 0), &used).ok());                           // no client id
  EXPECT_FALSE(decode_request_header(Bytes{0, 52, 0, 0, 0, 0, 0, 1, 0, 0}, &used).ok());  // Vote: KRaft only
  EXPECT_FALSE(decode_request_header(Bytes{0xff, 0xff, 0, 0, 0, 0, 0, 1, 0, 0}, &used).ok());
  EXPECT_TRUE(decode_request_header(Bytes{0, 18, 0, 100, 0, 0, 0, 1, 0, 0, 0}, &used).ok());  // a version of the future
}

TEST(Header, ApiVersionsAnswerToAVersionOfTheFuture) {
  // The bytes that Kafka answers to ApiVersions v100: header 0, body 0, and the one range that helps the client on.
  ApiVersionsResponse response;
  response.error_code = ErrorCode::unsupported_version;
  response.api_keys = {{.api_key = 18, .min_version = 0, .max_version = 4}};
  Chain frame = encode_response(RequestHeader{18, 100, 9, ""}, 0, response);
  EXPECT_EQ(frame.flatten(), (Bytes{0, 0, 0, 9, 0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 4}));
}

TEST(Header, ResponseFrameRoundTrip) {
  for (int16_t version : {0, 11, 12, 17}) {
    FetchResponse response;
    response.throttle_time_ms = version > 0 ? 31 : 0;
    Bytes bytes = encode_response(-2, version, response).flatten();
    size_t used = 0;
    auto header = decode_response_header(bytes, ApiKey::fetch, version, &used);
    ASSERT_TRUE(header.ok());
    EXPECT_EQ(header->correlation_id, -2);
    auto body = decode<FetchResponse>(ByteView(bytes).subspan(used), version);
    ASSERT_TRUE(body.ok());
    EXPECT_EQ(body->throttle_time_ms, response.throttle_time_ms);
  }
}

TEST(Api, TableIsOrderedAndFindable) {
  EXPECT_EQ(apis().size(), 62u);
  int16_t last = -1;
  for (const ApiInfo& api : apis()) {
    EXPECT_GT(static_cast<int16_t>(api.key), last);
    last = static_cast<int16_t>(api.key);
    EXPECT_EQ(find_api(last), &api);
    EXPECT_EQ(name(api.key), api.name);
  }
  for (int16_t key : {-1, 52, 59, 70, 32767, -32768}) EXPECT_EQ(find_api(key), nullptr) << key;
}

}  // namespace
}  // namespace meerkat::wire
