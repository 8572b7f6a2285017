// meerkat-dump-log: shows what is in segments, indexes and snapshots. Flags and output as kafka-dump-log.sh has them.
#include <gflags/gflags.h>

#include <iostream>

#include "absl/strings/str_split.h"
#include "client/command_line.h"
#include "storage/dump.h"
#include "storage/dump_decoders.h"
#include "storage/log_config.h"
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
DEFINE_int32(index_interval_bytes, meerkat::storage::LogConfig{}.index_interval_bytes,
             "with --rebuild-indexes, bytes between index entries: the topic's index.interval.bytes");
DEFINE_bool(offsets_decoder, false, "show records of __consumer_offsets as what they say; implies --print-data-log");
DEFINE_bool(transaction_log_decoder, false,
            "show records of __transaction_state as what they say; implies --print-data-log");
DEFINE_string(key_decoder_class, "", "StringDecoder, LongDecoder or IntegerDecoder; implies --print-data-log");
DEFINE_string(value_decoder_class, "", "the same for values");
DEFINE_int32(max_message_size, 5 << 20, "taken for kafka-dump-log's sake; records of any size are read");
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
    if (auto done = storage::rebuild_indexes(FileSystem::system(), path, FLAGS_index_interval_bytes)) {
      std::cout << path << ": indexes made anew\n";
    } else {
      status = complain(done.error().message);
    }
  }
  return status;
}

/// What the flags ask keys and values to be shown as; nothing for a decoder that we do not have.
std::optional<storage::RecordDecoder> decoder() {
  if (FLAGS_offsets_decoder) return storage::decode_offsets_record;
  if (FLAGS_transaction_log_decoder) return storage::decode_transaction_record;
  const auto by_name = [](const std::string& name) {
    return storage::field_decoder(name.empty() ? "StringDecoder" : name);
  };
  const auto keys = by_name(FLAGS_key_decoder_class), values = by_name(FLAGS_value_decoder_class);
  if (!keys || !values) return std::nullopt;
  return [keys, values](const record::RecordView& record) {
    storage::DecodedRecord text;
    if (record.key) text.key = (*keys)(*record.key);
    if (record.value) text.payload = (*values)(*record.value);
    return text;
  };
}

int run() {
  if (FLAGS_files.empty()) return complain("say which files to show: --files FILE[,FILE…]");
  if (FLAGS_rebuild_indexes) return rebuild_indexes();
  if (FLAGS_verify) return verify();
  const auto decode = decoder();
  if (!decode) return complain("decoders are StringDecoder, LongDecoder and IntegerDecoder");
  const bool decoder_asked = FLAGS_offsets_decoder || FLAGS_transaction_log_decoder ||
                             !FLAGS_key_decoder_class.empty() || !FLAGS_value_decoder_class.empty();
  storage::DumpOptions options{.deep_iteration = FLAGS_deep_iteration,
                               .print_data_log = FLAGS_print_data_log || decoder_asked,
                               .skip_record_metadata = FLAGS_skip_record_metadata,
                               .verify_index_only = FLAGS_verify_index_only,
                               .index_sanity_check = FLAGS_index_sanity_check,
                               .max_bytes = FLAGS_max_bytes,
                               .decode = *decode};
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
