// Loading a log from its directory.
#include <glog/logging.h>

#include <algorithm>
#include <set>

#include "storage/batch_scan.h"
#include "storage/log_loader.h"
#include "storage/partition_metadata.h"
#include "storage/segment_files.h"

namespace meerkat::storage {

using record::AnyBatch;

Result<std::shared_ptr<Log>> LogLoader::load(std::shared_ptr<LogEnvironment> env, const TopicPartition& tp,
                                             const std::string& parent_dir, const std::string& dir,
                                             LoadOptions options) {
  auto state = std::make_unique<LogState>(std::move(env), tp, parent_dir, dir, options.config);
  {
    MutexLock lock(state->lock);
    state->new_dir = options.new_dir;
    LogLoader loader(*state, options);
    if (auto done = loader.run(); !done) return done.failure();
  }
  auto log = std::shared_ptr<Log>(new Log(std::move(state)));
  log->state_->self = log;
  return log;
}

Status LogLoader::run() {
  if (auto done = clean_up(); !done) return done;
  if (!s_.epochs.load() && !s_.segments.empty()) rebuild_epochs();
  if (auto done = repair_indexes(); !done) return done;
  if (!options_.clean) {
    if (auto done = recover(); !done) return done;
  }
  if (auto done = settle_end(); !done) return done;
  if (auto done = load_producers(); !done) return done;
  if (!options_.new_dir) s_.topic_id = read_partition_metadata(s_.env.fs, s_.dir);
  s_.last_flush_ms = s_.env.clock.mono_ms();
  return {};
}

Status LogLoader::clean_up() {
  if (options_.new_dir) return {};
  auto& fs = s_.env.fs;
  auto entries = fs.list(s_.dir);
  if (!entries) return entries.failure();
  std::vector<std::string> names;
  bool removed = false;
  for (auto& entry : *entries) {
    auto& name = entry.name;
    if (entry.directory) continue;
    if (name.ends_with(kDeletedSuffix) || name.ends_with(kCleanedSuffix) || name.ends_with(".tmp")) {
      if (auto done = fs.remove(s_.dir + "/" + name); !done) return done;
      removed = true;
      // Compaction that had not got as far as a complete set of .swap files is undone.
      if (name.ends_with(".log.cleaned")) {
        for (auto& other : *entries) {
          if (!other.name.ends_with(kSwapSuffix) || other.name < name.substr(0, 20)) continue;
          if (fs.exists(s_.dir + "/" + other.name)) {
            if (auto done = fs.remove(s_.dir + "/" + other.name); !done) return done;
          }
        }
      }
      continue;
    }
    names.push_back(name);
  }
  if (removed) std::erase_if(names, [&](auto& name) { return !fs.exists(s_.dir + "/" + name); });
  if (auto done = complete_swaps(names); !done) return done;
  return find_segments(names);
}

Status LogLoader::complete_swaps(std::vector<std::string>& names) {
  auto& fs = s_.env.fs;
  std::vector<std::string> swaps;
  for (auto& name : names) {
    if (name.ends_with(kSwapSuffix)) swaps.push_back(name);
  }
  if (swaps.empty()) return {};
  std::erase_if(names, [](auto& name) { return name.ends_with(kSwapSuffix); });
  // The batches last: as long as their file is a .swap, a crash here begins all anew.
  std::stable_partition(swaps.begin(), swaps.end(), [](auto& name) { return !offset_in_name(name, ".log.swap"); });
  for (auto& swap : swaps) {
    if (auto base = offset_in_name(swap, ".log.swap")) {
      if (auto done = remove_replaced(*base, s_.dir + "/" + swap, names); !done) return done;
    }
  }
  if (auto done = fs.sync_directory(s_.dir); !done) return done;
  for (auto& swap : swaps) {
    auto target = swap.substr(0, swap.size() - kSwapSuffix.size());
    if (auto done = fs.rename(s_.dir + "/" + swap, s_.dir + "/" + target); !done) return done;
    std::erase(names, target);
    names.push_back(target);
  }
  s_.new_names = true;
  return {};
}

Status LogLoader::remove_replaced(int64_t base, const std::string& swap, std::vector<std::string>& names) {
  auto& fs = s_.env.fs;
  auto file = fs.open(swap, OpenMode::read);
  if (!file) return file.failure();
  auto size = (*file)->size();
  if (!size) return size.failure();
  int64_t end = base + 1;
  BatchScan scan(**file, 0, *size, 64 << 10);
  while (scan.next() == Scan::batch) end = std::max(end, scan.batch().last_offset + 1);
  LOG(INFO) << "completing the replacement of segments [" << base << ", " << end << ") of " << s_.tp.to_string();
  for (auto suffix : {kLogSuffix, kIndexSuffix, kTimeIndexSuffix, kTxnIndexSuffix}) {
    std::erase_if(names, [&](auto& name) {
      auto offset = offset_in_name(name, suffix);
      if (!offset || *offset < base || *offset >= end) return false;
      if (auto done = fs.remove(s_.dir + "/" + name); !done) LOG(WARNING) << done.error().message;
      return true;
    });
  }
  return {};
}

Status LogLoader::find_segments(const std::vector<std::string>& names) {
  auto& fs = s_.env.fs;
  std::set<int64_t> logs, indexes, time_indexes, txn_indexes;
  for (auto& name : names) {
    if (auto offset = offset_in_name(name, kLogSuffix)) logs.insert(*offset);
    if (auto offset = offset_in_name(name, kIndexSuffix)) indexes.insert(*offset);
    if (auto offset = offset_in_name(name, kTimeIndexSuffix)) time_indexes.insert(*offset);
    if (auto offset = offset_in_name(name, kTxnIndexSuffix)) txn_indexes.insert(*offset);
    if (auto offset = offset_in_name(name, kSnapshotSuffix)) s_.producers.note_snapshot(*offset);
  }
  for (auto& name : names) {
    for (auto suffix : {kIndexSuffix, kTimeIndexSuffix, kTxnIndexSuffix}) {
      auto offset = offset_in_name(name, suffix);
      if (!offset || logs.contains(*offset)) continue;
      LOG(WARNING) << "removing " << s_.dir << "/" << name << ": there is no segment to it";
      if (auto done = fs.remove(s_.dir + "/" + name); !done) return done;
    }
  }
  int64_t now = s_.env.clock.wall_ms();
  for (int64_t base : logs) {
    Segment::Sizes sizes;
    auto size = fs.file_size(segment_path(s_.dir, base, kLogSuffix));
    if (!size) return size.failure();
    sizes.log = *size;
    bool whole = true;
    auto measure = [&](std::string_view suffix, const std::set<int64_t>& present, int64_t entry) -> Result<int64_t> {
      if (!present.contains(base)) {
        whole = whole && sizes.log == 0;
        return int64_t{0};
      }
      auto bytes = fs.file_size(segment_path(s_.dir, base, suffix));
      if (!bytes) return bytes.failure();
      whole = whole && *bytes % entry == 0;
      return *bytes;
    };
    auto index = measure(kIndexSuffix, indexes, OffsetIndex::kEntrySize);
    auto time_index = measure(kTimeIndexSuffix, time_indexes, TimeIndex::kEntrySize);
    if (!index) return index.failure();
    if (!time_index) return time_index.failure();
    sizes.index = *index;
    sizes.time_index = *time_index;
    auto segment = std::make_shared<Segment>(s_.env.files, s_.dir, base, sizes, now);
    auto txns = txn_indexes.contains(base) ? segment->txn_index().load(base) : Status();
    if (!txns) LOG(WARNING) << txns.error().message;
    if (!whole || !txns || !segment->indexes_plausible()) broken_.push_back(segment);
    s_.segments[base] = std::move(segment);
  }
  return {};
}

void LogLoader::rebuild_epochs() {
  for (auto& [base, segment] : s_.segments) {
    auto file = segment->file();
    if (!file) return;
    BatchScan scan(**file, 0, segment->size(), 64 << 10);
    while (scan.next() == Scan::batch) s_.epochs.assign(scan.batch().leader_epoch, scan.batch().base_offset);
  }
  s_.write_epochs();
}

Status LogLoader::repair_indexes() {
  for (auto& segment : broken_) {
    if (!options_.clean && segment->base_offset() >= first_unsafe()->first) continue;
    LOG(WARNING) << "an index of " << segment->path() << " is missing or damaged; rebuilding it";
    auto unreadable = rebuild(*segment, false);
    if (!unreadable) return unreadable.failure();
    if (*unreadable > 0) {
      LOG(ERROR) << *unreadable << " bytes at the end of " << segment->path() << " are no valid batches";
    }
    segment->end_writing();
    if (auto done = segment->sync(true); !done) LOG(WARNING) << done.error().message;
    s_.touched = true;
  }
  return {};
}

Result<int64_t> LogLoader::rebuild(Segment& segment, bool verify) {
  if (s_.producers.map_end_offset() != segment.base_offset() || !recovered_) {
    s_.producers.load(std::max(options_.log_start_offset, s_.segments.begin()->first), segment.base_offset(),
                      s_.env.clock.wall_ms());
    if (auto done = s_.replay_producers(segment.base_offset()); !done) LOG(WARNING) << done.error().message;
  }
  bool new_epoch = false;
  int64_t end = segment.base_offset();
  contiguous_ = true;
  auto cut = segment.recover(s_.config->index_interval_bytes, verify, [&](const AnyBatch& batch) {
    new_epoch |= s_.epochs.assign(batch.leader_epoch, batch.base_offset);
    if (auto done = s_.apply_to_producers(batch, marker_of(batch), segment); !done)
      LOG(WARNING) << done.error().message;
    contiguous_ &= batch.magic == record::kMagic2 && batch.base_offset == end &&
                   batch.count == batch.last_offset - batch.base_offset + 1;
    end = batch.last_offset + 1;
  });
  s_.producers.set_map_end_offset(end);
  if (new_epoch) s_.write_epochs();
  return cut;
}

LogState::Segments::iterator LogLoader::first_unsafe() {
  auto first = s_.floor(options_.recovery_point);
  // A log that was flushed whole and rolled afterwards is durable up to there, but for the indexes before it.
  if (first->first == options_.recovery_point && first != s_.segments.begin()) --first;
  return first;
}

void LogLoader::announce(LogState::Segments::const_iterator first) {
  if (!options_.progress) return;
  int64_t segments = 0, bytes = 0;
  for (auto it = first; it != s_.segments.end(); ++it, ++segments) bytes += it->second->size();
  options_.progress->begin(s_.env.clock, segments, bytes);
}

Status LogLoader::recover() {
  if (s_.segments.empty()) return {};
  s_.touched = s_.new_names = true;
  auto first = first_unsafe();
  announce(first);
  for (auto it = first; it != s_.segments.end(); ++it) {
    auto& segment = *it->second;
    const int64_t bytes = segment.size();
    auto cut = rebuild(segment, true);
    if (!cut) return cut.failure();
    if (options_.progress) {
      if (auto line = options_.progress->segment_done(s_.env.clock, s_.tp, bytes)) LOG(INFO) << *line;
    }
    recovered_ = true;
    auto next = std::next(it);
    int64_t end = s_.producers.map_end_offset();
    // Only compaction leaves gaps; elsewhere one means that the power went before all of this segment was written.
    bool compacted = s_.config->cleanup_compact || it->first < options_.cleaned_below || !contiguous_;
    bool gap = next != s_.segments.end() && next->first != end && !compacted;
    if (*cut == 0 && !gap) {
      if (next != s_.segments.end()) segment.end_writing();
      continue;
    }
    if (*cut > 0) LOG(WARNING) << "cut " << *cut << " bytes off " << segment.path() << ": they are no valid batches";
    for (auto later = next; later != s_.segments.end(); later = s_.segments.erase(later)) {
      LOG(WARNING) << "removing " << later->second->path() << ": what comes before it from offset " << end
                   << " on is lost";
      later->second->remove_files();
    }
    break;
  }
  return {};
}

Status LogLoader::settle_end() {
  int64_t start = options_.log_start_offset;
  if (s_.segments.empty()) {
    if (auto done = s_.add_segment(start); !done) return done;
  }
  auto end = s_.active().next_offset();
  if (!end) {
    LOG(WARNING) << end.error().message << "; recovering the segment";
    auto cut = rebuild(s_.active(), true);
    if (!cut) return cut.failure();
    recovered_ = s_.touched = s_.new_names = true;
    end = s_.active().next_offset();
    if (!end) return end.failure();
  }
  start = std::max(start, s_.segments.begin()->first);
  if (*end < start) {
    LOG(WARNING) << "log " << s_.tp.to_string() << " ends at " << *end << ", before its start " << start
                 << "; starting empty from there";
    for (auto& [base, segment] : s_.segments) segment->remove_files();
    s_.segments.clear();
    s_.epochs.clear();
    if (auto done = s_.add_segment(start); !done) return done;
    end = start;
  }
  s_.log_end_offset = *end;
  s_.log_start_offset = start;
  s_.high_watermark = s_.last_stable_offset = start;
  s_.indexes_synced_below = options_.clean ? s_.active().base_offset() : first_unsafe()->first;
  s_.recovery_point = options_.clean && !recovered_ ? *end : std::min(options_.recovery_point, *end);
  bool changed = s_.epochs.truncate_from_end(*end);
  changed |= s_.epochs.truncate_from_start(start);
  if (changed) s_.write_epochs();
  return {};
}

Status LogLoader::load_producers() {
  int64_t end = s_.log_end_offset, now = s_.env.clock.wall_ms();
  s_.producers.remove_snapshots_after(end);
  if (!recovered_ || s_.producers.map_end_offset() != end) {
    s_.producers.load(s_.log_start_offset, end, now);
    if (auto done = s_.replay_producers(end); !done) return done;
  }
  s_.producers.remove_expired(now);
  if (recovered_) {
    if (auto done = s_.producers.take_snapshot(); !done) LOG(WARNING) << done.error().message;
  }
  return {};
}

void LogLoader::moved(Log& log, const std::string& dir) {
  auto& s = *log.state_;
  MutexLock lock(s.lock);
  s.dir = dir;
  s.epochs.set_dir(dir);
  s.producers.set_dir(dir);
  for (auto& [base, segment] : s.segments) segment->set_dir(dir);
}

void LogLoader::abandon(Log& log) {
  auto& s = *log.state_;
  MutexLock lock(s.lock);
  s.closed = true;
  for (auto& [base, segment] : s.segments) segment->close();
}

}  // namespace meerkat::storage
