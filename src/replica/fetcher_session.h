// A follower's side of a fetch session (KIP-227): what to name in the next request so that the leader knows all. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/topic_partition.h"
#include "base/uuid.h"
#include "wire/messages/01_fetch.h"

namespace meerkat::replica {

/// What a follower wants of one partition.
struct WantedPartition {
  Uuid topic_id;
  wire::FetchRequest::FetchPartition ask;
};
using WantedPartitions = std::map<TopicPartition, WantedPartition>;

class FetcherSession {
 public:
  /// Fills session and topics of `request`: all of `wanted` in a full request, else what differs from what the leader
  /// knows. `by_id`: Fetch v13 and later; a change of that begins a new session.
  void prepare(const WantedPartitions& wanted, bool by_id, wire::FetchRequest& request);
  /// The answer to the last prepared request came. False: the session is gone; the next request is a full one.
  bool on_response(const wire::FetchResponse& response);
  /// The connection broke: nobody knows what the leader saw.
  void on_failure();

 private:
  void begin_anew(bool forget_id);

  int32_t id_ = 0;
  int32_t epoch_ = 0;  // of the next request; 0: a full one
  bool by_id_ = false;
  WantedPartitions known_;  // to the leader, once it has answered the last request
};

}  // namespace meerkat::replica
