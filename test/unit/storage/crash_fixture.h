// Tests in which the process is killed, or the power goes, at a write step that a seed chooses.
#pragma once

#include <glog/logging.h>

#include <cstdlib>
#include <random>

#include "test/unit/storage/log_fixture.h"

namespace meerkat::storage {

/// How many seeds a test tries: `usual`, or as many as MEERKAT_CRASH_SEEDS says.
inline uint64_t crash_seeds(uint64_t usual) {
  const char* asked = std::getenv("MEERKAT_CRASH_SEEDS");
  return asked ? std::strtoull(asked, nullptr, 10) : usual;
}

/// `Base` is LogTest or made of it.
template <class Base>
class Crashing : public Base {
 protected:
  Crashing() { FLAGS_minloglevel = google::GLOG_FATAL; }  // thousands of crashes would say much
  ~Crashing() override { FLAGS_minloglevel = google::GLOG_INFO; }

  /// An empty disk, and a manager on it.
  void begin() {
    end_process();
    this->fs_ = fakes::FaultyFileSystem();
    this->open();
  }

  /// Whether the manager opened: it may meet the step at which all ends.
  bool try_open() {
    auto manager = LogManager::open(this->manager_options());
    if (!manager || !(*manager)->load()) return false;
    this->manager_ = std::move(manager).value();
    return this->manager_->dirs()[0].online;
  }

  /// The crash; another one in the recovery from it, often; and a recovery that has to succeed.
  void crash_and_reopen(std::mt19937_64& random, bool power_loss) {
    crash(random(), power_loss);
    this->fs_.die_at(static_cast<int64_t>(1 + random() % 30));
    try_open();
    crash(random(), power_loss);
    this->open();
  }

 private:
  void end_process() {
    this->log_.reset();
    this->manager_.reset();
    this->scheduler_.drop_all();
  }
  void crash(uint64_t seed, bool power_loss) {
    end_process();
    power_loss ? this->fs_.crash(seed) : this->fs_.kill();
  }
};

}  // namespace meerkat::storage
