#include "record/convert.h"

#include "record/builder.h"
#include "record/record.h"

namespace meerkat::record {

namespace {

using wire::ErrorCode;
using wire::Failure;

Result<void, Failure> convert_batch(const AnyBatch& batch, int8_t to_magic, int64_t first_offset, DownConverted& out) {
  LegacySetBuilder builder(to_magic, batch.codec, batch.timestamp_type, batch.max_timestamp);
  RecordReader reader(batch);
  RecordView record;
  Next step;
  int64_t last_offset = -1;
  while ((step = reader.next(record)) == Next::record) {
    if (record.offset <= last_offset) return wire::refuse(ErrorCode::corrupt_message, "offsets that do not rise");
    last_offset = record.offset;
    if (batch.compressed() || record.offset >= first_offset) {
      builder.append_at(record.offset, record.timestamp, record.key, record.value);
    }
  }
  if (step == Next::malformed) return wire::refuse(ErrorCode::corrupt_message, reader.failure());
  out.records += builder.count();
  Bytes converted = builder.build();
  out.bytes.insert(out.bytes.end(), converted.begin(), converted.end());
  return {};
}

}  // namespace

wire::Outcome<DownConverted> down_convert(ByteView run, int8_t to_magic, int64_t first_offset) {
  DownConverted out;
  BatchRun batches(run);
  for (AnyBatch batch; batches.next(batch);) {
    if (batch.undersized) return wire::refuse(ErrorCode::corrupt_message, "a batch that is smaller than its header");
    if (batch.control) continue;
    if (batch.codec == Codec::zstd) {
      if (!out.bytes.empty()) break;  // what lies before it first; the next fetch begins here and is refused
      return wire::refuse(ErrorCode::unsupported_compression_type, "zstd batches cannot be given to old clients");
    }
    if (batch.magic <= to_magic) {
      out.bytes.insert(out.bytes.end(), batch.bytes.begin(), batch.bytes.end());
    } else if (auto done = convert_batch(batch, to_magic, first_offset, out); !done.ok()) {
      return done.failure();
    }
  }
  if (batches.corrupt())
    return wire::refuse(ErrorCode::corrupt_message, "the size or the magic of a batch makes no sense");
  return out;
}

}  // namespace meerkat::record
