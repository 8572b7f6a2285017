#include "controller/reign.h"

#include "controller/broker_events.h"
#include "controller/deletion_events.h"
#include "controller/election_events.h"
#include "controller/failover.h"
#include "controller/isr_events.h"
#include "controller/reassignment_events.h"
#include "controller/suspicion_events.h"
#include "controller/topic_events.h"
#include "zk/paths.h"

namespace meerkat::controller {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstRebalance{5000};
// Leaderships that a rebalance moves at once, and the pause before the next ones.
constexpr size_t kRebalanceStep = 100;
constexpr milliseconds kRebalancePause{1000};

}  // namespace

Reign::Reign(Deps deps, std::shared_ptr<Store> store)
    : deps_(std::move(deps)),
      store_(std::move(store)),
      channels_(deps_.settings, deps_.channel_loop, deps_.in_place_of,
                [this, alive = alive_, &loop = deps_.loop](int32_t broker, Answer answer) {
                  loop.post([this, alive, broker, answer = std::move(answer)] {
                    if (!*alive) return;
                    take(broker, answer);
                    deps_.after_event();
                  });
                }),
      term_{deps_.settings, *store_, channels_, *this, deps_.own_broker, {}, {}} {}

Reign::~Reign() {
  *alive_ = false;
  for (auto id : folder_watches_) deps_.session.unwatch(id);
  for (const auto& [topic, id] : topic_watches_) deps_.session.unwatch(id);
  for (const auto& [broker, id] : broker_watches_) deps_.session.unwatch(id);
}

void Reign::begin() {
  watch_folders();
  begin_term(term_);
  if (deps_.settings.auto_leader_rebalance_enable && !store_->lost()) rebalance_after(kFirstRebalance);
}

Task Reign::event(std::function<void()> work) {
  return [this, alive = alive_, work = std::move(work)] {
    if (!*alive) return;
    work();
    deps_.after_event();
  };
}

zk::Session::WatchId Reign::watch(const std::string& path, zk::WatchKind kind, std::function<void()> on_change) {
  // The handler runs on the session's thread and may outlive this object by a moment: it touches the loop only.
  return deps_.session.watch(
      path, kind, [this, &loop = deps_.loop, alive = alive_, on_change = std::move(on_change)](const zk::WatchEvent&) {
        loop.post([this, alive, on_change] {
          if (!*alive) return;
          on_change();
          deps_.after_event();
        });
      });
}

void Reign::watch_folders() {
  using zk::WatchKind;
  namespace paths = zk::paths;
  const auto on = [&](const std::string& path, WatchKind kind, std::function<void()> handler) {
    folder_watches_.push_back(watch(path, kind, std::move(handler)));
  };
  on(paths::kBrokerIds, WatchKind::children, [this] { on_brokers_changed(term_); });
  on(paths::kTopics, WatchKind::children, [this] { on_topics_changed(term_); });
  on(paths::kDeleteTopics, WatchKind::children, [this] { on_deletion_marks_changed(term_); });
  on(paths::kLogDirEventNotification, WatchKind::children, [this] { on_log_dir_events(term_); });
  on(paths::kIsrChangeNotification, WatchKind::children, [this] { on_isr_notifications(term_); });
  on(paths::kReassignPartitions, WatchKind::node, [this] { on_reassignment_node(term_); });
  on(paths::kPreferredReplicaElection, WatchKind::node, [this] { on_preferred_election_node(term_); });
}

void Reign::watch_topic(const std::string& topic) {
  if (topic_watches_.contains(topic)) return;
  topic_watches_[topic] =
      watch(zk::paths::topic(topic), zk::WatchKind::node, [this, topic] { on_topic_modified(term_, topic); });
}

void Reign::unwatch_topic(const std::string& topic) {
  if (auto node = topic_watches_.extract(topic)) deps_.session.unwatch(node.mapped());
}

void Reign::watch_broker(int32_t id) {
  if (broker_watches_.contains(id)) return;
  broker_watches_[id] =
      watch(zk::paths::broker(id), zk::WatchKind::node, [this, id] { on_broker_modified(term_, id); });
}

void Reign::unwatch_broker(int32_t id) {
  if (auto node = broker_watches_.extract(id)) deps_.session.unwatch(node.mapped());
}

void Reign::rebalance_after(milliseconds delay) {
  rebalance_timer_ = deps_.loop.after(
      delay, event([this] {
        const bool more = rebalance_leaders(term_, kRebalanceStep);
        rebalance_after(more ? kRebalancePause : std::chrono::seconds(deps_.settings.imbalance_check_interval_seconds));
      }));
}

void Reign::restore_later() {
  restore_timer_ = deps_.loop.after(kRebalancePause, event([this] {
                                      if (restore_leaders(term_, kRebalanceStep)) restore_later();
                                    }));
}

void Reign::take(int32_t broker, const Answer& answer) {
  if (const auto* leader_and_isr = std::get_if<wire::LeaderAndIsrResponse>(&answer)) {
    on_leader_and_isr_answer(term_, broker, *leader_and_isr);
  } else if (const auto* deletion = std::get_if<DeletionAnswer>(&answer)) {
    on_replicas_deleted(term_, deletion->deleted, deletion->failed);
  } else if (const auto* change = std::get_if<PresenceChange>(&answer)) {
    if (change->vanished) {
      on_broker_vanished(term_, broker, change->broker_epoch);
    } else {
      on_broker_back(term_, broker, change->broker_epoch);
      restore_later();
    }
  }
}

}  // namespace meerkat::controller
