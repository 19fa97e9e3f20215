// The mailbox between threads: order, and nobody sleeps while there is mail.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <trellis/runtime/mailbox.hpp>
#include <vector>

namespace trellis::runtime {
namespace {

class Call final : public MailItem {
 public:
  explicit Call(std::function<void()> function) : function_(std::move(function)) {}
  void run() override {
    const std::unique_ptr<Call> self(this);
    function_();
  }

 private:
  std::function<void()> function_;
};

TEST(Mailbox, RunsItemsInTheOrderTheyCame) {
  Mailbox box;
  std::vector<int> order;
  for (int i = 0; i < 10; ++i) box.put(new Call([&order, i] { order.push_back(i); }));
  EXPECT_FALSE(box.run_some()) << "nothing is left";
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(Mailbox, ALargeBacklogTakesSeveralTurnsAndKeepsItsOrder) {
  Mailbox box;
  std::vector<int> order;
  int turns = 0;
  for (int i = 0; i < 150; ++i) box.put(new Call([&order, i] { order.push_back(i); }));
  for (bool left = true; left; ++turns) {
    if (turns == 1) box.put(new Call([&order] { order.push_back(150); }));
    left = box.run_some();
  }
  EXPECT_EQ(turns, 3);
  ASSERT_EQ(order.size(), 151u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(Mailbox, LeavesWhatComesWhileRunningForTheNextTime) {
  Mailbox box;
  int runs = 0;
  box.put(new Call([&] {
    ++runs;
    box.put(new Call([&] { ++runs; }));
  }));
  box.run_some();
  EXPECT_EQ(runs, 1);
  box.run_some();
  EXPECT_EQ(runs, 2);
}

TEST(Mailbox, AsksForAWakeUpOnlyOfASleeper) {
  Mailbox box;
  EXPECT_FALSE(box.put(new Call([] {}))) << "the reader is awake";
  EXPECT_FALSE(box.try_sleep()) << "there is mail";
  box.run_some();
  EXPECT_TRUE(box.try_sleep());
  EXPECT_TRUE(box.put(new Call([] {})));
  EXPECT_FALSE(box.put(new Call([] {}))) << "one wake-up is enough";
  box.awake();
  box.run_some();
}

TEST(Mailbox, FreesWhatWasNeverRun) {
  auto token = std::make_shared<int>(1);
  {
    Mailbox box;
    for (int i = 0; i < 100; ++i) box.put(new Call([token] {}));
    EXPECT_TRUE(box.run_some());
    box.put(new Call([token] {}));
    EXPECT_GT(token.use_count(), 1);
  }
  EXPECT_EQ(token.use_count(), 1);
}

/// What a loop does with a mailbox: sleep only when try_sleep() allows it, until somebody who was told to wakes it.
class Sleeper {
 public:
  void put(MailItem* item) {
    if (!box_.put(item)) return;
    const std::lock_guard lock(mutex_);
    woken_ = true;
    bell_.notify_one();
  }
  /// Runs mail until done(); false when a wake-up went missing.
  bool run_until(const std::function<bool()>& done) {
    while (!done()) {
      if (box_.run_some() || done() || !box_.try_sleep()) continue;
      std::unique_lock lock(mutex_);
      const bool rung = bell_.wait_for(lock, std::chrono::seconds(30), [this] { return woken_; });
      woken_ = false;
      box_.awake();
      if (!rung) return false;
    }
    return true;
  }

 private:
  Mailbox box_;
  std::mutex mutex_;
  std::condition_variable bell_;
  bool woken_ = false;
};

TEST(Mailbox, LosesNoItemNorWakeUpAndKeepsEachWritersOrder) {
  constexpr std::size_t kWriters = 4;
  constexpr int kItems = 5000;
  Sleeper sleeper;
  std::vector<int> last(kWriters, -1);
  std::size_t total = 0;
  bool ordered = true;
  std::vector<std::thread> writers;
  for (std::size_t w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < kItems; ++i) {
        sleeper.put(new Call([&, w, i] {  // runs on the reader's thread: plain variables will do
          ordered = ordered && last[w] == i - 1;
          last[w] = i;
          ++total;
        }));
        if (i % 64 == 0) std::this_thread::yield();
      }
    });
  }
  EXPECT_TRUE(sleeper.run_until([&] { return total == kWriters * kItems; })) << "a wake-up was lost at " << total;
  for (std::thread& writer : writers) writer.join();
  EXPECT_TRUE(ordered);
}

}  // namespace
}  // namespace trellis::runtime
