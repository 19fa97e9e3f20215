// Epochs: what readers may still see is not freed, everything else is.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <trellis/runtime/epoch.hpp>
#include <vector>

namespace trellis::runtime {
namespace {

TEST(Epochs, FreesAtOnceWithoutReaders) {
  Epochs epochs;
  bool freed = false;
  epochs.retire([&] { freed = true; });
  EXPECT_FALSE(freed);
  epochs.collect();
  EXPECT_TRUE(freed);
}

TEST(Epochs, KeepsWhatAReaderMaySeeUntilItsNextTurn) {
  Epochs epochs;
  bool freed = false;
  epochs.enter(3);
  epochs.retire([&] { freed = true; });
  epochs.collect();
  EXPECT_FALSE(freed);
  epochs.enter(3);
  epochs.collect();
  EXPECT_TRUE(freed);
}

TEST(Epochs, KeepsWhatAReaderMaySeeUntilItLeaves) {
  Epochs epochs;
  bool freed = false;
  epochs.enter(0);
  epochs.retire([&] { freed = true; });
  epochs.leave(0);
  epochs.collect();
  EXPECT_TRUE(freed);
}

TEST(Epochs, WaitsForTheSlowestReader) {
  Epochs epochs;
  std::vector<int> freed;
  epochs.enter(0);
  epochs.enter(1);
  epochs.retire([&] { freed.push_back(1); });
  epochs.enter(0);
  epochs.retire([&] { freed.push_back(2); });
  epochs.collect();
  EXPECT_TRUE(freed.empty());
  epochs.enter(1);
  epochs.collect();
  EXPECT_EQ(freed, std::vector<int>{1});
  epochs.leave(0);
  epochs.leave(1);
  epochs.collect();
  EXPECT_EQ(freed, (std::vector<int>{1, 2}));
}

TEST(Epochs, AReaderThatEntersLaterIsNotWaitedFor) {
  Epochs epochs;
  bool freed = false;
  epochs.retire([&] { freed = true; });
  epochs.enter(0);
  epochs.collect();
  EXPECT_TRUE(freed);
}

TEST(Epochs, FreeingMayRetireMore) {
  Epochs epochs;
  bool freed = false;
  epochs.retire([&] { epochs.retire([&] { freed = true; }); });
  epochs.collect();
  EXPECT_FALSE(freed);
  epochs.collect();
  EXPECT_TRUE(freed);
}

TEST(Epochs, FreesInPortionsAndTellsWhetherThereIsMore) {
  Epochs epochs;
  std::size_t freed = 0;
  for (std::size_t i = 0; i < Epochs::kAtOnce + 1; ++i) epochs.retire([&] { ++freed; });
  EXPECT_TRUE(epochs.collect());
  EXPECT_EQ(freed, Epochs::kAtOnce);
  EXPECT_FALSE(epochs.collect());
  EXPECT_EQ(freed, Epochs::kAtOnce + 1);
}

TEST(Epochs, ClearFreesEverything) {
  Epochs epochs;
  int freed = 0;
  epochs.enter(0);
  epochs.retire([&] { ++freed; });
  epochs.retire([&] { ++freed; });
  epochs.clear();
  EXPECT_EQ(freed, 2);
}

/// A value that readers follow a pointer to while a writer replaces it.
struct Shared {
  explicit Shared(int number) : value(number), copy(number) {}
  ~Shared() { value = -1; }
  int value;
  int copy;
};

// leaves: whether readers announce the end of every turn, as a loop that goes to sleep does.
void replace_while_reading(bool leaves) {
  constexpr int kReplacements = 4000;
  constexpr std::size_t kReaders = 3;
  Epochs epochs;
  std::atomic<Shared*> current{new Shared(0)};
  std::atomic<bool> done{false};
  std::atomic<int> torn{0};
  std::latch ready(kReaders + 1);
  std::vector<std::thread> readers;
  for (std::size_t reader = 0; reader < kReaders; ++reader) {
    readers.emplace_back([&, reader] {
      ready.arrive_and_wait();
      while (!done.load()) {
        epochs.enter(reader);
        const Shared* seen = current.load(std::memory_order_acquire);
        for (int look = 0; look < 8; ++look) {
          if (seen->value < 0 || seen->value != seen->copy) ++torn;
        }
        if (leaves) epochs.leave(reader);
      }
      epochs.leave(reader);
    });
  }
  ready.arrive_and_wait();
  for (int i = 1; i <= kReplacements; ++i) {
    Shared* old = current.exchange(new Shared(i), std::memory_order_acq_rel);
    epochs.retire([old] { delete old; });
    epochs.collect();
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(torn.load(), 0);
  epochs.clear();
  delete current.load();
}

TEST(Epochs, NothingIsFreedUnderReadersThatComeAndGo) { replace_while_reading(true); }

TEST(Epochs, SeveralWritersMayRetireAndCollectAtOnce) {
  constexpr int kEach = 2000;
  Epochs epochs;
  std::atomic<int> freed{0};
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        epochs.retire([&] { ++freed; });
        if (i % 16 == 0) epochs.collect();
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  while (epochs.collect()) {
  }
  EXPECT_EQ(freed.load(), 4 * kEach);
}

}  // namespace
}  // namespace trellis::runtime
