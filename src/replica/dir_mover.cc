#include "replica/dir_mover.h"

#include <glog/logging.h>
#include <pthread.h>

#include <algorithm>
#include <chrono>

#include "record/batch.h"
#include "storage/log_manager.h"

namespace meerkat::replica {

using storage::Log;
using storage::ReadBound;
using wire::ErrorCode;

namespace {

constexpr int32_t kChunk = 1 << 20;
constexpr auto kPause = std::chrono::milliseconds(100);
/// What is added to a partition's name in that of its copy's directory: a dot, 32 digits, "-future".
constexpr size_t kMark = 1 + 32 + 7;
constexpr size_t kLongestName = 255;

}  // namespace

DirMover::DirMover(ReplicaContext& context, StateChanges& state_changes)
    : context_(context),
      state_changes_(state_changes),
      throttle_(context.clock, context.settings.quota_window_num, context.settings.quota_window_size_seconds * 1000) {
  for (const auto& log : context_.logs.futures()) moves_.insert(log->topic_partition());
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "move-dirs");
    run();
  });
}

DirMover::~DirMover() { stop(); }

void DirMover::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

ErrorCode DirMover::alter(const TopicPartition& tp, const std::string& dir) {
  if (tp.to_string().size() + kMark > kLongestName) return ErrorCode::invalid_topic_exception;
  const auto dirs = context_.logs.dirs();
  const auto wanted = std::find_if(dirs.begin(), dirs.end(), [&](const auto& d) { return d.path == dir; });
  if (wanted == dirs.end()) return ErrorCode::log_dir_not_found;
  if (!wanted->online) return ErrorCode::kafka_storage_error;
  const auto map = context_.partitions.current();
  const auto* hosted = map->find(tp.topic, tp.partition);
  if (hosted && (*hosted)->offline()) return ErrorCode::kafka_storage_error;
  const auto current = hosted ? (*hosted)->log() : nullptr;
  auto copy = context_.logs.future(tp);
  if (copy && copy->parent_dir() != dir) {
    LOG(INFO) << "the move of " << tp.to_string() << " to " << copy->parent_dir() << " ends, it is to be in " << dir;
    context_.logs.drop_future(tp);
    copy.reset();
  }
  if (!current) {
    context_.logs.prefer_dir(tp, dir);
    return ErrorCode::replica_not_available;
  }
  if (current->parent_dir() == dir || copy) return ErrorCode::none;
  if (std::any_of(dirs.begin(), dirs.end(), [](const auto& d) { return !d.online; })) {
    return ErrorCode::kafka_storage_error;  // a copy from before may be on the disk that is not there
  }
  if (auto created = context_.logs.create_future(tp, dir); !created) {
    LOG(WARNING) << created.error().message;
    return created.error().code;
  }
  LOG(INFO) << "moving " << tp.to_string() << " from " << current->parent_dir() << " to " << dir;
  {
    std::lock_guard lock(mutex_);
    moves_.insert(tp);
  }
  changed_.notify_all();
  return ErrorCode::none;
}

void DirMover::run() {
  for (;;) {
    std::set<TopicPartition> moves;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || !moves_.empty(); });
      if (stopping_) return;
      moves = moves_;
    }
    bool busy = false;
    for (const auto& tp : moves) {
      const Step step = throttle_.exceeded() ? Step::waiting : copy_some(tp);
      busy |= step == Step::copied;
      if (step == Step::complete) state_changes_.run([this, tp] { finish(tp); });
      if (step != Step::complete && step != Step::gone) continue;
      std::lock_guard lock(mutex_);
      moves_.erase(tp);  // finish() adds it again if it was too early
    }
    if (busy) continue;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPause, [&] { return stopping_; });
    if (stopping_) return;
  }
}

wire::Outcome<void> DirMover::align(Log& current, Log& copy) {
  int64_t end = std::min(copy.log_end_offset(), current.log_end_offset());
  if (int32_t epoch = copy.latest_epoch(); epoch >= 0) {
    // As a follower would ask its leader (KIP-101): where did what we have last end?
    const auto theirs = current.end_offset_for_epoch(epoch);
    if (theirs.end_offset >= 0) end = std::min(end, theirs.end_offset);
  }
  if (end < copy.log_end_offset()) {
    if (auto done = copy.truncate_to(end); !done) return done.failure();
  }
  if (copy.log_end_offset() < current.log_start_offset()) {
    return copy.truncate_fully_and_start_at(current.log_start_offset());
  }
  return {};
}

wire::Outcome<int64_t> DirMover::copy_chunk(Log& current, Log& copy) {
  const int64_t from = copy.log_end_offset();
  auto bytes = current.read_bytes(from, kChunk, ReadBound::log_end);
  if (!bytes) return bytes.failure();
  if (bytes->empty()) return int64_t{0};
  record::AnyBatch first;
  if (record::peek(*bytes, first) == record::Peek::ok && first.base_offset < from && copy.size() == 0) {
    // The log starts in the midst of a batch.
    if (auto done = copy.truncate_fully_and_start_at(first.base_offset, from); !done) return done.failure();
  }
  if (auto done = copy.append_as_follower(*bytes); !done) return done.failure();
  copy.set_high_watermark(current.high_watermark());
  copy.advance_log_start_offset(current.log_start_offset());
  return static_cast<int64_t>(bytes->size());
}

DirMover::Step DirMover::copy_some(const TopicPartition& tp) {
  const auto copy = context_.logs.future(tp);
  if (!copy) return Step::gone;
  const auto map = context_.partitions.current();
  const auto* hosted = map->find(tp.topic, tp.partition);
  const auto current = hosted ? (*hosted)->log() : nullptr;
  if (!current) return Step::waiting;  // the controller has not said yet that the replica is here
  const auto aligned = align(*current, *copy);
  const auto copied = aligned ? copy_chunk(*current, *copy) : wire::Outcome<int64_t>(aligned.failure());
  if (!copied) {
    LOG_EVERY_N(WARNING, 100) << "moving " << tp.to_string() << " to " << copy->parent_dir()
                              << " does not get on: " << copied.error().message;
    return Step::waiting;
  }
  if (*copied > 0) {
    throttle_.record(*copied);
    return Step::copied;
  }
  if (auto flushed = copy->flush(); !flushed) return Step::waiting;
  return Step::complete;
}

void DirMover::finish(const TopicPartition& tp) {
  const auto copy = context_.logs.future(tp);
  const auto map = context_.partitions.current();
  const auto* hosted = map->find(tp.topic, tp.partition);
  if (!copy || !hosted) return;
  const bool moved = (*hosted)->replace_log([&](Log& current) -> std::shared_ptr<Log> {
    // What was appended since the copy was complete is little; with appends shut out it comes to an end.
    if (auto aligned = align(current, *copy); !aligned) return nullptr;
    if (current.log_end_offset() != copy->log_end_offset()) {
      if (auto copied = copy_chunk(current, *copy); !copied) return nullptr;
    }
    if (current.log_end_offset() != copy->log_end_offset()) return nullptr;
    copy->set_high_watermark(current.high_watermark());
    copy->advance_log_start_offset(current.log_start_offset());
    if (int32_t epoch = current.latest_epoch(); epoch > copy->latest_epoch()) {
      const auto end = current.end_offset_for_epoch(epoch);
      if (auto kept = copy->assign_leader_epoch(epoch, end.end_offset); !kept) return nullptr;
    }
    auto promoted = context_.logs.promote_future(tp);
    return promoted ? *promoted : nullptr;
  });
  if (moved) return;
  std::lock_guard lock(mutex_);
  if (context_.logs.future(tp)) moves_.insert(tp);
  changed_.notify_all();
}

}  // namespace meerkat::replica
