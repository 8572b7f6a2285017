#include "client/group_session.h"

#include <algorithm>

#include "wire/messages/12_heartbeat.h"
#include "wire/messages/13_leave_group.h"

namespace meerkat::client {

using std::chrono::steady_clock;
using wire::ErrorCode;

namespace {

constexpr std::chrono::milliseconds kBackoff{100};
constexpr std::chrono::milliseconds kPatience{5000};

}  // namespace

GroupSession::GroupSession(Cluster& cluster, GroupOptions options, std::shared_ptr<Signal> signal, Hooks hooks)
    : cluster_(cluster),
      options_(std::move(options)),
      signal_(std::move(signal)),
      hooks_(std::move(hooks)),
      coordinator_(cluster, options_.group_id, kPatience) {}

void GroupSession::stop() {
  {
    MutexLock lock(mutex_);
    stopped_ = true;
  }
  std::promise<void> gone;
  cluster_.network().loop().post([&] {
    timer_.cancel();
    gone.set_value();
  });
  gone.get_future().wait();
}

void GroupSession::want_rejoin() {
  MutexLock lock(mutex_);
  membership_.want_rejoin();
}

bool GroupSession::leads() const {
  MutexLock lock(mutex_);
  return membership_.leads();
}

std::string GroupSession::member_id() const {
  MutexLock lock(mutex_);
  return membership_.member_id();
}

int32_t GroupSession::generation() const {
  MutexLock lock(mutex_);
  return membership_.generation();
}

CommitIdentity GroupSession::identity() const {
  MutexLock lock(mutex_);
  return {membership_.member_id(), membership_.generation(), options_.group_instance_id};
}

void GroupSession::note(Verdict verdict) {
  if (verdict == Verdict::start_over) lost_ = true;
}

Verdict GroupSession::take_answer(GroupCall call, ErrorCode error, int32_t generation) {
  if (joining_ || generation != membership_.generation()) return judge(call, error);
  const Verdict verdict = membership_.on_answer(call, error);
  note(verdict);
  return verdict;
}

GroupSession::Step GroupSession::back_off() {
  not_before_ = steady_clock::now() + kBackoff;
  return Step::wait;
}

wire::Outcome<GroupSession::Step> GroupSession::follow(Verdict verdict, ErrorCode error) {
  switch (verdict) {
    case Verdict::failed:
      return wire::refuse(error, "group " + options_.group_id + ": " + std::string(wire::default_message(error)));
    case Verdict::look_up:
      coordinator_.forget();
      return back_off();
    case Verdict::retry:
      return back_off();
    case Verdict::ok:
    case Verdict::rejoin:
    case Verdict::start_over:
      break;
  }
  return Step::again;
}

wire::Outcome<GroupSession::Step> GroupSession::step() {
  {
    MutexLock lock(mutex_);
    if (std::exchange(lost_, false)) {
      joining_ = false;
      join_.reset();
      sync_.reset();
      assignment_.clear();
      // Nothing is left to be given up before the next join.
      prepared_ = true;
      return Step::lost;
    }
    const bool idle = !join_ && !sync_;
    if (idle && !membership_.must_join() && membership_.state() == Membership::State::stable) return Step::stable;
    if (idle && membership_.must_join() && !prepared_) return Step::prepare;
  }
  if (sync_) {
    auto answer = sync_->take();
    if (!answer) return Step::wait;
    sync_.reset();
    return on_sync(std::move(*answer));
  }
  if (join_) {
    auto answer = join_->take();
    if (!answer) return Step::wait;
    join_.reset();
    return on_join(std::move(*answer));
  }
  return steady_clock::now() < not_before_ ? wire::Outcome<Step>(Step::wait) : send_join();
}

wire::Outcome<GroupSession::Step> GroupSession::send_join() {
  auto broker = coordinator_.find();
  if (!broker) {
    if (wire::retriable(broker.error().code)) return back_off();
    return broker.failure();
  }
  wire::JoinGroupRequest request;
  request.group_id = options_.group_id;
  request.session_timeout_ms = static_cast<int32_t>(options_.session_timeout.count());
  request.rebalance_timeout_ms = static_cast<int32_t>(options_.max_poll_interval.count());
  request.group_instance_id = options_.group_instance_id;
  request.protocol_type = "consumer";
  int32_t generation = -1;
  {
    MutexLock lock(mutex_);
    joining_ = true;
    request.member_id = membership_.member_id();
    generation = membership_.owned_generation();
  }
  for (const Assignor assignor : options_.assignors) {
    Subscription subscription = hooks_.subscription(assignor);
    subscription.generation = generation;
    request.protocols.push_back({std::string(name(assignor)), encode_subscription(assignor, subscription)});
  }
  constexpr std::chrono::milliseconds kGrace{5000};
  join_ = Answer<wire::JoinGroupResponse>::to(cluster_.network(), *broker, std::move(request), signal_,
                                              {.coordination = true, .timeout = options_.max_poll_interval + kGrace});
  return Step::wait;
}

wire::Outcome<GroupSession::Step> GroupSession::on_join(Result<wire::JoinGroupResponse> answer) {
  if (!answer) {
    coordinator_.forget();
    return back_off();
  }
  Verdict verdict;
  {
    MutexLock lock(mutex_);
    const bool owned = membership_.owned_generation() >= 0;
    verdict = membership_.on_join(*answer);
    if (owned) note(verdict);
  }
  if (verdict != Verdict::ok) return follow(verdict, answer->error_code);
  return send_sync(*answer);
}

wire::Outcome<GroupSession::Step> GroupSession::send_sync(const wire::JoinGroupResponse& joined) {
  wire::SyncGroupRequest request;
  request.group_id = options_.group_id;
  request.generation_id = joined.generation_id;
  request.member_id = joined.member_id;
  request.group_instance_id = options_.group_instance_id;
  request.protocol_type = "consumer";
  request.protocol_name = joined.protocol_name;
  if (joined.leader == joined.member_id && !joined.skip_assignment) {
    const auto assignor = parse_assignor(joined.protocol_name.value_or(""));
    if (!assignor) {
      return wire::refuse(
          ErrorCode::inconsistent_group_protocol,
          "the coordinator chose the protocol " + joined.protocol_name.value_or("") + ", which was not offered");
    }
    Subscriptions members;
    for (const auto& member : joined.members) {
      auto subscription = decode_subscription(*assignor, member.metadata);
      if (!subscription) {
        return wire::refuse(ErrorCode::inconsistent_group_protocol,
                            "what member " + member.member_id + " subscribes to cannot be read");
      }
      subscription->instance_id = member.group_instance_id;
      members[member.member_id] = std::move(*subscription);
    }
    auto assignments = hooks_.divide(*assignor, members);
    if (!assignments) {
      want_rejoin();
      return back_off();
    }
    for (const auto& [member, partitions] : *assignments) {
      request.assignments.push_back({member, encode_assignment(partitions)});
    }
  }
  auto broker = coordinator_.known();
  if (!broker) {
    want_rejoin();
    return Step::again;
  }
  sync_ = Answer<wire::SyncGroupResponse>::to(cluster_.network(), *broker, std::move(request), signal_,
                                              {.coordination = true, .timeout = options_.max_poll_interval});
  return Step::wait;
}

wire::Outcome<GroupSession::Step> GroupSession::on_sync(Result<wire::SyncGroupResponse> answer) {
  if (!answer) {
    want_rejoin();
    coordinator_.forget();
    return back_off();
  }
  Verdict verdict;
  {
    MutexLock lock(mutex_);
    const bool owned = membership_.owned_generation() >= 0;
    verdict = membership_.on_sync(*answer);
    if (owned) note(verdict);
    if (verdict == Verdict::ok) joining_ = false;
  }
  if (verdict != Verdict::ok) return follow(verdict, answer->error_code);
  auto assignment = decode_assignment(answer->assignment);
  if (!assignment) {
    return wire::refuse(ErrorCode::inconsistent_group_protocol,
                        "the assignment cannot be read: " + assignment.error().message);
  }
  assignment_ = std::move(*assignment);
  prepared_ = false;
  touch();
  if (!std::exchange(beating_, true)) {
    cluster_.network().loop().post([self = shared_from_this()] {
      self->timer_ =
          self->cluster_.network().loop().every(self->options_.heartbeat_interval, [weak = self->weak_from_this()] {
            if (auto alive = weak.lock()) alive->beat();
          });
    });
  }
  return Step::assigned;
}

void GroupSession::touch() {
  MutexLock lock(mutex_);
  last_touch_ = steady_clock::now();
}

wire::Outcome<void> GroupSession::commit(const Offsets& offsets) {
  const CommitIdentity who = identity();
  auto done = coordinator_.commit(offsets, who);
  if (done) return {};
  MutexLock lock(mutex_);
  take_answer(GroupCall::commit, done.error().code, who.generation);
  return done.failure();
}

void GroupSession::commit_async(Offsets offsets, OnCommit done) {
  const CommitIdentity who = identity();
  auto broker = coordinator_.find();
  const auto finish = [self = shared_from_this(), offsets, done = std::move(done)](wire::Outcome<void> outcome) {
    if (!done) return;
    MutexLock lock(self->mutex_);
    self->callbacks_.push_back([offsets, done, outcome = std::move(outcome)] { done(offsets, outcome); });
  };
  if (!broker) return finish(broker.failure());
  cluster_.network().loop().post([self = shared_from_this(), broker = *broker, who, finish,
                                  request = commit_request(options_.group_id, offsets, who)]() mutable {
    self->cluster_.network().call<wire::OffsetCommitRequest, wire::OffsetCommitResponse>(
        broker, std::move(request),
        [self, who, finish](Result<wire::OffsetCommitResponse> answer) {
          const ErrorCode error = answer ? first_error(*answer) : ErrorCode::network_exception;
          const Verdict verdict = answer ? judge(GroupCall::commit, error) : Verdict::look_up;
          if (verdict == Verdict::look_up) self->coordinator_.forget();
          {
            MutexLock lock(self->mutex_);
            if (answer) self->take_answer(GroupCall::commit, error, who.generation);
          }
          error == ErrorCode::none ? finish({}) : finish(wire::refuse(error));
          self->signal_->poke();
        },
        {.coordination = true});
  });
}

void GroupSession::run_callbacks() {
  std::deque<std::function<void()>> due;
  {
    MutexLock lock(mutex_);
    due.swap(callbacks_);
  }
  for (auto& callback : due) callback();
}

void GroupSession::leave(const std::string& reason) {
  std::string member;
  {
    MutexLock lock(mutex_);
    member = membership_.member_id();
    membership_.forget();
  }
  auto broker = coordinator_.known();
  if (member.empty() || options_.group_instance_id || !broker) return;
  wire::LeaveGroupRequest request;
  request.group_id = options_.group_id;
  request.members.push_back({member, std::nullopt, reason});
  // Whether it was heard does not matter: the session ends by itself.
  (void)cluster_.network().ask<wire::LeaveGroupRequest, wire::LeaveGroupResponse>(
      *broker, std::move(request), {.coordination = true, .timeout = kPatience});
}

void GroupSession::beat() {
  std::string overdue;
  {
    MutexLock lock(mutex_);
    if (stopped_ || joining_ || heartbeat_open_ || membership_.state() != Membership::State::stable) return;
    if (steady_clock::now() - last_touch_ > options_.max_poll_interval) {
      // Whoever processes for so long must not keep the partitions from others.
      overdue = membership_.member_id();
      membership_.forget();
      lost_ = true;
    } else {
      heartbeat_open_ = true;
    }
  }
  auto broker = coordinator_.known();
  if (!overdue.empty()) {
    signal_->poke();
    if (broker && !options_.group_instance_id) send_leave(*broker, overdue, "max.poll.interval.ms is exceeded");
    return;
  }
  if (broker) return send_heartbeat(*broker);
  coordinator_.find_async([self = shared_from_this()](const std::optional<HostPort>& found) {
    if (found) return self->send_heartbeat(*found);
    MutexLock lock(self->mutex_);
    self->heartbeat_open_ = false;
  });
}

void GroupSession::send_heartbeat(const HostPort& broker) {
  const CommitIdentity who = identity();
  wire::HeartbeatRequest request;
  request.group_id = options_.group_id;
  request.generation_id = who.generation;
  request.member_id = who.member_id;
  request.group_instance_id = options_.group_instance_id;
  cluster_.network().call<wire::HeartbeatRequest, wire::HeartbeatResponse>(
      broker, std::move(request),
      [self = shared_from_this(), generation = who.generation](Result<wire::HeartbeatResponse> answer) {
        Verdict verdict = Verdict::look_up;
        {
          MutexLock lock(self->mutex_);
          self->heartbeat_open_ = false;
          if (answer) {
            verdict = self->take_answer(GroupCall::heartbeat, answer->error_code, generation);
            // Fenced, or not allowed any more: the next join is told.
            if (verdict == Verdict::failed) self->membership_.want_rejoin();
          }
        }
        if (verdict == Verdict::look_up) self->coordinator_.forget();
        if (verdict != Verdict::ok) self->signal_->poke();
      },
      {.coordination = true, .timeout = options_.session_timeout});
}

void GroupSession::send_leave(const HostPort& broker, const std::string& member, const std::string& reason) {
  wire::LeaveGroupRequest request;
  request.group_id = options_.group_id;
  request.members.push_back({member, std::nullopt, reason});
  cluster_.network().call<wire::LeaveGroupRequest, wire::LeaveGroupResponse>(
      broker, std::move(request), [](const Result<wire::LeaveGroupResponse>&) {}, {.coordination = true});
}

}  // namespace meerkat::client
