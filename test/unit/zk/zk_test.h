// What tests of the zk room share: a session in a chroot of its own, and a place where events are waited for.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

#include "test/fakes/zookeeper_server.h"
#include "zk/session.h"

namespace meerkat::zk {

/// Values put by one thread and waited for by another; the wait ends the test with a failure after a minute.
template <class T>
class Mailbox {
 public:
  void put(T value) {
    std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }
  T take() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::minutes(1), [this] { return !values_.empty(); })) {
      ADD_FAILURE() << "nothing came within a minute";
      return T{};
    }
    T value = std::move(values_.front());
    values_.pop_front();
    return value;
  }
  /// Takes until `value` comes.
  void await(const T& value) {
    while (take() != value && !testing::Test::HasFailure()) {
    }
  }
  bool empty() {
    std::lock_guard lock(mutex_);
    return values_.empty();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> values_;
};

class ZkTest : public testing::Test {
 protected:
  test::ZooKeeperServer& server() { return test::ZooKeeperServer::shared(); }

  std::unique_ptr<Session> open(std::chrono::milliseconds timeout = std::chrono::milliseconds(10000)) {
    return open_with([&](Session::Options& o) { o.session_timeout = timeout; });
  }
  template <class Change>
  std::unique_ptr<Session> open_with(Change change) {
    Session::Options options;
    options.connect = connect_;
    options.connection_timeout = std::chrono::seconds(30);
    change(options);
    auto session = Session::open(options);
    if (!session.ok()) {
      ADD_FAILURE() << session.error().message;
      std::abort();
    }
    return std::move(*session);
  }
  /// Ends the session at the server, as if it had expired there, and returns once it knows.
  void expire(Session& session) {
    const uint64_t generation = session.generation();
    const SessionId id = session.id();
    // While its owner lives, the owner may win the session back before the close arrives: then once more.
    while (session.generation() == generation) {
      Status closed = close_session(session.options(), id);
      ASSERT_TRUE(closed.ok()) << closed.error().message;
    }
  }

  std::string connect_ = server().fresh_chroot();
};

}  // namespace meerkat::zk
