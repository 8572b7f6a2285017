// What OffsetCommit and TxnOffsetCommit have in common: offsets for partitions that do not exist, or that the client
// may not read, are refused one by one.
#pragma once

#include <utility>
#include <vector>

#include "api/authorization.h"
#include "cluster/metadata_image.h"
#include "wire/error.h"

namespace meerkat::api {

/// The answer as far as it is known, and where in it the codes of the partitions belong that are left to do.
template <class Request, class Response>
struct SortedCommit {
  Response response;
  Request rest;
  std::vector<std::pair<size_t, size_t>> slots;  // topic and partition in the response, in the order of the rest

  /// Puts in the codes of an answer to the rest.
  void merge(const Response& done) {
    auto slot = slots.begin();
    for (const auto& topic : done.topics) {
      for (const auto& partition : topic.partitions) {
        response.topics[slot->first].partitions[slot->second].error_code = partition.error_code;
        ++slot;
      }
    }
  }
};

/// The same error for every partition.
template <class Response, class Request>
Response refuse_commit(const Request& request, wire::ErrorCode code) {
  Response response;
  for (const auto& topic : request.topics) {
    auto& out = response.topics.emplace_back();
    out.name = topic.name;
    for (const auto& partition : topic.partitions) out.partitions.push_back({partition.partition_index, code});
  }
  return response;
}

template <class Response, class Request>
SortedCommit<Request, Response> sort_commit(Request request, const Gate& gate, const cluster::MetadataImage& image) {
  using wire::ErrorCode;
  SortedCommit<Request, Response> out;
  auto topics = std::move(request.topics);
  request.topics.clear();
  out.rest = std::move(request);
  for (auto& topic : topics) {
    auto& answers = out.response.topics.emplace_back();
    answers.name = topic.name;
    typename decltype(topics)::value_type known{topic.name, {}};
    const bool may_read = gate.topic(security::Operation::read, topic.name);
    for (auto& partition : topic.partitions) {
      const bool exists = image.partition(topic.name, partition.partition_index) != nullptr;
      const ErrorCode code = !may_read ? ErrorCode::topic_authorization_failed
                             : !exists ? ErrorCode::unknown_topic_or_partition
                                       : ErrorCode::none;
      answers.partitions.push_back({partition.partition_index, code});
      if (code != ErrorCode::none) continue;
      out.slots.emplace_back(out.response.topics.size() - 1, answers.partitions.size() - 1);
      known.partitions.push_back(std::move(partition));
    }
    if (!known.partitions.empty()) out.rest.topics.push_back(std::move(known));
  }
  return out;
}

}  // namespace meerkat::api
