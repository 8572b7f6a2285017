// Taking over a partition of an internal topic: its records, read in the background, become a coordinator's state.
#pragma once

#include <glog/logging.h>

#include <functional>
#include <string>

#include "event/loop.h"
#include "event/pool.h"
#include "record/batch.h"
#include "record/record.h"
#include "replica/record_log.h"

namespace meerkat::replica {

/// Calls `each` for the records of whole batches, in order, those of control batches included. Damaged batches are
/// skipped and logged. `next_offset` becomes the offset after the last batch seen. False if even the borders of batches
/// make no sense any more.
bool each_record(ByteView batches, int64_t& next_offset,
                 const std::function<void(const record::AnyBatch&, const record::RecordView&)>& each);

/// Reads a whole partition on `workers` through a Loader (`bool add(ByteView)`, false where reading on makes no sense;
/// `take()`; `next_offset()`), then calls `done(Outcome<what take() gave>)` on `loop`. `log` outlives the reading.
template <class Loader, class Done>
void load_in_background(RecordLog& log, std::string name, int32_t partition, event::Pool& workers, event::Loop& loop,
                        Done done) {
  using Loaded = wire::Outcome<decltype(std::declval<Loader&>().take())>;
  workers.post([&log, name = std::move(name), partition, loop = loop.remote(), done = std::move(done)]() mutable {
    Loader loader;
    auto outcome = log.read(partition, [&](ByteView batches) {
      if (loader.add(batches)) return true;
      LOG(ERROR) << name << "-" << partition << " is damaged behind offset " << loader.next_offset()
                 << "; its coordinator goes on with what was written before";
      return false;
    });
    Loaded loaded = outcome ? Loaded(loader.take()) : Loaded(outcome.failure());
    loop.post([done = std::move(done), loaded = std::move(loaded)]() mutable { done(std::move(loaded)); });
  });
}

}  // namespace meerkat::replica
