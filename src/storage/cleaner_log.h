// The cleaner's door into a log: what it may look at, and the one change it makes, segments replaced by a cleaned one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/cleaner_plan.h"
#include "storage/cleaner_rewrite.h"
#include "storage/log.h"
#include "storage/segment.h"
#include "storage/transaction_index.h"

namespace meerkat::storage {

/// Thread-safe, as the log is; the methods block on the disk.
class LogCompaction {
 public:
  explicit LogCompaction(std::shared_ptr<Log> log) : log_(std::move(log)) {}

  const TopicPartition& topic_partition() const { return log_->topic_partition(); }
  const std::string& parent_dir() const { return log_->parent_dir(); }
  std::shared_ptr<const LogConfig> config() const { return log_->config(); }
  /// What plan_cleaning() wants to know.
  CleanableLog view() const;
  /// The segments that begin below `end_offset`, the active one never.
  std::vector<std::shared_ptr<Segment>> segments_before(int64_t end_offset) const;
  /// The transactions that were aborted and overlap [from, to).
  std::vector<AbortedTxn> aborted_transactions(int64_t from, int64_t to) const;
  /// The latest trace of each producer that the log remembers.
  ProducerTraces producers() const;
  /// Changes with each truncation.
  int64_t truncations() const;
  int64_t now_ms() const;

  /// fsyncs the log if something below its high watermark is not durable yet: records, or the markers by which the last
  /// stable offset has come so far.
  Status make_durable();
  /// An empty segment whose files end in .cleaned.
  Result<std::shared_ptr<Segment>> new_segment(int64_t base_offset);
  /// Removes a segment that was not finished.
  void discard(const std::shared_ptr<Segment>& cleaned);
  /// Puts `cleaned`, whose files are complete but not yet durable, in the place of `old`: .cleaned becomes .swap, the
  /// old ones .deleted, .swap a segment like any other. A crash at any step leaves the old ones or the new one.
  /// ECANCELED if the log has changed so that `old` is no longer there; `cleaned` is discarded then.
  Status replace(const std::vector<std::shared_ptr<Segment>>& old, const std::shared_ptr<Segment>& cleaned);

 private:
  LogState& state() const { return *log_->state_; }

  std::shared_ptr<Log> log_;
};

}  // namespace meerkat::storage
