#include "storage/recovery_progress.h"

#include <algorithm>

namespace meerkat::storage {
namespace {

constexpr int64_t kLineEveryMs = 5000;

/// Seconds that the rest of `total` takes if what is done of it took `elapsed_ms`.
int64_t seconds_for_rest(int64_t elapsed_ms, int64_t done, int64_t total) {
  if (done <= 0 || done >= total) return 0;
  const double per_unit = static_cast<double>(elapsed_ms) / static_cast<double>(done);
  return static_cast<int64_t>(per_unit * static_cast<double>(total - done) / 1000);
}

std::string done_of(const char* verb, int64_t done, int64_t total, const char* what) {
  return std::string(verb) + " " + std::to_string(done) + " of " + std::to_string(total) + " " + what;
}

}  // namespace

void LogRecoveryProgress::begin(const Clock& clock, int64_t segments, int64_t bytes) {
  segments_ = segments;
  began_ms_ = said_ms_ = clock.mono_ms();
  bytes_ = bytes;
  done_bytes_ = 0;
  remaining_segments_ = segments;
}

std::optional<std::string> LogRecoveryProgress::segment_done(const Clock& clock, const TopicPartition& tp,
                                                             int64_t bytes) {
  done_bytes_ += bytes;
  const int64_t remaining = --remaining_segments_;
  const int64_t now = clock.mono_ms();
  if (now - said_ms_ < kLineEveryMs) return std::nullopt;
  said_ms_ = now;
  return done_of("recovered", segments_ - remaining, segments_, "segments of ") + tp.to_string() + ", about " +
         std::to_string(seconds_left(clock)) + " s left";
}

void LogRecoveryProgress::end() { remaining_segments_ = 0; }

int64_t LogRecoveryProgress::seconds_left(const Clock& clock) const {
  return remaining_segments_ == 0 ? 0 : seconds_for_rest(clock.mono_ms() - began_ms_, done_bytes_, bytes_);
}

void RecoveryProgress::begin(int64_t logs) {
  began_ms_ = said_ms_ = clock_.mono_ms();
  logs_ = remaining_logs_ = logs;
}

std::optional<std::string> RecoveryProgress::log_done() {
  const int64_t remaining = --remaining_logs_;
  const int64_t now = clock_.mono_ms();
  int64_t said = said_ms_;
  if (now - said < kLineEveryMs || !said_ms_.compare_exchange_strong(said, now)) return std::nullopt;
  return done_of("loaded", logs_ - remaining, logs_, "logs in ") + dir_ + ", about " + std::to_string(seconds_left()) +
         " s left";
}

void RecoveryProgress::end() {
  for (auto& thread : threads_) thread.end();
  remaining_logs_ = 0;
}

std::vector<int64_t> RecoveryProgress::remaining_segments() const {
  std::vector<int64_t> remaining;
  for (auto& thread : threads_) remaining.push_back(thread.remaining_segments());
  return remaining;
}

int64_t RecoveryProgress::seconds_left() const {
  int64_t left = seconds_for_rest(clock_.mono_ms() - began_ms_, logs_ - remaining_logs_, logs_);
  // One large log may take longer than all the others.
  for (auto& thread : threads_) left = std::max(left, thread.seconds_left(clock_));
  return left;
}

}  // namespace meerkat::storage
