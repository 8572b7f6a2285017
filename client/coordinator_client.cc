#include "client/coordinator_client.h"

#include <thread>

#include "wire/messages/09_offset_fetch.h"
#include "wire/messages/10_find_coordinator.h"

namespace meerkat::client {

using wire::ErrorCode;

namespace {

constexpr int16_t kOneKey = 3;  // later versions ask for several coordinators at once

}  // namespace

bool CoordinatorClient::Retry::again() {
  constexpr std::chrono::milliseconds kBackoff{100};
  if (std::exchange(first_, false)) return true;
  if (std::chrono::steady_clock::now() >= until_) return false;
  std::this_thread::sleep_for(kBackoff);
  return true;
}

CoordinatorClient::CoordinatorClient(Cluster& cluster, std::string group, std::chrono::milliseconds patience,
                                     CoordinatorType type)
    : cluster_(cluster), group_(std::move(group)), patience_(patience), type_(type) {}

std::optional<HostPort> CoordinatorClient::known() const {
  MutexLock lock(mutex_);
  return coordinator_;
}

void CoordinatorClient::forget() {
  MutexLock lock(mutex_);
  coordinator_.reset();
}

wire::Outcome<HostPort> CoordinatorClient::find() {
  if (auto broker = known()) return *broker;
  wire::FindCoordinatorRequest request;
  request.key = group_;
  request.key_type = static_cast<int8_t>(type_);
  wire::Failure last{ErrorCode::coordinator_not_available, {}};
  for (Retry retry(patience_); retry.again();) {
    auto view = cluster_.refresh(std::vector<std::string>{});
    if (!view) {
      last = {ErrorCode::network_exception, view.error().message};
      continue;
    }
    for (const auto& [id, broker] : (*view)->brokers) {
      auto answer = cluster_.network().ask<wire::FindCoordinatorRequest, wire::FindCoordinatorResponse>(
          broker, request, {.max_version = kOneKey});
      if (!answer) {
        last = {ErrorCode::network_exception, answer.error().message};
        continue;
      }
      if (answer->error_code == ErrorCode::none) {
        const HostPort found{answer->host, answer->port};
        MutexLock lock(mutex_);
        coordinator_ = found;
        return found;
      }
      last = {answer->error_code, answer->error_message.value_or("")};
      if (!wire::retriable(answer->error_code)) return wire::refuse(last.code, last.message);
      break;
    }
  }
  return wire::refuse(last.code, last.message);
}

void CoordinatorClient::find_async(Callback<const std::optional<HostPort>&> done) {
  const auto view = cluster_.view();
  if (view->brokers.empty()) return done(std::nullopt);
  wire::FindCoordinatorRequest request;
  request.key = group_;
  request.key_type = static_cast<int8_t>(type_);
  // Another one each time: the first one may be down.
  const auto turn = static_cast<size_t>(next_broker_++) % view->brokers.size();
  const HostPort broker = std::next(view->brokers.begin(), static_cast<std::ptrdiff_t>(turn))->second;
  cluster_.network().call<wire::FindCoordinatorRequest, wire::FindCoordinatorResponse>(
      broker, std::move(request),
      [this, done = std::move(done)](Result<wire::FindCoordinatorResponse> answer) mutable {
        if (!answer || answer->error_code != ErrorCode::none) return done(std::nullopt);
        const HostPort found{answer->host, answer->port};
        {
          MutexLock lock(mutex_);
          coordinator_ = found;
        }
        done(found);
      },
      {.max_version = kOneKey});
}

wire::OffsetCommitRequest commit_request(const std::string& group, const Offsets& offsets, const CommitIdentity& who) {
  wire::OffsetCommitRequest request;
  request.group_id = group;
  request.member_id = who.member_id;
  request.generation_id_or_member_epoch = who.generation;
  request.group_instance_id = who.instance_id;
  for (const auto& [partition, value] : offsets) {
    if (request.topics.empty() || request.topics.back().name != partition.topic) {
      request.topics.emplace_back().name = partition.topic;
    }
    auto& p = request.topics.back().partitions.emplace_back();
    p.partition_index = partition.partition;
    p.committed_offset = value.offset;
    p.committed_leader_epoch = value.leader_epoch;
    p.committed_metadata = value.metadata;
  }
  return request;
}

ErrorCode first_error(const wire::OffsetCommitResponse& response) {
  for (const auto& topic : response.topics) {
    for (const auto& p : topic.partitions) {
      if (p.error_code != ErrorCode::none) return p.error_code;
    }
  }
  return ErrorCode::none;
}

wire::Outcome<void> CoordinatorClient::commit(const Offsets& offsets, const CommitIdentity& who) {
  if (offsets.empty()) return {};
  auto answer = ask<wire::OffsetCommitRequest, wire::OffsetCommitResponse>(commit_request(group_, offsets, who),
                                                                           first_error, GroupCall::commit);
  if (!answer) return answer.failure();
  const ErrorCode error = first_error(*answer);
  if (error != ErrorCode::none) return wire::refuse(error);
  return {};
}

wire::Outcome<Offsets> CoordinatorClient::fetch(const std::optional<std::set<TopicPartition>>& partitions,
                                                bool require_stable) {
  wire::OffsetFetchRequest request;
  request.group_id = group_;
  request.require_stable = require_stable;
  if (partitions) {
    for (const auto& partition : *partitions) {
      if (request.topics->empty() || request.topics->back().name != partition.topic) {
        request.topics->emplace_back().name = partition.topic;
      }
      request.topics->back().partition_indexes.push_back(partition.partition);
    }
  } else {
    request.topics.reset();
  }
  constexpr int16_t kOneGroup = 7;  // later versions ask for several at once
  const auto error_of = [](const wire::OffsetFetchResponse& response) {
    if (response.error_code != ErrorCode::none) return response.error_code;
    for (const auto& topic : response.topics) {
      for (const auto& p : topic.partitions) {
        if (p.error_code != ErrorCode::none) return p.error_code;
      }
    }
    return ErrorCode::none;
  };
  auto answer = ask<wire::OffsetFetchRequest, wire::OffsetFetchResponse>(request, error_of, GroupCall::fetch_offsets,
                                                                         {.max_version = kOneGroup});
  if (!answer) return answer.failure();
  if (const ErrorCode error = error_of(*answer); error != ErrorCode::none) return wire::refuse(error);
  Offsets offsets;
  for (const auto& topic : answer->topics) {
    for (const auto& p : topic.partitions) {
      if (p.committed_offset < 0) continue;
      offsets[{topic.name, p.partition_index}] = {p.committed_offset, p.metadata.value_or(""),
                                                  p.committed_leader_epoch};
    }
  }
  return offsets;
}

}  // namespace meerkat::client
