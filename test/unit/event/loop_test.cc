#include "event/loop.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "event/pool.h"

namespace meerkat::event {
namespace {

using std::chrono::milliseconds;

// Runs `task` on the loop and waits for it.
template <class F>
auto on_loop(Loop& loop, F task) {
  std::promise<decltype(task())> result;
  loop.post([&] {
    if constexpr (std::is_void_v<decltype(task())>) {
      task();
      result.set_value();
    } else {
      result.set_value(task());
    }
  });
  return result.get_future().get();
}

std::string thread_name() {
  char name[16] = {};
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
}

TEST(Loop, RunsTasksInTheOrderOfPosting) {
  Loop loop("loop-test");
  std::vector<int> seen;
  for (int i = 0; i < 100; ++i) loop.post([&seen, i] { seen.push_back(i); });  // before start
  loop.start();
  for (int i = 100; i < 1000; ++i) loop.post([&seen, i] { seen.push_back(i); });
  loop.stop();
  ASSERT_EQ(seen.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(seen[i], i);
}

TEST(Loop, KeepsTheOrderOfEachPostingThread) {
  Loop loop("loop-test");
  loop.start();
  std::vector<std::vector<int>> seen(4);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5000; ++i) loop.post([&seen, t, i] { seen[t].push_back(i); });
    });
  }
  for (auto& t : threads) t.join();
  loop.stop();
  for (auto& one : seen) {
    ASSERT_EQ(one.size(), 5000u);
    EXPECT_TRUE(std::is_sorted(one.begin(), one.end()));
  }
}

TEST(Loop, NeverRunsAPostInline) {
  Loop loop("loop-test");
  loop.start();
  std::vector<std::string> order;
  std::promise<void> done;
  loop.post([&] {
    loop.post([&] {
      order.push_back("inner");
      done.set_value();
    });
    order.push_back("outer");
  });
  done.get_future().wait();
  loop.stop();
  EXPECT_EQ(order, (std::vector<std::string>{"outer", "inner"}));
}

TEST(Loop, ATaskThatPostsItselfDoesNotStarveTimers) {
  Loop loop("loop-test");
  loop.start();
  std::promise<void> fired;
  std::atomic<bool> stop = false;
  std::function<void()> again = [&] {
    if (!stop) loop.post([&] { again(); });
  };
  Timer timer;
  loop.post([&] {
    again();
    timer = loop.after(milliseconds(1), [&] {
      stop = true;
      fired.set_value();
    });
  });
  fired.get_future().wait();
  loop.stop();
}

TEST(Loop, KnowsItsThreadAndNamesIt) {
  Loop loop("net-7");
  EXPECT_FALSE(loop.in_loop());
  loop.start();
  EXPECT_FALSE(loop.in_loop());
  EXPECT_TRUE(on_loop(loop, [&] { return loop.in_loop(); }));
  EXPECT_EQ(on_loop(loop, thread_name), "net-7");
  EXPECT_EQ(loop.name(), "net-7");
}

TEST(Loop, DestroysTasksPostedAfterStopWithoutRunningThem) {
  Loop loop("loop-test");
  loop.start();
  loop.stop();
  auto alive = std::make_shared<int>(1);
  bool ran = false;
  loop.post([alive, &ran] { ran = true; });
  EXPECT_EQ(alive.use_count(), 1);
  EXPECT_FALSE(ran);
}

TEST(Loop, ARemoteMayOutliveTheLoop) {
  std::optional<Loop::Remote> remote;
  std::promise<void> ran;
  {
    Loop loop("loop-test");
    loop.start();
    remote = loop.remote();
    remote->post([&] { ran.set_value(); });
    ran.get_future().wait();
  }
  auto alive = std::make_shared<int>(1);
  remote->post([alive] {});
  EXPECT_EQ(alive.use_count(), 1);
}

TEST(Loop, DestroysWhatALoopThatNeverRanWasGiven) {
  auto alive = std::make_shared<int>(1);
  {
    Loop("never").post([alive] {});
  }
  EXPECT_EQ(alive.use_count(), 1);
}

TEST(Timer, FiresOnceAndIsInactiveThen) {
  Loop loop("loop-test");
  loop.start();
  Timer timer;
  int fired = 0;
  std::promise<void> second;
  loop.post([&] {
    timer = loop.after(milliseconds(0), [&] {
      ++fired;
      EXPECT_FALSE(timer.active());
      timer = loop.after(milliseconds(1), [&] {
        ++fired;
        second.set_value();
      });
    });
    EXPECT_TRUE(timer.active());
  });
  second.get_future().wait();
  loop.stop();
  EXPECT_EQ(fired, 2);
}

TEST(Timer, CancelledOrDestroyedNeverFires) {
  Loop loop("loop-test");
  loop.start();
  std::promise<void> done;
  int fired = 0;
  Timer last;
  loop.post([&] {
    Timer cancelled = loop.after(milliseconds(0), [&] { ++fired; });
    cancelled.cancel();
    EXPECT_FALSE(cancelled.active());
    {
      Timer destroyed = loop.after(milliseconds(0), [&] { ++fired; });
    }
    Timer overwritten = loop.after(milliseconds(0), [&] { ++fired; });
    overwritten = Timer();
    last = loop.after(milliseconds(5), [&] { done.set_value(); });
  });
  done.get_future().wait();
  loop.stop();
  EXPECT_EQ(fired, 0);
}

TEST(Timer, RepeatsUntilItCancelsItself) {
  Loop loop("loop-test");
  loop.start();
  auto timer = std::make_unique<Timer>();
  std::promise<void> done;
  int fired = 0;
  Timer later;
  loop.post([&] {
    *timer = loop.every(milliseconds(1), [&] {
      if (++fired < 3) return;
      timer.reset();  // destroys the task that is running
      later = loop.after(milliseconds(10), [&] { done.set_value(); });
    });
  });
  done.get_future().wait();
  loop.stop();
  EXPECT_EQ(fired, 3);
}

TEST(Timer, MayOutliveItsLoop) {
  Timer timer;
  {
    Loop loop("loop-test");
    loop.start();
    timer = on_loop(loop, [&] { return loop.after(std::chrono::hours(1), [] {}); });
  }
  EXPECT_TRUE(timer.active());
  timer.cancel();
  EXPECT_FALSE(timer.active());
}

TEST(Pool, OneThreadKeepsTheOrderAndFinishesWhatIsQueued) {
  std::vector<int> seen;
  {
    Pool pool("pool-test", 1);
    for (int i = 0; i < 1000; ++i) pool.post([&seen, i] { seen.push_back(i); });
  }
  ASSERT_EQ(seen.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST(Pool, ThreadsWorkSideBySideUnderTheirNames) {
  std::promise<std::string> first, second;  // each task waits for the other: one thread alone would hang
  auto first_name = first.get_future().share(), second_name = second.get_future().share();
  std::promise<void> done;
  Pool pool("disk", 2);
  pool.post([&] {
    first.set_value(thread_name());
    second_name.wait();
  });
  pool.post([&] {
    second.set_value(thread_name());
    first_name.wait();
    done.set_value();
  });
  done.get_future().wait();
  std::set<std::string> names{first_name.get(), second_name.get()};
  EXPECT_EQ(names, (std::set<std::string>{"disk-0", "disk-1"}));
}

TEST(Pool, DropsPostsAfterStop) {
  Pool pool("pool-test", 1);
  pool.stop();
  auto alive = std::make_shared<int>(1);
  pool.post([alive] {});
  EXPECT_EQ(alive.use_count(), 1);
}

}  // namespace
}  // namespace meerkat::event
