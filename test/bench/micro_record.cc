// What a broker's hot path costs per byte of records: checksum, validation, stamping, beside memcpy on the same
// machine. Prints one line a figure; `bench-micro` builds and runs it.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>

#include "base/crc32c.h"
#include "record/builder.h"
#include "record/record.h"
#include "record/validate.h"

namespace meerkat::record {
namespace {

/// Runs `work` until it has taken a fifth of a second of processor time, three times; the best time of one run.
double best_seconds(const std::function<void()>& work) {
  constexpr int kRunsPerLook = 64;  // looking at the clock is a system call
  double best = 1e9;
  for (int round = 0; round < 3; ++round) {
    std::clock_t start = std::clock();
    int runs = 0;
    double taken = 0;
    do {
      for (int i = 0; i < kRunsPerLook; ++i) work();
      runs += kRunsPerLook;
      taken = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    } while (taken < 0.2);
    best = std::min(best, taken / runs);
  }
  return best;
}

void report(const std::string& what, size_t bytes, int records, double seconds) {
  std::printf("%-44s %9.2f GB/s %10.0f ns/batch", what.c_str(), static_cast<double>(bytes) / seconds / 1e9,
              seconds * 1e9);
  if (records > 0) std::printf(" %7.1f ns/record", seconds * 1e9 / records);
  std::printf("\n");
}

Bytes sample(Codec codec, size_t batch_bytes, size_t value_bytes, int& records) {
  BatchBuilder builder({.codec = codec});
  std::string value(value_bytes, 'x');
  for (records = 0; builder.uncompressed_size() < batch_bytes; ++records) {
    for (size_t i = 0; i < value.size(); ++i)
      value[i] = static_cast<char>('a' + (records * 31 + static_cast<int>(i) * 7) % 26);
    std::string key = "key-" + std::to_string(records);
    builder.append(1'700'000'000'000 + records, as_bytes(key), as_bytes(value));
  }
  return builder.build();
}

void measure(Codec codec, size_t batch_bytes, size_t value_bytes) {
  int records = 0;
  Bytes batch = sample(codec, batch_bytes, value_bytes, records);
  Bytes copy(batch.size());
  std::string shape =
      std::to_string(batch_bytes >> 10) + " KiB of " + std::to_string(value_bytes) + " B, " + std::string(name(codec));
  volatile uint32_t sink = 0;
  report("memcpy, " + shape, batch.size(), 0, best_seconds([&] {
           std::memcpy(copy.data(), batch.data(), batch.size());
           sink = sink + copy[copy.size() / 2];
         }));
  report("crc32c, " + shape, batch.size(), 0, best_seconds([&] { sink = sink + crc32c(batch); }));
  AppendRules rules;
  rules.now_ms = 1'700'000'000'000;
  rules.timestamp_after_max_ms = 3'600'000;
  report("validate and stamp, " + shape, batch.size(), records, best_seconds([&] {
           store_be<int64_t>(batch.data(), 0);
           auto plan = validate(batch, rules);
           if (!plan.ok()) std::abort();
           sink = sink + static_cast<uint32_t>(plan->stamp(4711, 3, rules.now_ms).last_offset);
         }));
  rules.timestamp_type = TimestampType::log_append_time;
  Bytes again(batch);
  report("the same with LogAppendTime, " + shape, batch.size(), records, best_seconds([&] {
           std::memcpy(again.data(), batch.data(), v2::kHeaderSize);
           store_be<int64_t>(again.data(), 0);
           auto plan = validate(again, rules);
           if (!plan.ok()) std::abort();
           sink = sink + static_cast<uint32_t>(plan->stamp(4711, 3, rules.now_ms).last_offset);
         }));
  report("read every record, " + shape, batch.size(), records, best_seconds([&] {
           RecordReader reader{BatchView(batch)};
           for (RecordView r; reader.next(r) == Next::record;) sink = sink + static_cast<uint32_t>(r.value->size());
         }));
}

}  // namespace
}  // namespace meerkat::record

int main() {
  using meerkat::record::Codec;
  meerkat::record::measure(Codec::none, 16 << 10, 100);
  meerkat::record::measure(Codec::none, 16 << 10, 1000);
  meerkat::record::measure(Codec::none, 1000 << 10, 100);
  for (Codec c : {Codec::lz4, Codec::snappy, Codec::zstd, Codec::gzip}) meerkat::record::measure(c, 64 << 10, 100);
}
