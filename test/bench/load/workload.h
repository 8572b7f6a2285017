// The kinds of load. Each begins on the loop's thread and reports its end once.
#pragma once

#include <memory>
#include <vector>

#include "base/task.h"
#include "client/network.h"
#include "event/loop.h"
#include "test/bench/load/meter.h"
#include "test/bench/load/options.h"

namespace meerkat::bench {

/// Made anywhere; started and destroyed on the loop's thread.
class Workload {
 public:
  virtual ~Workload() = default;
  /// `done` is called once, on the loop; errors are the meter's.
  virtual void start(Task done) = 0;
};

/// What every workload is given; outlives it.
struct Setting {
  event::Loop& loop;
  const Options& options;
  Meter& meter;
  std::vector<client::HostPort> leaders;  // by partition
};

/// Produces to all partitions once until each has taken a batch, and then for `seconds`.
std::unique_ptr<Workload> make_produce(Setting setting);
/// Only the first part of it: ends when every partition has taken a batch.
std::unique_ptr<Workload> make_ready(Setting setting);
/// Reads all partitions from their beginnings to their ends, or up to `bytes`, looking at no record.
std::unique_ptr<Workload> make_fetch(Setting setting);
/// One producer at a fixed rate to partition 0, one consumer of it: how long from when a record was due to its arrival.
std::unique_ptr<Workload> make_latency(Setting setting);

}  // namespace meerkat::bench
