// A connection that fetches its partitions round and round, and looks at batch headers only.
#pragma once

#include <map>
#include <memory>

#include "net/outbound.h"
#include "record/batch.h"
#include "test/bench/load/links.h"
#include "test/bench/load/options.h"

namespace meerkat::bench {

/// The loop's thread only.
class Reader {
 public:
  /// What one answer brought.
  struct Arrived {
    int64_t batches = 0, records = 0, bytes = 0;
    bool caught_up = false;  // every partition of the share is read up to its high watermark
  };
  using OnBatch = absl::AnyInvocable<void(const record::BatchView& batch)>;
  using OnAnswer = absl::AnyInvocable<void(const Result<Arrived>& arrived)>;

  /// Each answer leads to on_batch for its complete batches, then to on_answer, which may ask for more.
  Reader(std::unique_ptr<net::Outbound> link, Share share, const Options& options, OnBatch on_batch,
         OnAnswer on_answer);

  /// Where to begin; 0 without it.
  void seek(int32_t partition, int64_t offset) { next_[partition] = offset; }
  /// Asks for what comes next, waiting for it up to half a second.
  void fetch();

 private:
  Result<Arrived> take(const Result<net::Frame>& answer);

  std::unique_ptr<net::Outbound> link_;
  const Share share_;
  const Options& options_;
  OnBatch on_batch_;
  OnAnswer on_answer_;
  std::map<int32_t, int64_t> next_;
  int32_t correlation_ = 1;
};

}  // namespace meerkat::bench
