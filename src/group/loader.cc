#include "group/loader.h"

#include <glog/logging.h>

#include "group/records.h"
#include "replica/record_load.h"

namespace meerkat::group {

bool Loader::add(ByteView batches) {
  return replica::each_record(batches, next_offset_, [this](const auto& batch, const auto& record) {
    batch.control ? add_control(batch, record) : add_record(batch, record);
  });
}

void Loader::add_control(const record::AnyBatch& batch, const record::RecordView& record) {
  const auto marker = record::parse_end_txn_marker(record.key, record.value);
  if (!marker || marker->type == record::ControlType::unknown) return;
  auto open = open_transactions_.extract(batch.producer_id);
  if (open.empty()) return;
  const bool commit = marker->type == record::ControlType::commit;
  for (const auto& group : open.mapped()) groups_[group].offsets.complete_transaction(batch.producer_id, commit);
}

void Loader::add_record(const record::AnyBatch& batch, const record::RecordView& record) {
  auto key = read_key(record.key.value_or(ByteView()));
  if (!key) {
    LOG(WARNING) << "Skipping the record at offset " << record.offset << ": " << key.error().message;
    return;
  }
  if (const auto* offset = std::get_if<OffsetKey>(&*key)) {
    add_offset(batch, offset->group, offset->partition, record.value);
  } else if (const auto* group = std::get_if<GroupKey>(&*key)) {
    Loading& loading = groups_[group->group];
    loading.has_metadata = record.value.has_value();
    loading.metadata.clear();
    if (record.value) loading.metadata.assign(record.value->begin(), record.value->end());
  } else {
    LOG_FIRST_N(WARNING, 10) << "Skipping the record at offset " << record.offset << ": its key has version "
                             << std::get<ForeignKey>(*key).version << ", which belongs to another kind of group";
  }
}

void Loader::add_offset(const record::AnyBatch& batch, const std::string& group, const TopicPartition& partition,
                        const std::optional<ByteView>& value) {
  OffsetBook& book = groups_[group].offsets;
  if (!value) {
    book.remove({partition});
    return;
  }
  auto offset = read_offset_value(*value);
  if (!offset) {
    LOG(WARNING) << "Skipping an offset of group " << group << " for " << partition.to_string() << ": "
                 << offset.error().message;
    return;
  }
  if (!batch.transactional) return book.put(partition, std::move(*offset), batch.base_offset);
  book.put_transactional(batch.producer_id, partition, std::move(*offset), batch.base_offset);
  open_transactions_[batch.producer_id].insert(group);
}

Groups Loader::take() {
  Groups out;
  for (auto& [id, loading] : groups_) {
    if (!loading.has_metadata && loading.offsets.empty()) continue;
    auto group = std::make_shared<Group>(id);
    if (loading.has_metadata) {
      if (auto read = read_group_value(loading.metadata, *group); !read) {
        LOG(WARNING) << "The members of group " << id << " cannot be read: " << read.error().message;
        group = std::make_shared<Group>(id);
      }
    }
    group->offsets = std::move(loading.offsets);
    out[id] = std::move(group);
  }
  groups_.clear();
  open_transactions_.clear();
  return out;
}

}  // namespace meerkat::group
