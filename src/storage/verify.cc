#include "storage/verify.h"

#include <algorithm>
#include <ostream>
#include <sstream>

#include "record/record.h"
#include "storage/batch_scan.h"
#include "storage/directory_lock.h"
#include "storage/dump.h"
#include "storage/log_directory.h"
#include "storage/log_loader.h"
#include "storage/offset_checkpoint.h"
#include "storage/segment_files.h"

namespace meerkat::storage {
namespace {

constexpr std::string_view kSuffixes[] = {kLogSuffix, kIndexSuffix, kTimeIndexSuffix, kTxnIndexSuffix, kSnapshotSuffix};
constexpr int kOpenFiles = 64;

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// What is wrong with a batch; empty if nothing is.
std::string fault_of(const record::AnyBatch& batch, int64_t last_offset) {
  if (batch.base_offset <= last_offset) return "does not come after offset " + std::to_string(last_offset);
  if (batch.last_offset < batch.base_offset) return "ends before it begins";
  if (!batch.crc_ok()) return "has a wrong checksum";
  record::RecordReader reader(batch);
  record::RecordView record;
  auto step = reader.next(record);
  while (step == record::Next::record) step = reader.next(record);
  return step == record::Next::malformed ? "has records that cannot be read: " + reader.failure() : std::string();
}

bool verify_log(FileSystem& fs, const std::string& path, std::ostream& out) {
  const auto base = offset_in_name(name_of(path), kLogSuffix);
  auto file = fs.open(path, OpenMode::read);
  auto size = file ? (*file)->size() : Result<int64_t>(file.failure());
  if (!base || !size) {
    out << path << ": " << (size ? "is not named as a segment: an offset, then .log" : size.error().message) << "\n";
    return false;
  }
  FullScan scan(**file, 0, *size);
  int64_t last_offset = *base - 1, batches = 0, good_until = 0;
  bool good = true;
  for (auto step = scan.next(); step == Scan::batch; step = scan.next()) {
    const auto& batch = scan.batch();
    if (const auto fault = fault_of(batch, last_offset); !fault.empty()) {
      out << path << ": the batch of offset " << batch.base_offset << " at position " << scan.position() << " " << fault
          << "\n";
      good = false;
    }
    last_offset = std::max(last_offset, batch.last_offset);
    good_until = scan.position() + batch.size;
    ++batches;
  }
  if (!scan.error().message.empty()) out << path << ": " << scan.error().message << "\n";
  if (good_until < *size) {
    out << path << ": " << *size - good_until << " bytes from position " << good_until << " on are no batch\n";
  }
  good = good && good_until == *size;
  if (good) out << path << ": ok, " << batches << " batches, offsets " << *base << " to " << last_offset << "\n";
  return good;
}

}  // namespace

Result<std::vector<std::string>> partition_files(FileSystem& fs, const std::string& path) {
  const auto entries = fs.list(path);
  if (!entries) return fs.exists(path) ? Result(std::vector<std::string>{path}) : entries.failure();
  std::vector<std::string> files;
  for (const auto& entry : *entries) {
    const bool known = std::any_of(std::begin(kSuffixes), std::end(kSuffixes), [&](std::string_view suffix) {
      return offset_in_name(entry.name, suffix).has_value();
    });
    if (!entry.directory && known) files.push_back(path + "/" + entry.name);
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool verify_file(FileSystem& fs, const std::string& path, std::ostream& out) {
  if (path.ends_with(kLogSuffix)) return verify_log(fs, path, out);
  std::ostringstream shown, complaints;
  Dumper dumper(fs, {.verify_index_only = true}, shown, complaints);
  const auto read = dumper.dump(path);
  const bool bad = dumper.finish() || !read || !complaints.view().empty();
  if (!bad) {
    out << path << ": ok\n";
    return true;
  }
  out << path << ": " << (read ? "is wrong" : read.error().message) << "\n" << complaints.view();
  return false;
}

Status rebuild_indexes(FileSystem& fs, const std::string& partition_dir, int32_t index_interval_bytes) {
  const std::string dir = partition_dir.substr(0, partition_dir.find_last_not_of('/') + 1);
  const auto slash = dir.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : dir.substr(0, slash);
  const auto what = parse_partition_dir(std::string(name_of(dir)));
  if (!what) return fail(dir + " is not a partition's directory: its name is not of the form topic-partition");
  auto lock = DirectoryLock::acquire(fs, parent);
  if (!lock) return lock.failure();
  auto files = partition_files(fs, dir);
  if (!files) return files.failure();
  for (const auto& file : *files) {
    if (!file.ends_with(kIndexSuffix) && !file.ends_with(kTimeIndexSuffix) && !file.ends_with(kTxnIndexSuffix))
      continue;
    if (auto gone = fs.remove(file); !gone) return gone;
  }
  const auto starts = read_offset_checkpoint(fs, parent + "/" + kLogStartFile);
  const auto start = starts.find(what->tp);
  ThreadScheduler scheduler("rebuild", 1);
  const auto env =
      std::shared_ptr<LogEnvironment>(new LogEnvironment{fs,
                                                         OpenFiles(fs, kOpenFiles),
                                                         Clock::system(),
                                                         scheduler,
                                                         {},
                                                         [](const std::string&, const Error&) {},
                                                         [] {},
                                                         [] {},
                                                         [](const TopicPartition&, const std::string&, int64_t) {},
                                                         [](const TopicPartition&) {},
                                                         {}});
  // As after a clean stop, where only what is missing is made anew.
  LoadOptions options{.clean = true, .log_start_offset = start == starts.end() ? 0 : start->second};
  options.config.index_interval_bytes = index_interval_bytes;
  auto log = LogLoader::load(env, what->tp, parent, dir, std::move(options));
  if (!log) return log.failure();
  LogLoader::abandon(**log);
  return fs.sync_directory(dir);
}

}  // namespace meerkat::storage
