// Which connection goes to which broker, and opening many of them.
#pragma once

#include <memory>
#include <vector>

#include "client/network.h"
#include "net/outbound.h"

namespace meerkat::bench {

/// What one connection is for: partitions of a topic that one broker leads.
struct Share {
  client::HostPort broker;
  std::vector<int32_t> partitions;
};

/// Deals partitions (`leaders[i]` leads partition i) to connections: brokers in turn, and a broker's partitions in turn
/// to its connections. Where a broker has more connections than partitions, several share one. At least one connection
/// a broker, so that the result may be longer than `connections`.
std::vector<Share> deal(const std::vector<client::HostPort>& leaders, int connections);

using Links = std::vector<std::unique_ptr<net::Outbound>>;

/// Opens a connection to each, some at a time; each has answered an ApiVersions request when `done` is called with all
/// of them in that order. On the loop's thread. Raises the process's limit of descriptors as far as it may.
void open_links(event::Loop& loop, std::vector<client::HostPort> to, Callback<Result<Links>> done);

}  // namespace meerkat::bench
