#include "api/metadata_waits.h"

#include <gtest/gtest.h>

#include <future>

#include "wire/messages/06_update_metadata.h"

namespace meerkat::api {
namespace {

class MetadataWaitsTest : public ::testing::Test {
 protected:
  MetadataWaitsTest() : waits_(loop_, metadata_) { loop_.start(); }
  ~MetadataWaitsTest() override { loop_.stop(); }

  void controller_becomes(int32_t id) {
    wire::UpdateMetadataRequest request;
    request.controller_id = id;
    metadata_.apply(request);
  }
  std::future<void> wait_for_controller(int32_t id, std::chrono::milliseconds limit) {
    auto done = std::make_shared<std::promise<void>>();
    waits_.wait([id](const cluster::MetadataImage& image) { return image.controller_id() == id; }, limit,
                [done] { done->set_value(); });
    return done->get_future();
  }

  cluster::MetadataCache metadata_;
  event::Loop loop_{"test"};
  MetadataWaits waits_;
};

constexpr std::chrono::minutes kLong{10};

TEST_F(MetadataWaitsTest, EndsAtOnceWhenTheConditionHolds) {
  controller_becomes(3);
  wait_for_controller(3, kLong).get();
}

TEST_F(MetadataWaitsTest, EndsWhenTheMetadataShowsIt) {
  auto three = wait_for_controller(3, kLong);
  auto four = wait_for_controller(4, kLong);
  controller_becomes(4);
  four.get();
  EXPECT_EQ(three.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  controller_becomes(3);
  three.get();
}

TEST_F(MetadataWaitsTest, EndsAfterTheLimit) { wait_for_controller(9, std::chrono::milliseconds(1)).get(); }

}  // namespace
}  // namespace meerkat::api
