// The connections over which markers go to other brokers, and to this one.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "cluster/metadata_image.h"
#include "event/loop.h"
#include "net/outbound.h"
#include "txn/markers.h"

namespace meerkat::txn {

/// Lives on one loop.
class MarkerConnections : public MarkerChannel {
 public:
  /// Everything outlives this.
  MarkerConnections(Settings settings, event::Loop& loop, const cluster::MetadataCache& metadata);
  void send(int32_t broker, const wire::WriteTxnMarkersRequest& request, Done done) override;
  /// Unanswered requests are dropped uncalled.
  void close() { connections_.clear(); }

 private:
  Result<net::Outbound*> connect(int32_t broker);

  const Settings settings_;
  event::Loop& loop_;
  const cluster::MetadataCache& metadata_;
  std::map<int32_t, std::unique_ptr<net::Outbound>> connections_;
  int32_t next_correlation_id_ = 0;
};

}  // namespace meerkat::txn
