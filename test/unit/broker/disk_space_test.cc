#include "broker/disk_space.h"

#include <gtest/gtest.h>

namespace meerkat::broker {
namespace {

using enum DiskSpace::Action;
constexpr int64_t kMiB = 1 << 20;

TEST(DiskSpace, AFullDiskGivesUpOnceAndJoinsWhenThereIsEnough) {
  DiskSpace space;
  EXPECT_EQ(space.look(100 * kMiB, 1), none);
  EXPECT_EQ(space.look(-1, 1), none) << "unknown";
  EXPECT_EQ(space.look(kMiB - 1, -1), none) << "nobody to ask";
  EXPECT_EQ(space.look(kMiB - 1, 1), give_up);
  EXPECT_EQ(space.look(0, 1), none) << "asked already";
  EXPECT_EQ(space.look(2 * kMiB, 1), none) << "not enough to begin again";
  EXPECT_EQ(space.look(2 * kMiB, 2), give_up) << "a new controller does not know";
  space.failed();
  EXPECT_EQ(space.look(2 * kMiB, 2), give_up);
  EXPECT_EQ(space.look(8 * kMiB, 2), join);
  EXPECT_EQ(space.look(2 * kMiB, 2), none);
}

}  // namespace
}  // namespace meerkat::broker
