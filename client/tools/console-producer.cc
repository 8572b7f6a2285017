// meerkat-console-producer: a record for each line of standard input. Flags as kafka-console-producer.sh has them.
#include <gflags/gflags.h>
#include <unistd.h>

#include <atomic>
#include <iostream>

#include "absl/strings/str_split.h"
#include "client/command_line.h"
#include "client/producer.h"

DEFINE_string(bootstrap_server, "", "host:port of brokers to connect to first");
DEFINE_string(topic, "", "the topic to produce to");
DEFINE_string(request_required_acks, "-1", "0 none, 1 the leader, -1 or all: all in-sync replicas");
DEFINE_string(compression_codec, "none", "none, gzip, snappy, lz4 or zstd");
DEFINE_int32(batch_size, 16384, "bytes of a batch");
DEFINE_int32(timeout, 1000, "how long a batch may wait for more records, in ms (linger)");
DEFINE_int32(request_timeout_ms, 30000, "how long to wait for an answer, in ms");
DEFINE_int64(max_memory_bytes, 32 << 20, "bytes that may wait to be sent");
DEFINE_int32(partition, -1, "the partition; -1: by key, or any");
DEFINE_bool(sync, false, "one record at a time");

namespace meerkat::client {
namespace {

constexpr char kUsage[] =
    "meerkat-console-producer --bootstrap-server HOST:PORT --topic T [--compression-codec C] [--property "
    "KEY=VALUE]...\n"
    "properties: parse.key, key.separator, parse.headers, headers.delimiter, headers.separator, "
    "headers.key.separator, ignore.error, null.marker";

/// How a line is read; names and defaults are those of Kafka's LineMessageReader.
struct LineFormat {
  bool parse_key = false;
  bool parse_headers = false;
  bool ignore_error = false;
  std::string key_separator = "\t";
  std::string headers_delimiter = "\t";
  std::string headers_separator = ",";
  std::string headers_key_separator = ":";
  std::optional<std::string> null_marker;
};

Result<LineFormat> line_format(const std::map<std::string, std::string>& properties) {
  LineFormat format;
  for (const auto& [key, value] : properties) {
    if (key == "parse.key")
      format.parse_key = value == "true";
    else if (key == "parse.headers")
      format.parse_headers = value == "true";
    else if (key == "ignore.error")
      format.ignore_error = value == "true";
    else if (key == "key.separator")
      format.key_separator = value;
    else if (key == "headers.delimiter")
      format.headers_delimiter = value;
    else if (key == "headers.separator")
      format.headers_separator = value;
    else if (key == "headers.key.separator")
      format.headers_key_separator = value;
    else if (key == "null.marker")
      format.null_marker = value;
    else
      return fail("there is no property '" + key + "'");
  }
  return format;
}

/// Cuts the text in front of `separator` off `line`.
std::optional<std::string> cut(std::string& line, const std::string& separator) {
  const size_t at = line.find(separator);
  if (at == std::string::npos) return std::nullopt;
  std::string front = line.substr(0, at);
  line.erase(0, at + separator.size());
  return front;
}

Result<RecordToSend> parse_line(std::string line, const LineFormat& format, int64_t number) {
  RecordToSend record;
  record.topic = FLAGS_topic;
  if (FLAGS_partition >= 0) record.partition = FLAGS_partition;
  auto nullable = [&](std::string text) {
    return format.null_marker && text == *format.null_marker ? std::nullopt
                                                             : std::optional<std::string>(std::move(text));
  };
  if (format.parse_headers) {
    auto headers = cut(line, format.headers_delimiter);
    if (!headers && !format.ignore_error) {
      return fail("line " + std::to_string(number) + " has no headers delimiter");
    }
    for (std::string word :
         std::vector<std::string>(absl::StrSplit(headers.value_or(""), format.headers_separator, absl::SkipEmpty()))) {
      auto key = cut(word, format.headers_key_separator);
      if (!key) return fail("line " + std::to_string(number) + ": header '" + word + "' has no key separator");
      record.headers.emplace_back(*key, nullable(word));
    }
  }
  if (format.parse_key) {
    auto key = cut(line, format.key_separator);
    if (!key && !format.ignore_error) return fail("line " + std::to_string(number) + " has no key separator");
    if (key) record.key = nullable(*key);
  }
  record.value = nullable(std::move(line));
  return record;
}

std::optional<record::Codec> codec(const std::string& name) {
  using record::Codec;
  for (Codec c : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
    if (name == record::name(c)) return c;
  }
  return std::nullopt;
}

int run(const std::vector<std::string>& property_words) {
  if (FLAGS_topic.empty()) return complain("--topic is missing");
  auto properties = parse_pairs(property_words);
  if (!properties) return complain("--property: " + properties.error().message);
  auto format = line_format(*properties);
  if (!format) return complain(format.error().message);
  ProducerOptions options;
  if (FLAGS_request_required_acks == "all") FLAGS_request_required_acks = "-1";
  if (FLAGS_request_required_acks != "-1" && FLAGS_request_required_acks != "0" && FLAGS_request_required_acks != "1") {
    return complain("--request-required-acks is none of 0, 1, -1, all");
  }
  options.acks = static_cast<int16_t>(std::stoi(FLAGS_request_required_acks));
  auto compression = codec(FLAGS_compression_codec);
  if (!compression) return complain("--compression-codec is none of none, gzip, snappy, lz4, zstd");
  options.compression = *compression;
  options.batch_size = static_cast<size_t>(FLAGS_batch_size);
  options.linger = std::chrono::milliseconds(FLAGS_sync ? 0 : FLAGS_timeout);
  options.buffer_memory = static_cast<size_t>(FLAGS_max_memory_bytes);
  options.request_timeout = std::chrono::milliseconds(FLAGS_request_timeout_ms);
  auto connected = connect(FLAGS_bootstrap_server, "console-producer");
  if (!connected) return complain(connected.error().message);

  std::atomic<int64_t> failed{0};
  int64_t number = 0;
  const bool progress = isatty(STDERR_FILENO) != 0 && isatty(STDIN_FILENO) == 0;
  {
    Producer producer(*connected->cluster, options);
    for (std::string line; std::getline(std::cin, line);) {
      ++number;
      auto record = parse_line(std::move(line), *format, number);
      if (!record) return complain(record.error().message);
      auto sent = producer.send(std::move(*record), [&failed, number](wire::Outcome<Delivered> outcome) {
        if (outcome) return;
        if (failed++ < 10) complain("record " + std::to_string(number) + ": " + outcome.error().message);
      });
      if (!sent) return complain("record " + std::to_string(number) + ": " + sent.error().message);
      if (FLAGS_sync) producer.flush();
      if (progress && number % 100'000 == 0) std::cerr << "\r" << number << " records" << std::flush;
    }
  }
  if (progress && number >= 100'000) std::cerr << "\r" << number << " records\n";
  if (failed > 0)
    return complain(std::to_string(failed) + " of " + std::to_string(number) + " records were not delivered");
  return 0;
}

}  // namespace
}  // namespace meerkat::client

int main(int argc, char** argv) {
  auto repeated = meerkat::client::take_repeated_flags(&argc, argv, {"property"});
  meerkat::client::parse_tool_flags(&argc, &argv, meerkat::client::kUsage);
  std::ios::sync_with_stdio(false);
  return meerkat::client::run(repeated["property"]);
}
