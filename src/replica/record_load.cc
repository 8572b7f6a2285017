#include "replica/record_load.h"

namespace meerkat::replica {

bool each_record(ByteView batches, int64_t& next_offset,
                 const std::function<void(const record::AnyBatch&, const record::RecordView&)>& each) {
  record::AnyBatch batch;
  record::BatchRun run(batches);
  while (run.next(batch)) {
    if (batch.undersized || !batch.crc_ok()) {
      LOG(ERROR) << "Skipping a damaged batch behind offset " << next_offset << ": what it held is lost";
      continue;
    }
    next_offset = batch.last_offset + 1;
    record::RecordReader reader(batch);
    record::RecordView record;
    while (reader.next(record) == record::Next::record) each(batch, record);
    LOG_IF(ERROR, reader.unreadable() != record::Unreadable::no)
        << "Skipping the rest of the batch at offset " << batch.base_offset << ": " << reader.failure();
  }
  return !run.corrupt();
}

}  // namespace meerkat::replica
