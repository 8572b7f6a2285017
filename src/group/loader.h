// From the batches of a partition of __consumer_offsets to the groups that they describe.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/bytes.h"
#include "group/group.h"
#include "record/batch.h"
#include "record/record.h"

namespace meerkat::group {

using Groups = std::map<std::string, std::shared_ptr<Group>>;

/// Takes the batches in the order of the log, then gives the groups. What it cannot read it skips with a warning: one
/// odd record must not keep all groups of the partition away from their members. Transactions that have not ended
/// stay pending in the groups' offset books.
class Loader {
 public:
  /// Whole batches; damaged ones are skipped. False if even the borders of batches make no sense any more.
  bool add(ByteView batches);
  Groups take();
  /// The offset after the last batch that was added; -1 before the first.
  int64_t next_offset() const { return next_offset_; }

 private:
  struct Loading {
    Bytes metadata;  // the last group record's value
    bool has_metadata = false;
    OffsetBook offsets;
  };
  void add_control(const record::AnyBatch& batch, const record::RecordView& record);
  void add_record(const record::AnyBatch& batch, const record::RecordView& record);
  void add_offset(const record::AnyBatch& batch, const std::string& group, const TopicPartition& partition,
                  const std::optional<ByteView>& value);

  std::map<std::string, Loading> groups_;
  std::map<int64_t, std::set<std::string>> open_transactions_;  // producer id → groups with offsets of it
  int64_t next_offset_ = -1;
};

}  // namespace meerkat::group
