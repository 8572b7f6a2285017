// meerkat-dump-log: shows what is in segments, indexes and snapshots. Flags and output as kafka-dump-log.sh has them.
#include <gflags/gflags.h>

#include <iostream>

#include "absl/strings/str_split.h"
#include "client/command_line.h"
#include "storage/dump.h"

DEFINE_string(files, "", "files to show, separated by commas: .log, .index, .timeindex, .txnindex, .snapshot");
DEFINE_bool(deep_iteration, false, "show every record, not only every batch");
DEFINE_bool(print_data_log, false, "show keys and values, too; implies --deep-iteration");
DEFINE_bool(skip_record_metadata, false, "with --print-data-log, show nothing of a record but key and value");
DEFINE_bool(verify_index_only, false, "check index entries against the log without showing them");
DEFINE_bool(index_sanity_check, false, "only check what decides whether a broker rebuilds the index at its start");
DEFINE_int32(max_bytes, INT32_MAX, "bytes of each .log file to read at most");

namespace meerkat::client {
namespace {

constexpr char kUsage[] = "meerkat-dump-log --files FILE[,FILE…] [--deep-iteration] [--print-data-log] ...";

int run() {
  if (FLAGS_files.empty()) return complain("say which files to show: --files FILE[,FILE…]");
  storage::DumpOptions options{.deep_iteration = FLAGS_deep_iteration,
                               .print_data_log = FLAGS_print_data_log,
                               .skip_record_metadata = FLAGS_skip_record_metadata,
                               .verify_index_only = FLAGS_verify_index_only,
                               .index_sanity_check = FLAGS_index_sanity_check,
                               .max_bytes = FLAGS_max_bytes};
  storage::Dumper dumper(FileSystem::system(), options, std::cout, std::cerr);
  int status = 0;
  for (const std::string& path : std::vector<std::string>(absl::StrSplit(FLAGS_files, ',', absl::SkipEmpty()))) {
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
