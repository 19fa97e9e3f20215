// Where names live, and for how long.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <trellis/runtime/homes.hpp>
#include <vector>

namespace trellis::runtime {
namespace {

TEST(Homes, AreWhereTheFirstWhoAskedIs) {
  Homes homes;
  const auto key = Homes::key(0, "ada");
  EXPECT_EQ(homes.hold(key, 3), 3u);
  EXPECT_EQ(homes.hold(key, 1), 3u);
  EXPECT_EQ(homes.size(), 1u);
}

TEST(Homes, LastAsLongAsAnybodyHoldsThem) {
  Homes homes;
  const auto key = Homes::key(0, "ada");
  homes.hold(key, 3);
  homes.hold(key, 1);
  homes.release(key);
  EXPECT_EQ(homes.hold(key, 2), 3u);
  homes.release(key);
  homes.release(key);
  EXPECT_EQ(homes.size(), 0u);
  EXPECT_EQ(homes.hold(key, 2), 2u);
}

TEST(Homes, AreApartForEachNamespace) {
  Homes homes;
  EXPECT_EQ(homes.hold(Homes::key(0, "ada"), 0), 0u);
  EXPECT_EQ(homes.hold(Homes::key(1, "ada"), 1), 1u);
  EXPECT_EQ(homes.size(), 2u);
}

TEST(Homes, MayBeHeldOnlySoOften) {
  Homes homes;
  const auto key = Homes::key(0, "ada");
  EXPECT_FALSE(homes.held(key));
  EXPECT_EQ(Homes::key(0, "ADA"), key);
  EXPECT_TRUE(homes.hold_up_to(key, 2));
  EXPECT_TRUE(homes.hold_up_to(key, 2));
  EXPECT_FALSE(homes.hold_up_to(key, 2));
  EXPECT_TRUE(homes.hold_up_to(key, 0)) << "any number";
  homes.release(key);
  homes.release(key);
  EXPECT_TRUE(homes.hold_up_to(key, 2));
  EXPECT_TRUE(homes.held(key));
  EXPECT_EQ(homes.size(), 1u);
}

TEST(Homes, AreNeverHeldTooOftenThoughManyComeAtTheSameMoment) {
  Homes homes;
  constexpr unsigned kThreads = 4;
  constexpr std::uint32_t kMost = 3;
  const auto key = Homes::key(0, "ada");
  std::atomic<unsigned> ready{0};
  std::atomic<std::uint32_t> held{0};
  std::atomic<std::uint32_t> highest{0};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      ++ready;
      while (ready < kThreads) std::this_thread::yield();
      for (int round = 0; round < 20'000; ++round) {
        if (!homes.hold_up_to(key, kMost)) continue;
        const std::uint32_t now = ++held;
        std::uint32_t before = highest;
        while (now > before && !highest.compare_exchange_weak(before, now)) {
        }
        if (round % 64 == 0) std::this_thread::yield();  // while it is held
        --held;
        homes.release(key);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(highest, kMost);
  EXPECT_EQ(homes.size(), 0u);
  // All held at once, none given back: exactly so many get one.
  std::atomic<std::uint32_t> got{0};
  threads.clear();
  for (unsigned i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 100; ++round) got += homes.hold_up_to(key, kMost) ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(got, kMost);
}

TEST(Homes, NobodysKeyIsReleasedByNobody) {
  Homes homes;
  homes.release(0);
  homes.release(Homes::key(0, "never held"));
  EXPECT_EQ(homes.size(), 0u);
}

TEST(Homes, WhoComesAtTheSameMomentIsToldTheSame) {
  Homes homes;
  constexpr unsigned kShards = 4;
  for (int round = 0; round < 200; ++round) {
    const auto key = Homes::key(0, "client" + std::to_string(round));
    std::atomic<unsigned> ready{0};
    std::vector<std::uint32_t> told(kShards);
    std::vector<std::thread> threads;
    for (unsigned shard = 0; shard < kShards; ++shard) {
      threads.emplace_back([&, shard] {
        ++ready;
        while (ready < kShards) std::this_thread::yield();
        told[shard] = homes.hold(key, shard);
      });
    }
    for (auto& thread : threads) thread.join();
    for (const std::uint32_t shard : told) EXPECT_EQ(shard, told[0]);
    for (unsigned i = 0; i < kShards; ++i) homes.release(key);
  }
  EXPECT_EQ(homes.size(), 0u);
}

TEST(Homes, ManyComeAndGo) {
  Homes homes;
  for (int i = 0; i < 200'000; ++i) homes.hold(Homes::key(0, "c" + std::to_string(i)), 1);
  EXPECT_EQ(homes.size(), 200'000u);
  for (int i = 0; i < 200'000; ++i) homes.release(Homes::key(0, "c" + std::to_string(i)));
  EXPECT_EQ(homes.size(), 0u);
}

}  // namespace
}  // namespace trellis::runtime
