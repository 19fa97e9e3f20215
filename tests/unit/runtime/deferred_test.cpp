// Lists of put off work.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <trellis/runtime/shard.hpp>

namespace trellis::runtime {
namespace {

class Job final : public Deferred {
 public:
  explicit Job(std::function<void()> function = [] {}) : function_(std::move(function)) {}
  void run_deferred() override { function_(); }

 private:
  std::function<void()> function_;
};

void run_all(DeferredList& list) {
  while (Deferred* item = list.pop()) item->run_deferred();
}

TEST(DeferredList, IsFirstInFirstOut) {
  std::string order;
  Job a([&] { order += 'a'; });
  Job b([&] { order += 'b'; });
  Job c([&] { order += 'c'; });
  DeferredList list;
  EXPECT_TRUE(list.empty());
  for (Job* job : {&a, &b, &c}) list.push_back(*job);
  EXPECT_FALSE(list.empty());
  run_all(list);
  EXPECT_EQ(order, "abc");
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.pop(), nullptr);
}

TEST(DeferredList, PoppedWorkIsNotQueuedAndMayQueueItselfAgain) {
  DeferredList list;
  int runs = 0;
  std::unique_ptr<Job> work;
  work = std::make_unique<Job>([&] {
    EXPECT_FALSE(work->queued());
    if (++runs < 3) list.push_back(*work);
  });
  list.push_back(*work);
  EXPECT_TRUE(work->queued());
  run_all(list);
  EXPECT_EQ(runs, 3);
}

TEST(DeferredList, DestroyedOrUnqueuedWorkIsForgotten) {
  std::string order;
  DeferredList list;
  Job first([&] { order += '1'; });
  Job unqueued([&] { order += '2'; });
  Job last([&] { order += '4'; });
  list.push_back(first);
  list.push_back(unqueued);
  {
    Job destroyed([&] { order += '3'; });
    list.push_back(destroyed);
    list.push_back(last);
  }
  unqueued.unqueue();
  unqueued.unqueue();
  run_all(list);
  EXPECT_EQ(order, "14");
}

TEST(DeferredList, LeavesNothingQueuedWhenItDies) {
  Job work;
  {
    DeferredList list;
    list.push_back(work);
  }
  EXPECT_FALSE(work.queued());
}

}  // namespace
}  // namespace trellis::runtime
