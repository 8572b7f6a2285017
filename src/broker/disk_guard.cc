#include "broker/disk_guard.h"

#include <glog/logging.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "broker/controlled_shutdown.h"
#include "broker/controller_client.h"
#include "broker/registration.h"
#include "cluster/metadata_image.h"
#include "controller/controller.h"
#include "event/pool.h"
#include "replica/context.h"
#include "storage/log_manager.h"

namespace meerkat::broker {

void DiskGuard::start() {
  DiskWatch::Settings watched{{}, settings_.stall_limit_ms};
  for (const auto& dir : parts_.logs.dirs()) {
    if (dir.online) watched.dirs.push_back(dir.path);
  }
  parts_.loop.post([this, watched = std::move(watched)] {
    constexpr std::chrono::milliseconds kEvery{1000};
    space_timer_ = parts_.loop.every(kEvery, [this] {
      if (!looking_for_space_.exchange(true)) parts_.workers.post([this] { look_for_space(); });
    });
    if (watched.limit_ms == 0) return;
    watch_ = std::make_unique<DiskWatch>(watched, FileSystem::system(), parts_.clock);
    watch_->start();
    const auto period = std::chrono::milliseconds(std::max<int64_t>(watched.limit_ms / 10, 1));
    stall_timer_ = parts_.loop.every(period, [this] { look_for_stall(); });
  });
}

void DiskGuard::stop() {
  space_timer_.cancel();
  stall_timer_.cancel();
  watch_.reset();
}

/// While a disk is full we ask like a broker that shuts down, but stay for what nobody else has.
void DiskGuard::look_for_space() {
  int64_t usable = -1;
  for (const auto& dir : parts_.logs.dirs()) {
    if (!dir.online || dir.usable_bytes < 0) continue;
    const int64_t here = std::max<int64_t>(0, dir.usable_bytes - settings_.reserve_bytes);
    usable = usable < 0 ? here : std::min(usable, here);
  }
  const auto image = parts_.metadata.image();
  const DiskSpace::Action action = space_.look(usable, image->brokers().size() > 1 ? image->controller_id() : -1);
  // Before leaderships are given away: whoever follows a new leader could be back in sync before it needs to write.
  parts_.replicas.out_of_space = space_.full();
  switch (action) {
    case DiskSpace::Action::none:
      break;
    case DiskSpace::Action::give_up:
      LOG(ERROR) << "a log directory has " << usable << " bytes left: leaderships go to other brokers; make space";
      if (!controlled_shutdown(parts_.controller_client, {settings_.broker_id, parts_.replicas.broker_epoch, 1, 0})) {
        space_.failed();
      }
      break;
    case DiskSpace::Action::join:
      LOG(WARNING) << "there is space again: joining the cluster anew";
      parts_.registration.register_anew();
      break;
  }
  looking_for_space_ = false;
}

/// What is led here goes to others while the disk stalls; when it works again we join like a broker that has restarted.
void DiskGuard::look_for_stall() {
  const std::string dir = watch_->stalled();
  if (dir.empty() != stalled_) return;
  stalled_ = !dir.empty();
  if (stalled_) {
    LOG(ERROR) << "the disk of log directory " << dir << " has not completed a write for " << settings_.stall_limit_ms
               << " ms (meerkat.log.disk.stall.timeout.ms): leaving the cluster until it does";
    parts_.registration.withdraw();
    parts_.workers.post([this] { parts_.controller.hand_over(std::chrono::milliseconds(0)); });
  } else {
    LOG(WARNING) << "the disk completes writes again: joining the cluster";
    parts_.workers.post([this] {
      parts_.controller.stand_again();
      parts_.registration.come_back();
    });
  }
}

}  // namespace meerkat::broker
