#include "replica/purgatory.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace meerkat::replica {
namespace {

using namespace std::chrono_literals;

/// What a test knows of an operation after it is gone.
struct Fate {
  std::atomic<bool> ready{false};
  std::atomic<int> tries{0};
  std::promise<std::string> ended;
};

class Operation : public DelayedOperation {
 public:
  explicit Operation(Fate& fate) : fate_(fate) {}
  bool try_complete() override {
    ++fate_.tries;
    if (!fate_.ready) return false;
    fate_.ended.set_value("completed");
    return true;
  }
  void expire() override { fate_.ended.set_value("expired"); }

 private:
  Fate& fate_;
};

class PurgatoryTest : public ::testing::Test {
 protected:
  PurgatoryTest() {
    for (auto* loop : loops_) loop->start();
  }
  ~PurgatoryTest() override {
    for (auto* loop : loops_) loop->stop();
  }

  /// Runs `f` on a loop and waits for it.
  template <class F>
  void on(event::Loop& loop, F f) {
    std::promise<void> done;
    loop.post([&] {
      f();
      done.set_value();
    });
    done.get_future().wait();
  }
  void park(event::Loop& loop, Fate& fate, Progress what, std::chrono::milliseconds limit = 1h) {
    on(loop, [&] {
      const Watch watch{point_, what};
      purgatories_.of(loop).wait(std::make_unique<Operation>(fate), {&watch, 1}, limit);
    });
  }

  event::Loop a_{"a"}, b_{"b"};
  std::vector<event::Loop*> loops_{&a_, &b_};
  Purgatories purgatories_;
  std::shared_ptr<WaitPoint> point_ = std::make_shared<WaitPoint>();
};

TEST_F(PurgatoryTest, CompletesAtOnceWhenProgressCameBetweenTheFirstTryAndTheWatch) {
  Fate fate;
  fate.ready = true;
  park(a_, fate, progress::kHighWatermark);
  EXPECT_EQ(fate.ended.get_future().get(), "completed");
  EXPECT_EQ(purgatories_.size(), 0u);
}

TEST_F(PurgatoryTest, APokeTriesAgainAndOnlyForWhatIsWatched) {
  Fate fate;
  park(a_, fate, progress::kHighWatermark);
  EXPECT_EQ(purgatories_.size(), 1u);
  EXPECT_EQ(fate.tries, 1);
  point_->poke(progress::kLogEnd);
  on(a_, [] {});
  EXPECT_EQ(fate.tries, 1);
  point_->poke(progress::kHighWatermark | progress::kLogEnd);
  on(a_, [] {});
  EXPECT_EQ(fate.tries, 2);
  fate.ready = true;
  point_->poke(progress::kHighWatermark);
  EXPECT_EQ(fate.ended.get_future().get(), "completed");
  on(a_, [] {});
  EXPECT_EQ(purgatories_.size(), 0u);
  point_->poke(progress::kHighWatermark);
  on(a_, [] {});
  EXPECT_EQ(fate.tries, 3) << "not tried after its end";
}

TEST_F(PurgatoryTest, ManyPokesAreOneTryWhileTheLoopIsBusy) {
  Fate fate;
  park(a_, fate, progress::kHighWatermark);
  std::promise<void> go;
  a_.post([&] { go.get_future().wait(); });
  for (int i = 0; i < 100; ++i) point_->poke(progress::kHighWatermark);
  go.set_value();
  on(a_, [] {});
  EXPECT_EQ(fate.tries, 2);
}

TEST_F(PurgatoryTest, ExpiresAfterItsLimit) {
  Fate fate;
  park(a_, fate, progress::kHighWatermark, 1ms);
  EXPECT_EQ(fate.ended.get_future().get(), "expired");
  on(a_, [] {});
  EXPECT_EQ(purgatories_.size(), 0u);
}

TEST_F(PurgatoryTest, WakesWaitersOfSeveralLoops) {
  Fate fates[6];
  for (int i = 0; i < 6; ++i) park(i % 2 ? b_ : a_, fates[i], progress::kLogEnd);
  EXPECT_EQ(purgatories_.size(), 6u);
  for (auto& f : fates) f.ready = true;
  point_->poke(progress::kLogEnd);
  for (auto& f : fates) EXPECT_EQ(f.ended.get_future().get(), "completed");
}

TEST_F(PurgatoryTest, OneOperationMayWatchManyPoints) {
  auto other = std::make_shared<WaitPoint>();
  Fate fate;
  on(a_, [&] {
    const Watch watches[] = {{point_, progress::kLogEnd}, {other, progress::kLeadership}};
    purgatories_.of(a_).wait(std::make_unique<Operation>(fate), watches, 1h);
  });
  other->poke(progress::kLeadership);
  on(a_, [] {});
  EXPECT_EQ(fate.tries, 2);
  fate.ready = true;
  point_->poke(progress::kLogEnd);
  EXPECT_EQ(fate.ended.get_future().get(), "completed");
  on(a_, [] {});
  other->poke(progress::kLeadership);  // its place there is gone, too
  on(a_, [] {});
  EXPECT_EQ(fate.tries, 3);
}

TEST_F(PurgatoryTest, ExpireAllEndsEverythingForShutdown) {
  Fate fates[2];
  park(a_, fates[0], progress::kLogEnd);
  park(b_, fates[1], progress::kLogEnd);
  purgatories_.expire_all();
  for (auto& f : fates) EXPECT_EQ(f.ended.get_future().get(), "expired");
}

TEST_F(PurgatoryTest, NoProgressIsLostUnderContention) {
  // Whatever the interleaving of the last try and the poke, the operation ends; the limit is out of reach.
  std::atomic<bool> stop{false};
  std::atomic<Fate*> current{nullptr};
  std::thread producer([&] {
    while (!stop) {
      if (Fate* fate = current.exchange(nullptr)) {
        fate->ready = true;
        point_->poke(progress::kHighWatermark);
      }
    }
  });
  for (int i = 0; i < 2000; ++i) {
    Fate fate;
    auto ended = fate.ended.get_future();
    a_.post([&] {
      current = &fate;
      const Watch watch{point_, progress::kHighWatermark};
      purgatories_.of(a_).wait(std::make_unique<Operation>(fate), {&watch, 1}, 1h);
    });
    EXPECT_EQ(ended.get(), "completed");
    on(a_, [] {});
  }
  stop = true;
  producer.join();
}

}  // namespace
}  // namespace meerkat::replica
