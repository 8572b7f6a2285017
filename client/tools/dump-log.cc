// meerkat-dump-log: shows what is in segments, indexes and snapshots. Flags and output as kafka-dump-log.sh has them.
#include <gflags/gflags.h>

#include <iostream>

#include "absl/strings/str_split.h"
#include "client/command_line.h"
#include "storage/dump.h"
#include "storage/verify.h"

DEFINE_string(files, "",
              "files to show, separated by commas: .log, .index, .timeindex, .txnindex, .snapshot; with "
              "--verify and --rebuild-indexes directories, too");
DEFINE_bool(deep_iteration, false, "show every record, not only every batch");
DEFINE_bool(print_data_log, false, "show keys and values, too; implies --deep-iteration");
DEFINE_bool(skip_record_metadata, false, "with --print-data-log, show nothing of a record but key and value");
DEFINE_bool(verify_index_only, false, "check index entries against the log without showing them");
DEFINE_bool(index_sanity_check, false, "only check what decides whether a broker rebuilds the index at its start");
DEFINE_bool(verify, false,
            "check files, or whole partition directories, and say what is wrong; status 1 if anything is");
DEFINE_bool(rebuild_indexes, false, "make the indexes of partition directories anew; their broker must not run");
DEFINE_int32(max_bytes, INT32_MAX, "bytes of each .log file to read at most");

namespace meerkat::client {
namespace {

constexpr char kUsage[] =
    "meerkat-dump-log --files FILE[,FILE…] [--deep-iteration] [--print-data-log] ...\n"
    "meerkat-dump-log --verify --files FILE|DIRECTORY[,…]\n"
    "meerkat-dump-log --rebuild-indexes --files DIRECTORY[,…]";

std::vector<std::string> files() { return absl::StrSplit(FLAGS_files, ',', absl::SkipEmpty()); }

int verify() {
  int status = 0;
  for (const auto& path : files()) {
    const auto found = storage::partition_files(FileSystem::system(), path);
    if (!found) {
      status = complain(found.error().message);
      continue;
    }
    for (const auto& file : *found) {
      if (!storage::verify_file(FileSystem::system(), file, std::cout)) status = 1;
    }
  }
  std::cout.flush();
  return status;
}

int rebuild_indexes() {
  int status = 0;
  for (const auto& path : files()) {
    if (auto done = storage::rebuild_indexes(FileSystem::system(), path)) {
      std::cout << path << ": indexes made anew\n";
    } else {
      status = complain(done.error().message);
    }
  }
  return status;
}

int run() {
  if (FLAGS_files.empty()) return complain("say which files to show: --files FILE[,FILE…]");
  if (FLAGS_rebuild_indexes) return rebuild_indexes();
  if (FLAGS_verify) return verify();
  storage::DumpOptions options{.deep_iteration = FLAGS_deep_iteration,
                               .print_data_log = FLAGS_print_data_log,
                               .skip_record_metadata = FLAGS_skip_record_metadata,
                               .verify_index_only = FLAGS_verify_index_only,
                               .index_sanity_check = FLAGS_index_sanity_check,
                               .max_bytes = FLAGS_max_bytes};
  storage::Dumper dumper(FileSystem::system(), options, std::cout, std::cerr);
  int status = 0;
  for (const std::string& path : files()) {
    if (auto done = dumper.dump(path); !done) {
      std::cout.flush();
      status = complain(done.error().message);
    }
  }
  std::cout.flush();
  dumper.finish();
  return status;
}

}  // namespace
}  // namespace meerkat::client

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  meerkat::client::parse_tool_flags(&argc, &argv, meerkat::client::kUsage);
  return meerkat::client::run();
}
