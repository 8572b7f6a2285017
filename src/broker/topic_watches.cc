#include "broker/topic_watches.h"

#include <glog/logging.h>

#include <vector>

#include "zk/paths.h"
#include "zk/payloads.h"

namespace meerkat::broker {

struct TopicWatches::State {
  struct Watched {
    int followers = 0;
    zk::Session::WatchId id = 0;
  };
  explicit State(zk::Session& s) : session(s) {}

  zk::Session& session;
  Mutex listener_mutex;  // held while the listener runs
  Listener listener GUARDED_BY(listener_mutex);
  Mutex mutex;
  std::map<std::string, Watched> topics GUARDED_BY(mutex);
};

TopicWatches::TopicWatches(zk::Session& session) : state_(std::make_shared<State>(session)) {
  handler_ = session.add_handler({.before_new_session = [] {},
                                  .after_new_session =
                                      [state = state_] {
                                        std::vector<std::string> topics;
                                        {
                                          MutexLock lock(state->mutex);
                                          for (const auto& [topic, w] : state->topics) topics.push_back(topic);
                                        }
                                        for (const auto& topic : topics) look(state, topic);
                                      }});
}

TopicWatches::~TopicWatches() {
  listen({});
  state_->session.remove_handler(handler_);
  std::map<std::string, State::Watched> topics;
  {
    MutexLock lock(state_->mutex);
    topics.swap(state_->topics);
  }
  for (const auto& [topic, watched] : topics) state_->session.unwatch(watched.id);
}

void TopicWatches::listen(Listener listener) {
  MutexLock lock(state_->listener_mutex);
  state_->listener = std::move(listener);
}

void TopicWatches::follow(const std::string& topic) {
  {
    MutexLock lock(state_->mutex);
    State::Watched& watched = state_->topics[topic];
    if (++watched.followers == 1) {
      watched.id = state_->session.watch(zk::paths::topic(topic), zk::WatchKind::node,
                                         [weak = std::weak_ptr(state_), topic](const zk::WatchEvent&) {
                                           if (auto state = weak.lock()) look(state, topic);
                                         });
    }
  }
  look(state_, topic);
}

void TopicWatches::unfollow(const std::string& topic) {
  zk::Session::WatchId id = 0;
  {
    MutexLock lock(state_->mutex);
    auto it = state_->topics.find(topic);
    if (it == state_->topics.end() || --it->second.followers > 0) return;
    id = it->second.id;
    state_->topics.erase(it);
  }
  state_->session.unwatch(id);
}

void TopicWatches::look(const std::shared_ptr<State>& state, const std::string& topic) {
  const std::string path = zk::paths::topic(topic);
  // Exists first: it arms the watch also where there is no node, and what Get then sees is not older.
  state->session.run_async({zk::Exists{path}, zk::Get{path}}, [state, topic](std::vector<zk::Response> answers) {
    const zk::Response& got = answers.back();
    group::SeenTopic seen;
    if (got.ok()) {
      auto assignment = zk::decode_topic(topic, got.data.value_or(""));
      if (!assignment) {
        LOG(WARNING) << "What ZooKeeper holds of topic " << topic << " is passed over: " << assignment.error().message;
        return;
      }
      seen = {assignment->topic_id, static_cast<int32_t>(assignment->partitions.size())};
    } else if (got.code != zk::Code::no_node) {
      return;  // the session is over, or ends: the next one reads again
    }
    MutexLock lock(state->listener_mutex);
    if (state->listener) state->listener(topic, seen);
  });
}

}  // namespace meerkat::broker
