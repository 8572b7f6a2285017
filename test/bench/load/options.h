// What the load generator is told to do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace meerkat::bench {

struct Options {
  std::string topic;
  int connections = 1;
  int in_flight = 5;            // requests of a connection that may be unanswered
  int records = 100;            // a batch
  int size = 100;               // bytes of a record's value
  int16_t acks = 1;             // 1 or -1
  double seconds = 5;           // how long load is made
  double rate = 0;              // requests a second over all connections; 0: as fast as it goes
  int64_t bytes = 0;            // fetch: so many and then stop; 0: all there are
  int32_t max_bytes = 1 << 20;  // fetch: of a partition at once
  double report_every = 0;      // seconds between lines about what happened meanwhile; 0: none
  double patience = 60;         // seconds until every partition has a leader that takes records
  std::vector<int> pids;        // the brokers' processes, for their CPU time
};

}  // namespace meerkat::bench
