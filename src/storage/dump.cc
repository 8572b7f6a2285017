#include "storage/dump.h"

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "record/builder.h"
#include "record/record.h"
#include "storage/batch_scan.h"
#include "storage/offset_index.h"
#include "storage/producer_snapshot.h"
#include "storage/segment_files.h"
#include "storage/time_index.h"
#include "storage/transaction_index.h"

namespace meerkat::storage {

using record::AnyBatch;

namespace {

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string sibling(const std::string& path, std::string_view suffix) {
  return path.substr(0, path.rfind('.')) + std::string(suffix);
}

Result<int64_t> base_offset_of(const std::string& path) {
  auto name = name_of(path);
  auto base = offset_in_name(name, name.substr(std::min(name.size(), name.rfind('.'))));
  if (!base) return fail(path + " is not named as a segment's file: an offset, then the suffix");
  return *base;
}

const char* text(bool value) { return value ? "true" : "false"; }

const char* text(record::TimestampType type) {
  switch (type) {
    case record::TimestampType::create_time:
      return "CreateTime";
    case record::TimestampType::log_append_time:
      return "LogAppendTime";
    default:
      return "NoTimestampType";
  }
}

uint32_t crc_of(const AnyBatch& batch) {
  return batch.magic == record::kMagic2 ? batch.v2().crc() : batch.legacy().crc();
}

/// An open segment with its size.
struct LogFile {
  std::shared_ptr<File> file;
  int64_t size = 0;
};

Result<LogFile> open_log(FileSystem& fs, const std::string& path) {
  auto file = fs.open(path, OpenMode::read);
  if (!file) return file.failure();
  auto size = (*file)->size();
  if (!size) return size.failure();
  return LogFile{*file, *size};
}

}  // namespace

Status Dumper::dump(const std::string& path) {
  out_ << "Dumping " << path << "\n";
  auto has = [&](std::string_view suffix) { return path.ends_with(suffix); };
  if (has(kLogSuffix)) return dump_log(path);
  if (has(kTimeIndexSuffix)) return dump_time_index(path);
  if (has(kTxnIndexSuffix)) return dump_txn_index(path);
  if (has(kIndexSuffix)) return dump_index(path);
  if (has(kSnapshotSuffix)) return dump_snapshot(path);
  err_ << "Ignoring unknown file " << path << "\n";
  return {};
}

bool Dumper::finish() {
  auto print = [&](const Findings& findings, const char* head, const char* first, const char* second, bool backwards) {
    for (auto& [path, pairs] : findings) {
      err_ << head << std::filesystem::absolute(path).string() << "\n";
      auto sorted = pairs;
      if (backwards) std::reverse(sorted.begin(), sorted.end());
      for (auto& [a, b] : sorted) err_ << first << a << second << b << "\n";
    }
  };
  print(index_mismatches_, "Mismatches in :", "  Index offset: ", ", log offset: ", true);
  print(time_mismatches_, "Found timestamp mismatch in :", "  Index timestamp: ", ", log timestamp: ", false);
  print(time_disorder_,
        "Found out of order timestamp in :", "  Index timestamp: ", ", Previously indexed timestamp: ", false);
  for (auto& [path, pairs] : time_not_found_) {
    err_ << "The following indexed offsets are not found in the log.\n";
    for (auto& [indexed, found] : pairs)
      err_ << "Indexed offset: " << indexed << ", found log offset: " << found << "\n";
  }
  print(gaps_, "Non-consecutive offsets in ", "  ", " is followed by ", true);
  return !(index_mismatches_.empty() && time_mismatches_.empty() && time_disorder_.empty() && time_not_found_.empty() &&
           gaps_.empty());
}

void Dumper::print_batch(const AnyBatch& batch, int64_t position) {
  if (batch.magic == record::kMagic2) {
    out_ << "baseOffset: " << batch.base_offset << " lastOffset: " << batch.last_offset << " count: " << batch.count
         << " baseSequence: " << batch.base_sequence << " lastSequence: " << batch.last_sequence
         << " producerId: " << batch.producer_id << " producerEpoch: " << batch.producer_epoch
         << " partitionLeaderEpoch: " << batch.leader_epoch << " isTransactional: " << text(batch.transactional)
         << " isControl: " << text(batch.control) << " deleteHorizonMs: ";
    if (batch.delete_horizon_ms) {
      out_ << "OptionalLong[" << *batch.delete_horizon_ms << "]";
    } else {
      out_ << "OptionalLong.empty";
    }
  } else {
    out_ << "offset: " << batch.last_offset;
  }
  out_ << " position: " << position << " " << text(batch.timestamp_type) << ": " << batch.max_timestamp
       << " size: " << batch.size << " magic: " << int{batch.magic} << " compresscodec: " << record::name(batch.codec)
       << " crc: " << crc_of(batch) << " isvalid: " << text(batch.crc_ok()) << "\n";
}

bool Dumper::print_records(const AnyBatch& batch, int64_t& last_offset, Pairs& gaps) {
  record::RecordReader reader(batch);
  record::RecordView r;
  for (auto step = reader.next(r); step != record::Next::end; step = reader.next(r)) {
    if (step == record::Next::malformed) {
      err_ << "The batch at offset " << batch.base_offset << " is not readable: " << reader.failure() << "\n";
      return false;
    }
    if (last_offset >= 0 && r.offset != last_offset + 1) gaps.emplace_back(last_offset, r.offset);
    last_offset = r.offset;
    const char* before_key = "| ";
    if (!options_.skip_record_metadata) {
      before_key = " ";
      out_ << "| offset: " << r.offset << " " << text(batch.timestamp_type) << ": " << r.timestamp
           << " keySize: " << (r.key ? static_cast<int64_t>(r.key->size()) : -1)
           << " valueSize: " << (r.value ? static_cast<int64_t>(r.value->size()) : -1);
      if (batch.magic == record::kMagic2) {
        auto delta = static_cast<int32_t>(r.offset - batch.base_offset);
        out_ << " sequence: "
             << (batch.base_sequence < 0 ? record::kNoSequence : record::sequence_after(batch.base_sequence, delta))
             << " headerKeys: [";
        record::Header header;
        const char* comma = "";
        for (record::HeaderReader headers(r); headers.next(header); comma = ",") out_ << comma << header.key;
        out_ << "]";
      } else if (!batch.compressed()) {
        out_ << " isValid: " << text(batch.crc_ok()) << " crc: " << crc_of(batch) << "}";
      }
      if (batch.control) {
        auto marker = record::parse_end_txn_marker(r.key, r.value);
        if (marker && marker->type != record::ControlType::unknown) {
          out_ << " endTxnMarker: " << (marker->type == record::ControlType::commit ? "COMMIT" : "ABORT")
               << " coordinatorEpoch: " << marker->coordinator_epoch;
        } else if (r.key && r.key->size() >= 4) {
          out_ << " controlType: UNKNOWN(" << load_be<int16_t>(r.key->data() + 2) << ")";
        }
      }
    }
    if (options_.print_data_log && !batch.control) {
      const auto decoded = options_.decode(r);
      if (decoded.key) out_ << before_key << "key: " << *decoded.key;
      if (decoded.payload) out_ << " payload: " << *decoded.payload;
    }
    out_ << "\n";
  }
  return true;
}

Status Dumper::dump_log(const std::string& path) {
  auto base = base_offset_of(path);
  if (!base) return base.failure();
  out_ << "Log starting offset: " << *base << "\n";
  auto log = open_log(fs_, path);
  if (!log) return log.failure();
  int64_t end = std::min(log->size, options_.max_bytes);
  FullScan scan(*log->file, 0, end);
  int64_t last_offset = -1, valid = 0;
  Pairs gaps;
  for (auto step = scan.next(); step == Scan::batch; step = scan.next()) {
    print_batch(scan.batch(), scan.position());
    if (options_.deep_iteration || options_.print_data_log) print_records(scan.batch(), last_offset, gaps);
    valid = scan.position() + scan.batch().size;
  }
  if (!gaps.empty()) gaps_.emplace_back(path, std::move(gaps));
  if (!scan.error().message.empty()) return fail(scan.error().message, scan.error().code);
  if (valid < end && options_.max_bytes >= INT32_MAX) {
    out_ << "Found " << end - valid << " invalid bytes at the end of " << name_of(path) << "\n";
  }
  return {};
}

Status Dumper::dump_index(const std::string& path) {
  auto base = base_offset_of(path);
  auto bytes = read_file(fs_, path);
  auto log = open_log(fs_, sibling(path, kLogSuffix));
  if (!base) return base.failure();
  if (!bytes) return bytes.failure();
  if (!log) return log.failure();
  auto count = static_cast<int64_t>(bytes->size()) / OffsetIndex::kEntrySize;
  if (count == 0) {
    out_ << path << " is empty.\n";
    return {};
  }
  if (options_.index_sanity_check) {
    OpenFiles files(fs_, 16);
    OffsetIndex index(files, path, *base, count);
    if (bytes->size() % OffsetIndex::kEntrySize != 0 || !index.plausible(log->size)) {
      return fail("index " + path + " is damaged; a broker rebuilds it at its next start");
    }
    out_ << path << " passed sanity check.\n";
    return {};
  }
  Pairs mismatches;
  for (int64_t i = 0; i < count; ++i) {
    const uint8_t* entry = bytes->data() + i * OffsetIndex::kEntrySize;
    int64_t offset = *base + load_be<int32_t>(entry), position = load_be<int32_t>(entry + 4);
    if (offset == *base && i > 0) break;  // the zeros of a preallocated file
    BatchScan scan(*log->file, position, log->size, record::kMaxHeaderSize);
    int64_t found = scan.next() == Scan::batch ? scan.batch().last_offset : -1;
    if (found != offset) mismatches.emplace_back(offset, found);
    if (!options_.verify_index_only) out_ << "offset: " << offset << " position: " << position << "\n";
  }
  if (!mismatches.empty()) index_mismatches_.emplace_back(path, std::move(mismatches));
  return {};
}

Status Dumper::dump_time_index(const std::string& path) {
  auto base = base_offset_of(path);
  auto bytes = read_file(fs_, path);
  auto log = open_log(fs_, sibling(path, kLogSuffix));
  if (!base) return base.failure();
  if (!bytes) return bytes.failure();
  if (!log) return log.failure();
  OpenFiles files(fs_, 16);
  auto count = static_cast<int64_t>(bytes->size()) / TimeIndex::kEntrySize;
  if (options_.index_sanity_check) {
    TimeIndex index(files, path, *base, count);
    if (bytes->size() % TimeIndex::kEntrySize != 0 || !index.plausible()) {
      return fail("time index " + path + " is damaged; a broker rebuilds it at its next start");
    }
    out_ << path << " passed sanity check.\n";
    return {};
  }
  auto index_path = sibling(path, kIndexSuffix);
  auto index_size = fs_.exists(index_path) ? fs_.file_size(index_path) : Result<int64_t>(int64_t{0});
  if (!index_size) return index_size.failure();
  OffsetIndex offsets(files, index_path, *base, *index_size / OffsetIndex::kEntrySize);
  Pairs mismatches, disorder, not_found;
  int64_t previous = record::kNoTimestamp;
  for (int64_t i = 0; i < count; ++i) {
    const uint8_t* entry = bytes->data() + i * TimeIndex::kEntrySize;
    int64_t timestamp = load_be<int64_t>(entry), offset = *base + load_be<int32_t>(entry + 8);
    if (offset == *base && i > 0) break;
    auto from = offsets.lookup(offset);
    BatchScan scan(*log->file, from ? from->position : 0, log->size);
    auto step = scan.next();
    while (step == Scan::batch && scan.batch().last_offset < offset) step = scan.next();
    if (step != Scan::batch || scan.batch().last_offset != offset) {
      not_found.emplace_back(offset, step == Scan::batch ? scan.batch().last_offset : -1);
    } else {
      if (scan.batch().max_timestamp != timestamp) mismatches.emplace_back(timestamp, scan.batch().max_timestamp);
      if (previous >= timestamp) disorder.emplace_back(timestamp, previous);
    }
    if (!options_.verify_index_only) out_ << "timestamp: " << timestamp << " offset: " << offset << "\n";
    previous = timestamp;
  }
  if (!mismatches.empty()) time_mismatches_.emplace_back(path, std::move(mismatches));
  if (!disorder.empty()) time_disorder_.emplace_back(path, std::move(disorder));
  if (!not_found.empty()) time_not_found_.emplace_back(path, std::move(not_found));
  return {};
}

Status Dumper::dump_txn_index(const std::string& path) {
  auto base = base_offset_of(path);
  if (!base) return base.failure();
  TransactionIndex index(fs_, path);
  if (auto done = index.load(*base); !done) return done;
  for (auto& txn : index.all()) {
    out_ << "version: 0 producerId: " << txn.producer_id << " firstOffset: " << txn.first_offset
         << " lastOffset: " << txn.last_offset << " lastStableOffset: " << txn.last_stable_offset << "\n";
  }
  return {};
}

Status Dumper::dump_snapshot(const std::string& path) {
  auto bytes = read_file(fs_, path);
  if (!bytes) return bytes.failure();
  auto entries = decode_producer_snapshot(*bytes);
  if (!entries) return fail("snapshot " + path + " cannot be used: " + entries.error().message);
  for (auto& entry : *entries) {
    out_ << "producerId: " << entry.producer_id << " producerEpoch: " << entry.producer_epoch
         << " coordinatorEpoch: " << entry.coordinator_epoch << " currentTxnFirstOffset: ";
    if (entry.current_txn_first_offset) {
      out_ << "OptionalLong[" << *entry.current_txn_first_offset << "]";
    } else {
      out_ << "OptionalLong.empty";
    }
    out_ << " lastTimestamp: " << entry.last_timestamp << " ";
    if (auto* last = entry.last_batch()) {
      out_ << "firstSequence: " << last->first_sequence() << " lastSequence: " << last->last_sequence
           << " lastOffset: " << last->last_offset << " offsetDelta: " << last->offset_delta
           << " timestamp: " << last->timestamp;
    }
    out_ << "\n";
  }
  return {};
}

}  // namespace meerkat::storage
