// Requests to the coordinator of one group or transactional id, found when it is needed and found again when it has
// moved.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/topic_partition.h"
#include "client/cluster.h"
#include "client/membership.h"
#include "client/signal.h"
#include "wire/messages/08_offset_commit.h"

namespace meerkat::client {

/// An offset as groups keep it.
struct CommittedOffset {
  int64_t offset = -1;
  std::string metadata;
  int32_t leader_epoch = -1;
  bool operator==(const CommittedOffset&) const = default;
};
using Offsets = std::map<TopicPartition, CommittedOffset>;

/// In whose name offsets are committed; the default is nobody's, which only a group without members takes.
struct CommitIdentity {
  std::string member_id;
  int32_t generation = -1;
  std::optional<std::string> instance_id;
};

/// What is coordinated; the numbers of FindCoordinator.
enum class CoordinatorType : int8_t { group = 0, transaction = 1 };

/// Thread-safe. Blocking calls not from the network's loop; they try again, for up to `patience`, what may pass.
class CoordinatorClient {
 public:
  /// `group`: its id, or a transactional id.
  CoordinatorClient(Cluster& cluster, std::string group, std::chrono::milliseconds patience,
                    CoordinatorType type = CoordinatorType::group);

  const std::string& group() const { return group_; }
  Cluster& cluster() { return cluster_; }
  /// Where the coordinator listens; asks if that is not known. GROUP_AUTHORIZATION_FAILED and the like are final.
  wire::Outcome<HostPort> find();
  /// The same without waiting, one attempt; on the network's loop, as is `done`.
  void find_async(Callback<const std::optional<HostPort>&> done);
  /// The one that is known, without asking.
  std::optional<HostPort> known() const;
  /// It has moved, or does not answer.
  void forget();

  /// All of them, or none: the error is the first one met.
  wire::Outcome<void> commit(const Offsets& offsets, const CommitIdentity& who);
  /// The offsets that were committed for these partitions (nullopt: for all). Those without one are left out.
  wire::Outcome<Offsets> fetch(const std::optional<std::set<TopicPartition>>& partitions, bool require_stable = false);

  /// Sends any request to the coordinator, and again while `verdict` of the answer says so.
  template <class Request, class Response>
  wire::Outcome<Response> ask(const Request& request, const std::function<wire::ErrorCode(const Response&)>& error_of,
                              GroupCall kind, CallOptions options = {}) {
    options.coordination = true;
    wire::Failure last{wire::ErrorCode::coordinator_not_available, {}};
    for (Retry retry(patience_); retry.again();) {
      auto broker = find();
      if (!broker) return broker.failure();
      auto answer = cluster_.network().ask<Request, Response>(*broker, request, options);
      if (!answer) {
        forget();
        last = {wire::ErrorCode::network_exception, answer.error().message};
        continue;
      }
      const wire::ErrorCode error = error_of(*answer);
      const Verdict verdict = judge(kind, error);
      if (verdict == Verdict::look_up) forget();
      if (verdict != Verdict::look_up && verdict != Verdict::retry) return std::move(*answer);
      last = {error, {}};
    }
    return wire::refuse(last.code, last.message);
  }

 private:
  /// Paces attempts: the first one at once, the later ones a tenth of a second apart, until the time is up.
  class Retry {
   public:
    explicit Retry(std::chrono::milliseconds patience) : until_(std::chrono::steady_clock::now() + patience) {}
    bool again();

   private:
    const std::chrono::steady_clock::time_point until_;
    bool first_ = true;
  };

  Cluster& cluster_;
  const std::string group_;
  const std::chrono::milliseconds patience_;
  const CoordinatorType type_;
  int next_broker_ = 0;  // loop thread
  mutable Mutex mutex_;
  std::optional<HostPort> coordinator_ GUARDED_BY(mutex_);
};

/// The request that commits offsets.
wire::OffsetCommitRequest commit_request(const std::string& group, const Offsets& offsets, const CommitIdentity& who);
/// The first error in an answer to it.
wire::ErrorCode first_error(const wire::OffsetCommitResponse& response);

}  // namespace meerkat::client
