#include "storage/log.h"

#include <glog/logging.h>

#include <algorithm>
#include <cerrno>
#include <random>

#include "storage/log_state.h"
#include "storage/partition_metadata.h"
#include "storage/segment_files.h"

namespace meerkat::storage {

using wire::ErrorCode;

// ---- What the verbs share

bool IoErrors::passes(const Error& error) {
  // Code 0 is no failure of the disk but of what lies on it: the log goes on.
  return error.code == 0 || error.code == ENOSPC || error.code == EDQUOT || error.code == EMFILE ||
         error.code == ENFILE;
}

Fail<wire::Failure> IoErrors::refuse(const Error& error) {
  if (!passes(error) && !state_.failure) {
    LOG(ERROR) << "log " << state_.tp.to_string() << " fails: " << error.message;
    state_.failure = error;
    report_ = error;
  } else if (passes(error)) {
    LOG_EVERY_N(WARNING, 100) << "log " << state_.tp.to_string() << " refuses a write: " << error.message;
  }
  return wire::refuse(ErrorCode::kafka_storage_error, error.message);
}

LogState::Segments::iterator LogState::floor(int64_t offset) {
  auto it = segments.upper_bound(offset);
  return it == segments.begin() ? it : std::prev(it);
}

void LogState::update_last_stable_offset() {
  int64_t stable = high_watermark;
  if (auto unstable = producers.first_unstable_offset()) {
    stable = std::min(stable, std::max<int64_t>(*unstable, log_start_offset));
  }
  last_stable_offset.store(stable, std::memory_order_release);
}

void LogState::set_high_watermark(int64_t offset) {
  high_watermark.store(offset, std::memory_order_release);
  producers.on_high_watermark(offset);
  update_last_stable_offset();
}

void LogState::raise_log_start(int64_t offset) {
  if (offset <= log_start_offset) return;
  log_start_offset.store(offset, std::memory_order_release);
  if (epochs.truncate_from_start(offset)) write_epochs();
  if (high_watermark < offset) set_high_watermark(offset);
  update_last_stable_offset();
}

std::optional<wire::Failure> LogState::refusal() const {
  if (failure) return wire::Failure{ErrorCode::kafka_storage_error, failure->message};
  if (closed) return wire::Failure{ErrorCode::kafka_storage_error, "log " + tp.to_string() + " is closed"};
  return std::nullopt;
}

std::optional<wire::Failure> LogState::no_room() const {
  if (short_of_space == nullptr || !short_of_space->load(std::memory_order_relaxed)) return std::nullopt;
  return wire::Failure{ErrorCode::kafka_storage_error,
                       "the disk of " + parent_dir + " has less free space than meerkat.log.disk.reserve.bytes; " +
                           "nothing was written"};
}

bool LogState::want_durable(int64_t last_offset) {
  int64_t unflushed = last_offset + 1 - recovery_point;
  if (unflushed < flush_messages) return false;
  // One fsync serves all that was appended before it begins.
  if (!flush_requested.exchange(true)) {
    env.scheduler.soon([this, weak = self] {
      auto log = weak.lock();
      if (!log) return;
      flush_requested = false;
      if (auto flushed = log->flush(); !flushed) {
        LOG_EVERY_N(WARNING, 100) << flushed.error().message;
      }
      env.on_flushed(tp);
    });
  }
  return true;
}

void LogState::write_epochs() {
  new_names = true;
  if (auto done = epochs.write(); !done)
    LOG(WARNING) << done.error().message << "; will be tried again at the next flush";
}

void LogState::write_files_later() {
  // Roles change for many partitions at once: they are all served, and those that come next, before the disk is
  // bothered.
  constexpr int64_t kGatherMs = 5000;
  new_names = true;
  if (files_due) return;
  files_due = true;
  env.scheduler.after(kGatherMs, [weak = self] {
    auto log = weak.lock();
    if (!log) return;
    if (auto done = log->write_files(); !done) LOG(WARNING) << done.error().message;
  });
}

Status LogState::write_files() {
  files_due = false;
  if (epochs.dirty()) write_epochs();
  if (topic_id_written) return {};
  new_names = true;
  if (auto done = write_partition_metadata(env.fs, dir, *topic_id); !done) return done;
  topic_id_written = true;
  return {};
}

Status LogState::add_segment(int64_t base_offset) {
  auto segment = std::make_shared<Segment>(env.files, dir, base_offset, Segment::Sizes{}, env.clock.wall_ms());
  if (auto file = env.fs.open(segment->path(), OpenMode::create); !file) return file.failure();
  touched = true;
  segments[base_offset] = std::move(segment);
  new_names = true;
  roll_jitter_ms = 0;
  if (int64_t most = std::min(config->segment_jitter_ms, config->max_segment_ms()); most > 0) {
    static thread_local std::mt19937_64 random{std::random_device{}()};
    roll_jitter_ms = std::uniform_int_distribution<int64_t>(0, most - 1)(random);
  }
  return {};
}

Status LogState::drop_segments(std::vector<std::shared_ptr<Segment>> dropped, int64_t kept_snapshot) {
  if (dropped.empty()) return {};
  Status result;
  new_names = true;
  for (auto& segment : dropped) {
    int64_t base = segment->base_offset();
    segments.erase(base);
    if (auto done = segment->rename_files(kDeletedSuffix); !done) result = done;
    if (base != kept_snapshot && producers.snapshots().contains(base)) producers.remove_snapshot(base);
  }
  struct Removal {
    std::shared_ptr<LogEnvironment> env;  // outlives the segments
    std::vector<std::shared_ptr<Segment>> segments;
  };
  env.scheduler.after(config->file_delete_delay_ms, [removal = Removal{env_owner, std::move(dropped)}] {
    for (auto& segment : removal.segments) segment->remove_files();
  });
  return result;
}

// ---- The log

Log::Log(std::unique_ptr<LogState> state) : state_(std::move(state)) {}
Log::~Log() = default;

const TopicPartition& Log::topic_partition() const { return state_->tp; }
const std::string& Log::parent_dir() const { return state_->parent_dir; }

std::string Log::path() const {
  MutexLock lock(state_->lock);
  return state_->dir;
}

std::optional<Uuid> Log::topic_id() const {
  MutexLock lock(state_->lock);
  return state_->topic_id;
}

wire::Outcome<void> Log::assign_topic_id(const Uuid& id) {
  auto& s = *state_;
  MutexLock lock(s.lock);
  if (s.topic_id == id) return {};
  if (s.topic_id) {
    return wire::refuse(ErrorCode::inconsistent_topic_id, "log " + s.tp.to_string() + " belongs to topic id " +
                                                              s.topic_id->to_string() + ", not " + id.to_string());
  }
  s.topic_id = id;
  s.topic_id_written = false;
  s.write_files_later();
  return {};
}

wire::Outcome<void> Log::write_files() {
  auto& s = *state_;
  IoErrors errors(s);
  MutexLock lock(s.lock);
  if (s.refusal()) return {};
  if (auto done = s.write_files(); !done) return errors.refuse(done.error());
  return {};
}

std::shared_ptr<const LogConfig> Log::config() const {
  MutexLock lock(state_->lock);
  return state_->config;
}

void Log::set_config(LogConfig config) {
  auto fresh = std::make_shared<const LogConfig>(std::move(config));
  MutexLock lock(state_->lock);
  state_->flush_messages = fresh->flush_messages;
  state_->config = std::move(fresh);
}

int64_t Log::log_start_offset() const { return state_->log_start_offset.load(std::memory_order_acquire); }
int64_t Log::log_end_offset() const { return state_->log_end_offset.load(std::memory_order_acquire); }
int64_t Log::high_watermark() const { return state_->high_watermark.load(std::memory_order_acquire); }
int64_t Log::last_stable_offset() const { return state_->last_stable_offset.load(std::memory_order_acquire); }
int64_t Log::recovery_point() const { return state_->recovery_point.load(std::memory_order_acquire); }

int64_t Log::acknowledgeable_end() const {
  int64_t end = log_end_offset();
  if (state_->flush_messages != 1 || recovery_point() >= end) return end;
  state_->want_durable(end - 1);  // what was recovered, or written under another setting
  return recovery_point();
}

int64_t Log::size() const {
  MutexLock lock(state_->lock);
  int64_t total = 0;
  for (auto& [base, segment] : state_->segments) total += segment->size();
  return total;
}

int Log::segment_count() const {
  MutexLock lock(state_->lock);
  return static_cast<int>(state_->segments.size());
}

int64_t Log::first_segment_offset() const {
  MutexLock lock(state_->lock);
  return state_->segments.begin()->first;
}

bool Log::advance_high_watermark(int64_t offset) {
  if (offset <= high_watermark()) return false;
  MutexLock lock(state_->lock);
  offset = std::min<int64_t>(offset, state_->log_end_offset);
  if (offset <= state_->high_watermark) return false;
  state_->set_high_watermark(offset);
  return true;
}

int64_t Log::set_high_watermark(int64_t offset) {
  MutexLock lock(state_->lock);
  offset = std::clamp<int64_t>(offset, state_->log_start_offset, state_->log_end_offset);
  if (offset != state_->high_watermark) state_->set_high_watermark(offset);
  return offset;
}

wire::Outcome<int64_t> Log::delete_records(int64_t offset) {
  MutexLock lock(state_->lock);
  if (auto refused = state_->refusal()) return Fail(*refused);
  if (offset > state_->high_watermark || offset < 0) {
    return wire::refuse(ErrorCode::offset_out_of_range, "cannot delete records up to offset " + std::to_string(offset) +
                                                            " of " + state_->tp.to_string() +
                                                            ", the high watermark is " +
                                                            std::to_string(state_->high_watermark));
  }
  state_->raise_log_start(offset);
  return state_->log_start_offset.load();
}

void Log::advance_log_start_offset(int64_t offset) {
  MutexLock lock(state_->lock);
  state_->raise_log_start(std::min<int64_t>(offset, state_->high_watermark));
}

wire::Outcome<void> Log::assign_leader_epoch(int32_t epoch, int64_t start_offset) {
  MutexLock lock(state_->lock);
  if (auto refused = state_->refusal()) return Fail(*refused);
  if (state_->epochs.assign(epoch, start_offset)) state_->write_files_later();
  return {};
}

int32_t Log::latest_epoch() const {
  MutexLock lock(state_->lock);
  return state_->epochs.latest_epoch();
}

EpochEndOffset Log::end_offset_for_epoch(int32_t epoch) const {
  MutexLock lock(state_->lock);
  auto found = state_->epochs.end_offset_for(epoch, state_->log_end_offset);
  return {found.epoch, found.start_offset};
}

int32_t Log::epoch_for_offset(int64_t offset) const {
  MutexLock lock(state_->lock);
  return state_->epochs.epoch_for_offset(offset);
}

std::vector<ActiveProducer> Log::active_producers() const {
  MutexLock lock(state_->lock);
  std::vector<ActiveProducer> result;
  for (auto& [id, entry] : state_->producers.producers()) {
    result.push_back({id, entry.producer_epoch, entry.last_sequence(), entry.last_timestamp, entry.coordinator_epoch,
                      entry.current_txn_first_offset.value_or(-1)});
  }
  return result;
}

std::optional<VerificationGuard> Log::begin_verification(int64_t producer_id, int16_t epoch, int32_t base_sequence) {
  MutexLock lock(state_->lock);
  return state_->producers.begin_verification(producer_id, epoch, base_sequence, state_->env.clock.wall_ms());
}

void Log::remove_expired_producers() {
  MutexLock lock(state_->lock);
  state_->producers.remove_expired(state_->env.clock.wall_ms());
}

}  // namespace meerkat::storage
