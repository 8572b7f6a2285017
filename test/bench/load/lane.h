// A connection that produces: requests made once, and sent again and again.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "net/outbound.h"
#include "test/bench/load/links.h"
#include "test/bench/load/meter.h"
#include "test/bench/load/options.h"

namespace meerkat::bench {

/// The batch that every request carries: `records` records of `size` bytes, made once.
std::shared_ptr<const Bytes> make_batch(int records, int size);

/// The loop's thread only.
class Lane {
 public:
  /// Told of each answer: the base offset that the batch got, or why not; and when the request was due.
  using OnAnswer = absl::AnyInvocable<void(const Result<int64_t>& base_offset, Moment due)>;

  Lane(std::unique_ptr<net::Outbound> link, const Share& share, const Options& options,
       std::shared_ptr<const Bytes> batch, OnAnswer on_answer);

  /// Sends the batch to the next partition in turn; behind others if too many are unanswered.
  void send(Moment due);
  /// The same to partition `index` of the share, whatever is unanswered.
  void send_to(size_t index, Moment due);
  size_t partitions() const { return requests_.size(); }
  bool full() const { return unanswered_ >= in_flight_; }
  bool idle() const { return unanswered_ == 0 && queue_.empty(); }

 private:
  /// What goes before the batch, copied for each sending as it holds the correlation id, and what is shared.
  struct Request {
    Bytes head;
    std::vector<SharedView> rest;
  };
  static Request split(Chain encoded);
  void answered(const Result<net::Frame>& answer, Moment due);

  std::unique_ptr<net::Outbound> link_;
  const int in_flight_;
  std::vector<Request> requests_;  // by partition of the share
  OnAnswer on_answer_;
  size_t next_ = 0;
  int32_t correlation_ = 1;
  int unanswered_ = 0;
  std::deque<Moment> queue_;
};

}  // namespace meerkat::bench
