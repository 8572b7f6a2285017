#include "replica/rack_selector.h"

#include <gtest/gtest.h>

#include "wire/messages/06_update_metadata.h"

namespace meerkat::replica {
namespace {

TEST(RackSelector, Rules) {
  wire::UpdateMetadataRequest update;
  for (auto [id, rack] : {std::pair{1, "a"}, {2, "b"}, {3, "b"}, {4, "c"}, {5, "d"}}) {
    auto& broker = update.live_brokers.emplace_back();
    broker.id = id;
    broker.rack = rack;
    broker.endpoints = {{9092, "host", id == 5 ? "OTHER" : "PLAINTEXT", 0}};
  }
  const auto metadata = cluster::MetadataImage().apply(update);
  struct {
    const char* what;
    std::string rack;
    int64_t offset;
    std::vector<RemoteReplica> remotes;
    std::vector<int32_t> isr;
    std::optional<int32_t> expected;
  } const cases[] = {
      {"no rack", "", 5, {{.id = 2, .log_end_offset = 10, .log_start_offset = 0}}, {1, 2}, {}},
      {"the leader's rack", "a", 5, {{.id = 2, .log_end_offset = 10, .log_start_offset = 0}}, {1, 2}, {}},
      {"a follower's rack", "b", 5, {{.id = 2, .log_end_offset = 10, .log_start_offset = 0}}, {1, 2}, 2},
      {"nobody's rack", "z", 5, {{.id = 2, .log_end_offset = 10, .log_start_offset = 0}}, {1, 2}, {}},
      {"not in sync", "b", 5, {{.id = 2, .log_end_offset = 10, .log_start_offset = 0}}, {1}, {}},
      {"not there yet", "b", 11, {{.id = 2, .log_end_offset = 10, .log_start_offset = 0}}, {1, 2}, {}},
      {"at its end", "b", 10, {{.id = 2, .log_end_offset = 10, .log_start_offset = 0}}, {1, 2}, 2},
      {"gone there", "b", 2, {{.id = 2, .log_end_offset = 10, .log_start_offset = 3}}, {1, 2}, {}},
      {"no such listener", "d", 5, {{.id = 5, .log_end_offset = 10, .log_start_offset = 0}}, {1, 5}, {}},
      {"the farthest",
       "b",
       5,
       {{.id = 2, .log_end_offset = 12, .log_start_offset = 0}, {.id = 3, .log_end_offset = 10, .log_start_offset = 0}},
       {1, 2, 3},
       2},
      {"the one that caught up last",
       "b",
       5,
       {{.id = 2, .log_end_offset = 10, .log_start_offset = 0, .last_caught_up_ms = 9},
        {.id = 3, .log_end_offset = 10, .log_start_offset = 0, .last_caught_up_ms = 8}},
       {1, 2, 3},
       2},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    PartitionView view;
    view.leader = 1;
    view.is_leader = true;
    view.remotes = c.remotes;
    view.isr = c.isr;
    EXPECT_EQ(RackSelector().select({.client_rack = c.rack,
                                     .listener = "PLAINTEXT",
                                     .fetch_offset = c.offset,
                                     .partition = view,
                                     .metadata = *metadata}),
              c.expected);
  }
}

}  // namespace
}  // namespace meerkat::replica
