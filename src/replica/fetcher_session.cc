#include "replica/fetcher_session.h"

#include "replica/fetch_session.h"

namespace meerkat::replica {

using wire::ErrorCode;
using wire::FetchRequest;

namespace {

bool same(const FetchRequest::FetchPartition& a, const FetchRequest::FetchPartition& b) {
  return a.fetch_offset == b.fetch_offset && a.current_leader_epoch == b.current_leader_epoch &&
         a.last_fetched_epoch == b.last_fetched_epoch && a.log_start_offset == b.log_start_offset &&
         a.partition_max_bytes == b.partition_max_bytes;
}

void add(FetchRequest& request, const TopicPartition& tp, const WantedPartition& wanted) {
  if (request.topics.empty() || request.topics.back().topic != tp.topic) {
    request.topics.push_back({.topic = tp.topic, .topic_id = wanted.topic_id});
  }
  request.topics.back().partitions.push_back(wanted.ask);
}

void forget(FetchRequest& request, const TopicPartition& tp, const Uuid& id) {
  auto& forgotten = request.forgotten_topics_data;
  if (forgotten.empty() || forgotten.back().topic != tp.topic || forgotten.back().topic_id != id) {
    forgotten.push_back({.topic = tp.topic, .topic_id = id});
  }
  forgotten.back().partitions.push_back(tp.partition);
}

}  // namespace

void FetcherSession::prepare(const WantedPartitions& wanted, bool by_id, FetchRequest& request) {
  if (by_id != by_id_) begin_anew(false);
  by_id_ = by_id;
  request.session_id = id_;
  request.session_epoch = epoch_;
  if (epoch_ == 0) {
    for (const auto& [tp, w] : wanted) add(request, tp, w);
  } else {
    for (const auto& [tp, w] : wanted) {
      auto known = known_.find(tp);
      const bool recreated = known != known_.end() && known->second.topic_id != w.topic_id;
      if (recreated) forget(request, tp, known->second.topic_id);
      if (known == known_.end() || recreated || !same(known->second.ask, w.ask)) add(request, tp, w);
    }
    for (const auto& [tp, w] : known_) {
      if (!wanted.contains(tp)) forget(request, tp, w.topic_id);
    }
  }
  known_ = wanted;
}

bool FetcherSession::on_response(const wire::FetchResponse& response) {
  if (response.error_code != ErrorCode::none) {
    begin_anew(response.error_code == ErrorCode::fetch_session_id_not_found);
    return false;
  }
  if (response.session_id == 0) {
    // The leader keeps no session for us; it takes full requests as well.
    begin_anew(true);
  } else {
    id_ = response.session_id;
    epoch_ = next_session_epoch(epoch_);
  }
  return true;
}

void FetcherSession::on_failure() { begin_anew(false); }

void FetcherSession::begin_anew(bool forget_id) {
  if (forget_id) id_ = 0;  // else the next request, being a full one, closes it
  epoch_ = 0;
  known_.clear();
}

}  // namespace meerkat::replica
