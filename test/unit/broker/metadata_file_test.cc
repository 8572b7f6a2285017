#include "broker/metadata_file.h"

#include <gtest/gtest.h>

#include "test/fakes/faulty_file_system.h"
#include "wire/messages/06_update_metadata.h"

namespace meerkat::broker {
namespace {

class MetadataFileTest : public testing::Test {
 protected:
  MetadataFileTest() {
    for (const char* dir : {"/a", "/b"}) EXPECT_TRUE(fs_.make_directory(dir).ok());
    wire::UpdateMetadataRequest request;
    auto& topic = request.topic_states.emplace_back();
    topic.topic_name = "t";
    topic.topic_id = id_;
    auto& partition = topic.partition_states.emplace_back();
    partition.partition_index = 3;
    partition.controller_epoch = 9;
    partition.leader = 2;
    partition.leader_epoch = 5;
    partition.zk_version = 11;
    partition.isr = {2, 1};
    partition.replicas = {1, 2};
    image_ = cluster::MetadataImage().apply(request);
  }

  MetadataFile file() { return MetadataFile(fs_, {"/a", "/b"}); }
  static std::string path(const char* dir) { return std::string(dir) + "/" + MetadataFile::kName; }

  fakes::FaultyFileSystem fs_;
  const Uuid id_ = Uuid::random();
  std::shared_ptr<const cluster::MetadataImage> image_;
};

TEST_F(MetadataFileTest, TheNextProcessKnowsThePartitions) {
  EXPECT_EQ(file().read(), nullptr);
  file().write(*image_);
  const auto found = file().read();
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->topic("t")->id, id_);
  const auto* partition = found->partition("t", 3);
  ASSERT_NE(partition, nullptr);
  EXPECT_EQ(partition->controller_epoch, 9);
  EXPECT_EQ(partition->leader, 2);
  EXPECT_EQ(partition->leader_epoch, 5);
  EXPECT_EQ(partition->zk_version, 11);
  EXPECT_EQ(partition->isr, (std::vector<int32_t>{2, 1}));
  EXPECT_EQ(partition->replicas, (std::vector<int32_t>{1, 2}));
}

TEST_F(MetadataFileTest, ABrokerThatWasToldNothingKeepsWhatThereIs) {
  file().write(*image_);
  file().write(cluster::MetadataImage());
  ASSERT_NE(file().read(), nullptr);
  EXPECT_EQ(file().read()->topic_count(), 1u);
}

TEST_F(MetadataFileTest, ADirectoryThatFailsIsPassedOver) {
  fs_.fail_at(1, EIO);
  file().write(*image_);
  EXPECT_FALSE(fs_.exists(path("/a")));
  EXPECT_NE(file().read(), nullptr);
}

TEST_F(MetadataFileTest, WhatIsDamagedIsNotBelieved) {
  file().write(*image_);
  const Bytes whole = fs_.content(path("/a"));
  for (size_t i = 0; i < whole.size(); ++i) {
    Bytes damaged = whole;
    damaged[i] ^= 1;
    ASSERT_TRUE(write_atomically(fs_, path("/a"), damaged).ok());
    EXPECT_EQ(file().read(), nullptr) << "byte " << i;
    ASSERT_TRUE(write_atomically(fs_, path("/a"), ByteView(whole).first(i)).ok());
    EXPECT_EQ(file().read(), nullptr) << i << " bytes";
  }
}

}  // namespace
}  // namespace meerkat::broker
