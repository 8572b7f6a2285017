// What the codec promises beyond the bytes: loss is refused, nulls are checked, records are not copied, lengths that
// lie cost nothing.
#include "wire/codec.h"

#include <gtest/gtest.h>

#include "test/unit/wire/allocations.h"
#include "wire/messages/00_produce.h"
#include "wire/messages/01_fetch.h"
#include "wire/messages/03_metadata.h"
#include "wire/messages/12_heartbeat.h"
#include "wire/messages/19_create_topics.h"
#include "wire/messages/60_describe_cluster.h"
#include "wire/messages/consumer_protocol.h"

namespace meerkat::wire {
namespace {

RecordsField owned_records(size_t size, uint8_t fill = 7) {
  auto memory = std::make_shared<Bytes>(size, fill);
  RecordsField field;
  field.view = *memory;
  field.owner = memory;
  return field;
}

TEST(Codec, RefusesToLoseWhatMatters) {
  Chain out;
  CreateTopicsRequest request;
  request.validate_only = true;
  auto status = try_encode(request, 0, out);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("validateOnly"), std::string::npos) << status.error().message;
  EXPECT_EQ(out.size(), 0);
  EXPECT_TRUE(try_encode(request, 1, out).ok());
}

TEST(Codec, LeavesOutWhatMayBeLost) {
  FetchResponse response;
  response.throttle_time_ms = 5;
  EXPECT_EQ(encode_bytes(response, 0), Bytes(4, 0));
  Chain out;
  EXPECT_TRUE(try_encode(response, 0, out).ok());
}

TEST(Codec, RefusesNullWhereTheVersionHasNone) {
  MetadataRequest request;
  request.topics.reset();
  Chain out;
  EXPECT_FALSE(try_encode(request, 0, out).ok());
  ASSERT_TRUE(try_encode(request, 1, out).ok());
  EXPECT_EQ(out.flatten(), Bytes(4, 0xff));
  EXPECT_FALSE(decode<MetadataRequest>(Bytes(4, 0xff), 0).ok());
  EXPECT_FALSE(decode<MetadataRequest>(Bytes(4, 0xff), 1)->topics.has_value());
}

TEST(Codec, RefusesVersionsThatDoNotExist) {
  Chain out;
  EXPECT_FALSE(try_encode(HeartbeatRequest{}, 5, out).ok());
  EXPECT_FALSE(try_encode(HeartbeatRequest{}, -1, out).ok());
  EXPECT_FALSE(decode<HeartbeatRequest>(Bytes(100, 0), 5).ok());
  EXPECT_FALSE(decode<HeartbeatRequest>(Bytes(100, 0), -1).ok());
}

TEST(Codec, RefusesStringsThatAreTooLong) {
  HeartbeatRequest request;
  request.group_id.assign(32768, 'x');
  Chain out;
  EXPECT_FALSE(try_encode(request, 0, out).ok());
  EXPECT_FALSE(try_encode(request, 4, out).ok());
  request.group_id.pop_back();
  ASSERT_TRUE(try_encode(request, 4, out).ok());
  EXPECT_EQ(decode<HeartbeatRequest>(out.flatten(), 4)->group_id, request.group_id);
}

TEST(Codec, ErrorsNameMessageFieldAndPlace) {
  auto decoded = decode<HeartbeatRequest>(Bytes{0, 1, 'g', 0, 0, 0, 1, 0, 9}, 0);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().message, "HeartbeatRequest v0: field MemberId is cut off at byte 9");
}

TEST(Codec, BytesLeftOverAreReportedNotRefused) {
  size_t used = 0;
  Bytes body = encode_bytes(HeartbeatRequest{}, 4);
  size_t size = body.size();
  body.push_back(1);
  EXPECT_TRUE(decode<HeartbeatRequest>(body, 4, &used).ok());
  EXPECT_EQ(used, size);
}

TEST(Codec, KeepsUnknownErrorCodes) {
  DescribeClusterResponse response;
  response.error_code = static_cast<ErrorCode>(12345);
  auto again = decode<DescribeClusterResponse>(encode_bytes(response, 1), 1);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(static_cast<int>(again->error_code), 12345);
}

TEST(Codec, MalformedTextBecomesReplacementCharacters) {
  HeartbeatRequest request;
  request.group_id =
      "a\xff"
      "b";
  auto again = decode<HeartbeatRequest>(encode_bytes(request, 3), 3);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->group_id,
            "a\xef\xbf\xbd"
            "b");
}

TEST(Codec, UnknownTagsAreSkippedOrKept) {
  Bytes body = encode_bytes(HeartbeatRequest{}, 4);
  ASSERT_EQ(body.back(), 0);  // no tagged fields
  body.back() = 1;
  body.insert(body.end(), {99, 3, 'x', 'y', 'z'});
  EXPECT_TRUE(decode<HeartbeatRequest>(body, 4).ok());
  HeartbeatRequest request;
  UnknownTags unknown;
  ASSERT_TRUE(decode_into(request, body, 4, nullptr, &unknown).ok());
  Chain out;
  ASSERT_TRUE(try_encode(request, 4, out, {}, &unknown).ok());
  EXPECT_EQ(out.flatten(), body);
}

TEST(Codec, LyingLengthsAllocateNothing) {
  // A produce request that claims two billion topics, then nothing.
  Bytes body = {0xff, 0xff, 0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff};
  test::AllocationCount count;
  EXPECT_FALSE(decode<ProduceRequest>(body, 0).ok());
  EXPECT_LT(count.bytes(), 1000u);
}

TEST(Codec, DecodedRecordsPointIntoTheFrame) {
  ProduceRequest request;
  request.topic_data.resize(1);
  request.topic_data[0].partition_data.resize(1);
  request.topic_data[0].partition_data[0].records = owned_records(5000);
  Bytes body = encode_bytes(request, 9);
  auto decoded = decode<ProduceRequest>(body, 9);
  ASSERT_TRUE(decoded.ok());
  ByteView view = decoded->topic_data[0].partition_data[0].records.view;
  EXPECT_EQ(view.size(), 5000u);
  EXPECT_GE(view.data(), body.data());
  EXPECT_LE(view.data() + view.size(), body.data() + body.size());
}

FetchResponse fetch_response(size_t partitions, size_t bytes_each) {
  FetchResponse response;
  response.responses.resize(1);
  response.responses[0].partitions.resize(partitions);
  for (size_t i = 0; i < partitions; ++i) {
    auto& partition = response.responses[0].partitions[i];
    partition.partition_index = static_cast<int32_t>(i);
    partition.records = owned_records(bytes_each, static_cast<uint8_t>(i));
  }
  return response;
}

TEST(Codec, EncodesRecordsByReference) {
  FetchResponse response = fetch_response(3, 10000);
  Chain out;
  encode(response, 12, out);
  size_t referenced = 0;
  for (const Chain::Part& part : out.parts())
    if (auto* view = std::get_if<SharedView>(&part))
      for (const auto& p : response.responses[0].partitions)
        referenced += view->bytes.data() == p.records.view.data() && view->owner == p.records.owner;
  EXPECT_EQ(referenced, 3u);

  Bytes flat = out.flatten();
  auto again = decode<FetchResponse>(flat, 12);
  ASSERT_TRUE(again.ok());
  for (size_t i = 0; i < 3; ++i) {
    ByteView view = again->responses[0].partitions[i].records.view;
    ASSERT_EQ(view.size(), 10000u);
    EXPECT_EQ(view[9999], i);
  }
}

TEST(Codec, CopiesRecordsThatNothingKeepsAlive) {
  Bytes memory(10000, 3);
  FetchResponse response = fetch_response(1, 1);
  response.responses[0].partitions[0].records.view = memory;
  response.responses[0].partitions[0].records.owner.reset();
  Chain out;
  encode(response, 12, out);
  memory.assign(memory.size(), 4);
  EXPECT_EQ(decode<FetchResponse>(out.flatten(), 12)->responses[0].partitions[0].records.view[5000], 3);
}

TEST(Codec, EmptyRecordsAreNotNull) {
  ProduceRequest request;
  request.topic_data.resize(1);
  request.topic_data[0].partition_data.resize(2);
  request.topic_data[0].partition_data[1].records.null = true;
  for (int16_t version : {3, 9}) {
    auto again = decode<ProduceRequest>(encode_bytes(request, version), version);
    ASSERT_TRUE(again.ok());
    EXPECT_FALSE(again->topic_data[0].partition_data[0].records.null);
    EXPECT_TRUE(again->topic_data[0].partition_data[1].records.null);
  }
}

TEST(Codec, FetchAllocatesForTheMessageNotForThePartition) {
  FetchResponse response = fetch_response(200, 10000);
  Chain warm_up;
  encode(response, 17, warm_up);
  test::AllocationCount count;
  Chain out;
  encode(response, 17, out);
  EXPECT_LE(count.calls(), 4u);  // the block and its owner, the list of parts

  FetchRequest request;
  request.topics.resize(1);
  request.topics[0].partitions.resize(200);
  Bytes body = encode_bytes(request, 17);
  test::AllocationCount decoding;
  ASSERT_TRUE(decode<FetchRequest>(body, 17).ok());
  EXPECT_LE(decoding.calls(), 2u);  // topics, partitions
}

TEST(Codec, EncodeAppendsBehindAPrefix) {
  Chain out;
  out.append(Bytes{1, 2});
  const uint8_t prefix[] = {3};
  encode(HeartbeatResponse{}, 0, out, prefix);
  EXPECT_EQ(out.flatten(), (Bytes{1, 2, 3, 0, 0}));
  EXPECT_EQ(out.parts().size(), 1u);
}

TEST(Codec, LongTaggedFieldsGetTheirFullSize) {
  FetchResponse response;
  response.node_endpoints.resize(40);
  for (auto& node : response.node_endpoints) node.host = "a-host-with-a-long-name.example";
  auto again = decode<FetchResponse>(encode_bytes(response, 16), 16);
  ASSERT_TRUE(again.ok());
  ASSERT_EQ(again->node_endpoints.size(), 40u);
  EXPECT_EQ(again->node_endpoints[39].host, response.node_endpoints[39].host);
}

TEST(Codec, NewerConsumerMetadataIsReadAsTheNewestKnown) {
  ConsumerProtocolSubscription subscription;
  subscription.topics = {"t"};
  Bytes bytes = encode_versioned(subscription, 3);
  store_be<int16_t>(bytes.data(), 9);
  int16_t version = 0;
  auto read = decode_versioned<ConsumerProtocolSubscription>(bytes, true, &version);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(version, 9);
  EXPECT_EQ(read->topics, subscription.topics);
  EXPECT_FALSE(decode_versioned<ConsumerProtocolSubscription>(bytes).ok());
  store_be<int16_t>(bytes.data(), -1);
  EXPECT_FALSE(decode_versioned<ConsumerProtocolSubscription>(bytes, true).ok());
  EXPECT_FALSE(decode_versioned<ConsumerProtocolSubscription>(Bytes{0}, true).ok());
}

}  // namespace
}  // namespace meerkat::wire
