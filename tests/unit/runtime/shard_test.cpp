// The event loop: mail, timers, and what is put off to the end of a turn.
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "runtime/running_shard.hpp"

namespace trellis::runtime {
namespace {

using testing::RunningShard;
using testing::ShardSet;

class Work final : public Deferred {
 public:
  explicit Work(std::function<void()> function) : function_(std::move(function)) {}
  void run_deferred() override { function_(); }

 private:
  std::function<void()> function_;
};

TEST(Shard, RunsPostedFunctionsOnItsThreadInOrder) {
  ShardSet set;
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) set[0]->post([&, i] { order.push_back(i); });
  const bool there = set[0].call([&] { return Shard::current() == &*set[0]; });
  EXPECT_TRUE(there);
  EXPECT_EQ(Shard::current(), nullptr);
  ASSERT_EQ(order.size(), 100u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(Shard, DoesMailThatCameBeforeStop) {
  ShardSet set;
  std::atomic<int> done{0};
  for (int i = 0; i < 1000; ++i) set[0]->post([&] { ++done; });
  set.stop();
  EXPECT_EQ(done.load(), 1000);
}

TEST(Shard, TakesMailFromManyThreads) {
  ShardSet set;
  int done = 0;
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) set[0]->post([&] { ++done; });
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(set[0].call([&] { return done; }), 4000);
}

TEST(Shard, ShardsPostToEachOther) {
  ShardSet set(2);
  std::latch done(1);
  int hops = 0;  // handed back and forth, so never touched by both at once
  std::function<void()> hop = [&] {
    if (++hops == 1000) {
      done.count_down();
    } else {
      set[Shard::current()->index() == 0 ? 1 : 0]->post(hop);
    }
  };
  set[0]->post(hop);
  done.wait();
  set.settle();
  EXPECT_EQ(hops, 1000);
}

TEST(Shard, RunsPhasesInOrderAtTheEndOfTheTurn) {
  ShardSet set;
  std::string order;
  Work pump([&] { order += 'p'; });
  Work handover([&] { order += 'h'; });
  Work flush([&] { order += 'f'; });
  Work cleanup([&] { order += 'c'; });
  set[0].call([&] {
    set[0]->defer(Phase::cleanup, cleanup);
    set[0]->defer(Phase::flush, flush);
    set[0]->defer(Phase::handover, handover);
    set[0]->defer(Phase::pump, pump);
    set[0]->defer(Phase::pump, pump);  // once however often it is asked for
    order += '.';
  });
  set[0].turn();
  EXPECT_EQ(order, ".phfc");
}

TEST(Shard, GoesBackWhenAPhaseMakesWorkForAnEarlierOne) {
  ShardSet set;
  std::string order;
  Work pump([&] { order += 'p'; });
  Work cleanup([&] { order += 'c'; });
  Work flush([&] {
    order += 'f';
    set[0]->defer(Phase::pump, pump);
  });
  set[0].call([&] {
    set[0]->defer(Phase::cleanup, cleanup);
    set[0]->defer(Phase::flush, flush);
  });
  set[0].turn();
  EXPECT_EQ(order, "fpc");
}

TEST(Shard, WorkForTheNextTurnRunsThereAndMayAskAgain) {
  ShardSet set;
  std::atomic<int> turns{0};
  Work* self = nullptr;
  Work work([&] {
    if (++turns < 5) set[0]->defer_next_turn(*self);
  });
  self = &work;
  set[0].call([&] {
    set[0]->defer_next_turn(work);
    EXPECT_EQ(turns.load(), 0);
  });
  EXPECT_TRUE(set[0].until([&] { return turns == 5; }));
}

TEST(Shard, FiresTimersWhileItSleeps) {
  struct Signal final : Timer {
    explicit Signal(std::latch& done)
        : Timer([](Timer& timer) { static_cast<Signal&>(timer).latch.count_down(); }), latch(done) {}
    std::latch& latch;
  };
  ShardSet set;
  std::latch fired(1);
  Signal timer(fired);
  set[0].call([&] { set[0]->arm(timer, 20); });
  fired.wait();
}

TEST(Shard, TellsWhenADescriptorIsReady) {
  struct Counter final : Pollable {
    void on_ready(std::uint32_t) override {
      std::uint64_t value = 0;
      [[maybe_unused]] const ssize_t n = read(fd, &value, sizeof value);
      seen += value;
      ++calls;
    }
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    std::uint64_t seen = 0;
    int calls = 0;
  } counter;
  ShardSet set;
  set[0].call([&] { EXPECT_TRUE(set[0]->watch(counter.fd, counter, false)); });
  const std::uint64_t three = 3;
  ASSERT_EQ(write(counter.fd, &three, sizeof three), 8);
  EXPECT_TRUE(set[0].until([&] { return counter.seen == 3; }));
  const int calls = set[0].call([&] {
    set[0]->unwatch(counter.fd);
    return counter.calls;
  });
  ASSERT_EQ(write(counter.fd, &three, sizeof three), 8);
  set[0].turn();
  EXPECT_EQ(set[0].call([&] { return counter.calls; }), calls);
  close(counter.fd);
}

TEST(Shard, CountsInItsOwnCells) {
  ShardSet set(2);
  const MetricId id = set.metrics.declare(MetricType::counter, "turns_total", "", "");
  for (int i = 0; i < 2; ++i)
    set[static_cast<std::size_t>(i)].call([&, i] { set[static_cast<std::size_t>(i)]->count(id, i + 1); });
  EXPECT_EQ(set.metrics.read(id), 3);
  EXPECT_EQ(set.metrics.cells(1).read(id), 2);
}

TEST(Shard, ClocksGoOn) {
  ShardSet set;
  const std::uint64_t before = set[0].call([&] { return set[0]->now_ms(); });
  EXPECT_TRUE(set[0].until([&] { return set[0]->now_ms() > before && set[0]->wall_ms() > 1'600'000'000'000; }));
}

}  // namespace
}  // namespace trellis::runtime
