#include "controller/controller.h"

#include <glog/logging.h>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <thread>

#include "base/mutex.h"
#include "controller/election_events.h"
#include "controller/failover.h"
#include "controller/isr_events.h"
#include "controller/reassignment_events.h"
#include "controller/reign.h"
#include "controller/shutdown_events.h"
#include "controller/transitions.h"
#include "controller/vigil.h"
#include "event/loop.h"
#include "wire/messages/67_allocate_producer_ids.h"
#include "zk/controller_lease.h"
#include "zk/paths.h"
#include "zk/producer_ids.h"
#include "zk/session.h"

namespace meerkat::controller {
namespace {

using std::chrono::milliseconds;
using wire::ErrorCode;

constexpr milliseconds kElectionRetry{1000};
constexpr milliseconds kSnapshotPause{1000};

}  // namespace

/// The candidate: stands for election, begins and ends terms. All but the atomics and what a mutex guards belongs to
/// `loop`'s thread.
struct Controller::Impl {
  Impl(Settings s, zk::Session& zk, Clock& c, OwnBroker own)
      : settings(std::move(s)), session(zk), clock(c), own_broker(std::move(own)) {}

  void start();
  void stop();
  /// Looks who is controller; stands for election if nobody is. Ends the term if somebody else is.
  void check_controller();
  void elect(std::optional<int32_t> in_place_of = std::nullopt);
  /// Keeps an eye on the process of the controller that is somebody else.
  void watch_over(int32_t broker);
  void on_controller_vanished(int32_t broker);
  void begin(const zk::ControllerLease& lease, std::optional<int32_t> in_place_of);
  void end_term();
  /// The term has lost its store: ends it, and gives /controller back if it is still ours.
  void lose_term();
  void after_event();
  void refresh_snapshot();
  void resign();
  void run_later(milliseconds delay);
  // The session is over (keeper's thread): no write may go out under the old lease; returns when the term is gone.
  void before_new_session();

  /// Runs `work` under the term, or `otherwise` if there is none.
  template <class Work, class Otherwise>
  void post_request(Work work, Otherwise otherwise);

  const Settings settings;
  zk::Session& session;
  Clock& clock;
  const OwnBroker own_broker;

  event::Loop loop{"controller"};
  event::Loop channel_loop{"control-net"};
  std::atomic<bool> started{false};
  std::atomic<bool> active{false};
  std::atomic<bool> retired{false};  // stands for no election any more
  std::atomic<int32_t> epoch{0};
  std::atomic<int32_t> current{-1};
  zk::Session::WatchId controller_watch = 0;
  zk::Session::HandlerId session_handler = 0;

  std::unique_ptr<Reign> reign;
  Vigil vigil{channel_loop, [this](int32_t broker) { loop.post([this, broker] { on_controller_vanished(broker); }); }};
  int64_t abstain_until_ms = 0;  // monotonic
  event::Timer retry_timer;
  event::Timer snapshot_timer;

  Mutex mutex;
  std::shared_ptr<Store> store GUARDED_BY(mutex);  // of the term; shared so that expiry can end it at once
  Snapshot snapshot GUARDED_BY(mutex);
};

void Controller::Impl::start() {
  channel_loop.start();
  loop.start();
  started = true;
  session_handler = session.add_handler({[this] { before_new_session(); }, [] {}});
  controller_watch = session.watch(zk::paths::kController, zk::WatchKind::node,
                                   [this](const zk::WatchEvent&) { loop.post([this] { check_controller(); }); });
  loop.post([this] { check_controller(); });
}

void Controller::Impl::stop() {
  if (!started.exchange(false)) return;
  session.remove_handler(session_handler);
  session.unwatch(controller_watch);
  loop.post([this] {
    end_term();
    vigil.stop();
    retry_timer.cancel();
    snapshot_timer.cancel();
  });
  loop.stop();
  channel_loop.stop();
}

void Controller::Impl::before_new_session() {
  {
    MutexLock lock(mutex);
    if (store) store->lose();
  }
  auto done = std::make_shared<std::promise<void>>();
  auto ended = done->get_future();
  loop.post([this, done] {
    end_term();
    current = -1;
    done->set_value();
  });
  // A loop that has been stopped drops the task and with it the promise, which ends the wait as well.
  done.reset();
  ended.wait();
}

void Controller::Impl::check_controller() {
  const auto id = zk::read_controller(session);
  if (!id) {
    if (id.error().code == zk::Code::session_expired || id.error().code == zk::Code::closing) return;
    LOG(ERROR) << "Cannot read who is controller: " << id.error().message;
    return run_later(kElectionRetry);
  }
  current = *id;
  if (reign && *id != settings.broker_id) {
    LOG(WARNING) << "Broker " << *id << " is controller now, our term of epoch " << epoch << " is over.";
    end_term();
  }
  if (*id != -1 && *id != settings.broker_id) return watch_over(*id);
  vigil.stop();
  if (retired || (*id == settings.broker_id && reign)) return;
  const int64_t pause = abstain_until_ms - clock.mono_ms();
  if (pause > 0) return run_later(milliseconds(pause));
  elect();
}

void Controller::Impl::watch_over(int32_t broker) {
  const auto node = session.run(zk::Get{zk::paths::broker(broker)});
  const auto info = zk::decode_broker(broker, node.data.value_or(""));
  if (!node.ok() || !info) return vigil.stop();
  for (const auto& e : info->endpoints) {
    if (e.listener == settings.listener) return vigil.watch(broker, e.host, e.port);
  }
}

void Controller::Impl::on_controller_vanished(int32_t broker) {
  if (reign || retired || current != broker || session.state() != zk::SessionState::connected) return;
  LOG(WARNING) << "The controller, broker " << broker << ", refuses connections: its process is gone, most likely. "
               << "Standing for election before its session ends.";
  elect(broker);
}

void Controller::Impl::elect(std::optional<int32_t> in_place_of) {
  auto election = zk::elect_controller(session, settings.broker_id, clock.wall_ms(), in_place_of);
  if (!election) {
    if (election.error().code == zk::Code::session_expired || election.error().code == zk::Code::closing) return;
    LOG(ERROR) << "Cannot stand for election as controller: " << election.error().message;
    return run_later(kElectionRetry);
  }
  current = election->controller_id;
  if (election->lease) {
    vigil.stop();
    begin(*election->lease, in_place_of);
  } else if (election->controller_id == -1) {
    run_later(milliseconds(0));
  }
}

void Controller::Impl::begin(const zk::ControllerLease& lease, std::optional<int32_t> in_place_of) {
  LOG(INFO) << "Broker " << settings.broker_id << " is elected controller of epoch " << lease.epoch << ".";
  auto new_store =
      std::make_shared<Store>([this](std::vector<zk::Request> batch) { return session.run(std::move(batch)); }, lease);
  {
    MutexLock lock(mutex);
    store = new_store;
  }
  epoch = lease.epoch;
  reign = std::make_unique<Reign>(
      Reign::Deps{settings, session, loop, channel_loop, own_broker, [this] { after_event(); }, in_place_of},
      new_store);
  active = true;
  reign->begin();
  after_event();
}

void Controller::Impl::end_term() {
  if (!reign) return;
  active = false;
  reign->term().store.lose();
  reign.reset();
  MutexLock lock(mutex);
  store.reset();
  snapshot = {};
  LOG(INFO) << "The term of epoch " << epoch << " has ended.";
}

void Controller::Impl::after_event() {
  if (!reign) return;
  if (reign->term().store.lost()) {
    LOG(WARNING) << "The term of epoch " << epoch << " is lost: a newer epoch, the end of the session, or trouble.";
    // The event may have come from inside the term: leave it before it goes.
    active = false;
    loop.post([this] { lose_term(); });
    return;
  }
  if (!snapshot_timer.active()) {
    snapshot_timer = loop.after(kSnapshotPause, [this] { refresh_snapshot(); });
  }
}

void Controller::Impl::lose_term() {
  if (!reign || !reign->term().store.lost()) return;
  const zk::ControllerLease lease = reign->term().store.lease();
  end_term();
  const auto resigned = zk::resign_controller(session, lease);
  if (!resigned && resigned.error().code != zk::Code::controller_moved) {
    // Most likely the session is over: the next one stands for election again.
    LOG(WARNING) << "Cannot give /controller back: " << resigned.error().message;
    return;
  }
  // Whoever can do better shall try: we hold back for a moment.
  abstain_until_ms = clock.mono_ms() + kElectionRetry.count();
  check_controller();
}

void Controller::Impl::resign() {
  if (!reign) return;
  const zk::ControllerLease lease = reign->term().store.lease();
  end_term();
  current = -1;
  if (const auto resigned = zk::resign_controller(session, lease); !resigned) {
    LOG(WARNING) << "Cannot give /controller back: " << resigned.error().message;
  }
}

void Controller::Impl::refresh_snapshot() {
  if (!reign) return;
  const Snapshot now = snapshot_of(reign->term().context);
  MutexLock lock(mutex);
  snapshot = now;
}

void Controller::Impl::run_later(milliseconds delay) {
  retry_timer = loop.after(delay, [this] { check_controller(); });
}

template <class Work, class Otherwise>
void Controller::Impl::post_request(Work work, Otherwise otherwise) {
  loop.post([this, work = std::move(work), otherwise = std::move(otherwise)]() mutable {
    if (reign && active) {
      work(reign->term());
      after_event();
    } else {
      otherwise();
    }
  });
}

Controller::Controller(Settings settings, zk::Session& session, Clock& clock, OwnBroker own_broker)
    : impl_(std::make_unique<Impl>(std::move(settings), session, clock, std::move(own_broker))) {}

Controller::~Controller() { stop(); }

void Controller::start() { impl_->start(); }
void Controller::stop() { impl_->stop(); }
bool Controller::is_active() const { return impl_->active; }
bool Controller::hand_over(milliseconds patience) {
  if (!impl_->started) return false;
  impl_->retired = true;
  impl_->loop.post([impl = impl_.get()] { impl->resign(); });
  const int64_t end = impl_->clock.mono_ms() + patience.count();
  constexpr milliseconds kLook{5};
  const auto taken = [&] {
    const int32_t now = impl_->current;
    return now != -1 && now != impl_->settings.broker_id;
  };
  while (!taken() && impl_->clock.mono_ms() < end) std::this_thread::sleep_for(kLook);
  return taken();
}

void Controller::stand_again() { impl_->retired = false; }

int32_t Controller::epoch() const { return impl_->epoch; }
int32_t Controller::current_controller() const { return impl_->current; }

Snapshot Controller::snapshot() const {
  MutexLock lock(impl_->mutex);
  return impl_->snapshot;
}

void Controller::on_registered() {
  if (impl_->started) {
    impl_->loop.post([impl = impl_.get()] { impl->check_controller(); });
  }
}

namespace {

// A callback shared by the two ways that a request can end.
template <class Response>
auto once(Callback<Response> done) {
  return std::make_shared<Callback<Response>>(std::move(done));
}

// The answer of a broker that is not controller.
template <class Response>
auto refuse_with(const std::shared_ptr<Callback<Response>>& done, ErrorCode code) {
  return [done, code] {
    Response response;
    response.error_code = code;
    (*done)(std::move(response));
  };
}

}  // namespace

void Controller::alter_partition(wire::AlterPartitionRequest request, int16_t version,
                                 Callback<wire::AlterPartitionResponse> callback) {
  auto done = once(std::move(callback));
  impl_->post_request(
      [done, version, request = std::move(request)](Term& term) {
        auto response = controller::alter_partition(term, request, version);
        (*done)(response);
        after_alter_partition(term, response, version);
      },
      refuse_with(done, ErrorCode::not_controller));
}

void Controller::allocate_producer_ids(wire::AllocateProducerIdsRequest request,
                                       Callback<wire::AllocateProducerIdsResponse> callback) {
  auto done = once(std::move(callback));
  impl_->post_request(
      [done, request = std::move(request), &session = impl_->session](Term& term) {
        wire::AllocateProducerIdsResponse response;
        const auto broker = term.context.brokers.find(request.broker_id);
        if (broker == term.context.brokers.end()) {
          response.error_code = ErrorCode::broker_id_not_registered;
        } else if (broker->second.epoch != request.broker_epoch) {
          response.error_code = ErrorCode::stale_broker_epoch;
        } else if (const auto block = zk::allocate_producer_ids(session, request.broker_id)) {
          response.producer_id_start = block->first;
          response.producer_id_len = static_cast<int32_t>(block->last - block->first + 1);
        } else {
          LOG(ERROR) << "Cannot allocate producer ids: " << block.error().message;
          response.error_code = ErrorCode::unknown_server_error;
        }
        (*done)(std::move(response));
      },
      refuse_with(done, ErrorCode::not_controller));
}

void Controller::controlled_shutdown(wire::ControlledShutdownRequest request, int16_t,
                                     Callback<wire::ControlledShutdownResponse> callback) {
  auto done = once(std::move(callback));
  impl_->post_request(
      [done, request = std::move(request)](Term& term) { (*done)(controller::controlled_shutdown(term, request)); },
      refuse_with(done, ErrorCode::stale_controller_epoch));
}

void Controller::elect_leaders(wire::ElectLeadersRequest request, Callback<wire::ElectLeadersResponse> callback) {
  auto done = once(std::move(callback));
  impl_->post_request([done, request = std::move(request)](Term& term) { (*done)(elect_on_request(term, request)); },
                      refuse_with(done, ErrorCode::not_controller));
}

void Controller::alter_partition_reassignments(wire::AlterPartitionReassignmentsRequest request,
                                               Callback<wire::AlterPartitionReassignmentsResponse> callback) {
  auto done = once(std::move(callback));
  impl_->post_request([done, request = std::move(request)](Term& term) { (*done)(alter_reassignments(term, request)); },
                      refuse_with(done, ErrorCode::not_controller));
}

void Controller::list_partition_reassignments(wire::ListPartitionReassignmentsRequest request,
                                              Callback<wire::ListPartitionReassignmentsResponse> callback) {
  auto done = once(std::move(callback));
  impl_->post_request([done, request = std::move(request)](Term& term) { (*done)(list_reassignments(term, request)); },
                      refuse_with(done, ErrorCode::not_controller));
}

void Controller::on_unclean_election_enabled(std::string topic) {
  impl_->post_request(
      [topic = std::move(topic)](Term& term) {
        elect_missing_leaders(term, topic);
        term.flush();
      },
      [] {});
}

}  // namespace meerkat::controller
