#include "txn/loader.h"

#include <glog/logging.h>

#include "replica/record_load.h"
#include "txn/records.h"

namespace meerkat::txn {

bool Loader::add(ByteView batches) {
  return replica::each_record(batches, next_offset_, [this](const auto& batch, const auto& record) {
    if (!batch.control) add_record(record);
  });
}

void Loader::add_record(const record::RecordView& record) {
  auto id = read_key(record.key.value_or(ByteView()));
  if (!id) {
    LOG(WARNING) << "Skipping the record at offset " << record.offset << ": " << id.error().message;
    return;
  }
  if (!*id) {
    LOG_FIRST_N(WARNING, 10) << "Skipping the record at offset " << record.offset << ": its key is of a later version";
    return;
  }
  if (!record.value) {
    transactions_.erase(**id);
    return;
  }
  auto details = read_value(*record.value);
  if (!details) {
    LOG(ERROR) << "Skipping the record of transactional id " << **id << " at offset " << record.offset << ": "
               << details.error().message;
    return;
  }
  transactions_[**id] = std::move(*details);
}

}  // namespace meerkat::txn
