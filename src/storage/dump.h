// Shows what is in the files of a partition, in the words of kafka-dump-log, so that scripts made for that can read it.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "record/batch.h"
#include "storage/dump_decoders.h"

namespace meerkat::storage {

/// The flags of kafka-dump-log.
struct DumpOptions {
  bool deep_iteration = false;        // every record, not only every batch
  bool print_data_log = false;        // keys and values, too; implies deep_iteration
  bool skip_record_metadata = false;  // only keys and values
  bool verify_index_only = false;     // check index entries against the log without showing them
  bool index_sanity_check = false;    // only the checks that decide about a rebuild at start
  int64_t max_bytes = INT32_MAX;      // of a log file
  RecordDecoder decode = decode_text;
};

/// Dumps files one after the other; complaints about indexes and gaps are collected and printed by finish(). Not
/// thread-safe. The streams and the file system outlive it.
class Dumper {
 public:
  Dumper(FileSystem& fs, DumpOptions options, std::ostream& out, std::ostream& err)
      : fs_(fs), options_(options), out_(out), err_(err) {}

  /// What kind of file it is follows from its name. An error if it cannot be read at all.
  Status dump(const std::string& path);
  /// Prints what was found wrong. Whether anything was.
  bool finish();

 private:
  using Pairs = std::vector<std::pair<int64_t, int64_t>>;
  using Findings = std::vector<std::pair<std::string, Pairs>>;  // by file, in the order of the files

  Status dump_log(const std::string& path);
  Status dump_index(const std::string& path);
  Status dump_time_index(const std::string& path);
  Status dump_txn_index(const std::string& path);
  Status dump_snapshot(const std::string& path);
  void print_batch(const record::AnyBatch& batch, int64_t position);
  /// False if the batch could not be read to its end.
  bool print_records(const record::AnyBatch& batch, int64_t& last_offset, Pairs& gaps);

  FileSystem& fs_;
  const DumpOptions options_;
  std::ostream& out_;
  std::ostream& err_;
  Findings index_mismatches_, time_mismatches_, time_disorder_, time_not_found_, gaps_;
};

}  // namespace meerkat::storage
