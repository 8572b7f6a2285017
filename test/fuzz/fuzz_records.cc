// Feeds arbitrary bytes to everything that reads record batches: the walk over a run, records of every magic,
// decompression, validation before an append, down-conversion. With a leading byte that picks the rules. Whatever is
// accepted must hold together: its checksum is right and its records can be read again.
#include <cstdlib>

#include "record/compression.h"
#include "record/convert.h"
#include "record/record.h"
#include "record/validate.h"

namespace meerkat::record {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

/// Damaged checksums would stop most inputs at the door, so those that fit the bytes are put in.
void mend_checksums(Bytes& bytes) {
  size_t at = 0;
  BatchRun run(bytes);
  for (AnyBatch batch; run.next(batch); at = run.consumed()) {
    MutableBytes here = MutableBytes(bytes).subspan(at, static_cast<size_t>(batch.size));
    if (batch.undersized) continue;
    if (batch.magic == kMagic2) {
      MutableBatch(here).refresh_crc();
    } else {
      store_be<uint32_t>(here.data() + legacy::kCrcAt, LegacyView(here).computed_crc());
    }
  }
}

void read_all(ByteView bytes) {
  BatchRun run(bytes);
  for (AnyBatch batch; run.next(batch);) {
    (void)batch.crc_ok();
    (void)first_offset(batch, 1 << 20);
    RecordReader reader(batch, 1 << 20);
    RecordView record;
    while (reader.next(record) == Next::record) {
      require(record.encoded.size() >= 7);
      HeaderReader headers(record);
      int32_t seen = 0;
      for (Header h; headers.next(h);) ++seen;
      require(seen == record.header_count);
      (void)parse_end_txn_marker(record.key, record.value);
    }
  }
  require(run.consumed() + run.rest().size() == bytes.size());
}

void append(Bytes bytes, uint8_t choice) {
  AppendRules rules;
  rules.now_ms = 1'700'000'000'000;
  rules.origin = choice & 1 ? AppendOrigin::coordinator : AppendOrigin::client;
  rules.compacted = choice & 2;
  if (choice & 4) rules.timestamp_type = TimestampType::log_append_time;
  if (choice & 8) rules.timestamp_after_max_ms = 3'600'000;
  if (choice & 16) rules.target_codec = static_cast<Codec>((choice >> 5) % 5);
  auto plan = validate(bytes, rules);
  if (!plan) {
    require(!plan.error().message.empty());
    return;
  }
  if (plan->empty()) return;
  Stamped stamped = plan->stamp(1000, 3, rules.now_ms);
  BatchView batch = plan->batch();
  require(batch.crc_ok() && batch.base_offset() == 1000 && batch.leader_epoch() == 3);
  require(stamped.last_offset == 1000 + plan->record_count() - 1);
  RecordReader reader(batch, 1 << 20);
  RecordView record;
  int64_t offset = 1000;
  Next step;
  while ((step = reader.next(record)) == Next::record) require(record.offset == offset++);
  if (step == Next::end) require(offset == stamped.last_offset + 1);
  for (int8_t magic : {kMagic0, kMagic1}) (void)down_convert(plan->bytes(), magic, 1001);
}

}  // namespace
}  // namespace meerkat::record

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace meerkat;
  using namespace meerkat::record;
  if (size < 2) return 0;
  uint8_t choice = data[0];
  ByteView input(data + 2, size - 2);
  if (data[1] & 1) {  // straight into a decompressor
    auto codec = static_cast<Codec>(1 + (choice >> 4) % 4);
    Bytes out;
    (void)decompress(codec, choice & 1 ? kMagic0 : kMagic2, input, 1 << 20, out);
    require(out.size() <= (1 << 20) + 1);
    return 0;
  }
  Bytes bytes(input.begin(), input.end());
  if (data[1] & 2) mend_checksums(bytes);
  read_all(bytes);
  for (int8_t magic : {kMagic0, kMagic1}) (void)down_convert(bytes, magic, 0);
  (void)check_produce_version(bytes, data[1] >> 4);
  append(std::move(bytes), choice);
  return 0;
}
