// Random calls, clean restarts, processes that die, power that goes: always what store-memory says.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "bench.hpp"

namespace journal::testing {
namespace {

TEST(JournalProperty, HoldsWhatTheMemoryStoreHoldsAlsoAfterRestarts) {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    FakeDisk disk;
    Calls calls(seed);
    Model model;
    for (int life = 0; life < 4; ++life) {
      Asker asker(disk);
      ASSERT_EQ(asker.open(), "");
      ASSERT_EQ(asker.contents(), model.contents()) << "after restart " << life;
      std::uint64_t last = 0;
      for (int i = 0; i < 100; ++i) {
        const auto changes = calls.next();
        model.put(changes);
        last = asker.write(changes, calls.below(8) == 0 ? Level::synced : Level::written, calls.below(3));
        ASSERT_NE(last, 0U);
        if (calls.below(20) == 0) {
          ASSERT_EQ(asker.wait(last), 1);
          ASSERT_EQ(asker.contents(), model.contents());
        }
      }
      asker.stop();
      EXPECT_TRUE(asker.good(last));
      EXPECT_FALSE(asker.out_of_order());
    }
  }
}

struct Life {
  FakeDisk::Image image;
  std::vector<std::vector<Change>> calls;
  std::uint64_t promised = 0;  // calls that have to be there
};

/// Lives until the disk dies, and says what was promised by then.
Life live(std::uint32_t seed, bool power) {
  Life out;
  Calls calls(seed);
  FakeDisk disk;
  disk.die_at(12 + calls.below(220), power, seed);
  Asker asker(disk);
  if (!asker.open().empty()) return {disk.image(), {}, 0};
  std::vector<std::pair<std::uint64_t, Level>> tokens;
  for (int i = 0; i < 150 && !disk.dead(); ++i) {
    const Level level = calls.below(3) == 0 ? Level::synced : Level::written;
    auto changes = calls.next();
    const std::uint64_t token = asker.write(changes, level);
    if (token == 0) break;
    out.calls.push_back(std::move(changes));
    tokens.emplace_back(token, level);
    if (calls.below(4) == 0) asker.wait(token);
  }
  asker.stop();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (asker.good(tokens[i].first) && (!power || tokens[i].second == Level::synced)) out.promised = i + 1;
    EXPECT_TRUE(asker.answered(tokens[i].first));
  }
  out.image = disk.image();
  return out;
}

void check(const Life& life, std::uint32_t seed) {
  FakeDisk disk(life.image);
  Asker asker(disk);
  ASSERT_EQ(asker.open(), "");
  const Contents found = asker.contents();
  const auto record = found.records.find("calls");
  const std::uint64_t there = record == found.records.end() ? 0 : std::stoull(record->second);
  ASSERT_GE(there, life.promised) << "of " << life.calls.size();
  ASSERT_LE(there, life.calls.size());
  Model model;
  for (std::uint64_t i = 0; i < there; ++i) model.put(life.calls[i]);
  ASSERT_EQ(found, model.contents()) << "after " << there << " of " << life.calls.size() << " calls";
  // And it goes on from there.
  Calls more(seed + 1'000'000);
  for (int i = 0; i < 10; ++i) {
    const auto changes =
        std::vector<Change>{Change::put("more", std::to_string(i)), Change::settle(1, 1, more.below(50) + 1)};
    model.put(changes);
    ASSERT_EQ(asker.put(changes, Level::synced), 1);
  }
  asker.stop();
  Asker again(disk);
  ASSERT_EQ(again.open(), "");
  ASSERT_EQ(again.contents(), model.contents());
}

std::uint32_t environment_or(const char* name, std::uint32_t otherwise) {
  const char* const asked = std::getenv(name);
  return asked == nullptr ? otherwise : static_cast<std::uint32_t>(std::stoul(asked));
}

/// TRELLIS_CRASH_ROUNDS asks for more seeds than a quick run has, TRELLIS_SEED for others.
std::vector<std::uint32_t> seeds() {
  std::vector<std::uint32_t> all(environment_or("TRELLIS_CRASH_ROUNDS", 250));
  std::iota(all.begin(), all.end(), environment_or("TRELLIS_SEED", 1));
  return all;
}

TEST(JournalProperty, WhatWasAnsweredWrittenSurvivesTheProcess) {
  for (const std::uint32_t seed : seeds()) {
    SCOPED_TRACE(seed);
    ASSERT_NO_FATAL_FAILURE(check(live(seed, false), seed));
  }
}

TEST(JournalProperty, WhatWasAnsweredSyncedSurvivesTheLossOfPower) {
  for (const std::uint32_t seed : seeds()) {
    SCOPED_TRACE(seed);
    ASSERT_NO_FATAL_FAILURE(check(live(seed, true), seed));
  }
}

// --- syncs that fail, a process that dies and another that comes, and then the power goes

/// One process on a disk whose syncs fail now and then; true: it died, or ended well where `stops`.
void run_one(FakeDisk& disk, Calls& calls, Life& life, std::uint32_t most, bool stops) {
  Asker asker(disk);
  if (!asker.open().empty()) return;
  std::vector<std::pair<std::uint64_t, std::size_t>> synced;
  for (std::uint32_t i = 0; i < most && !disk.dead(); ++i) {
    const Level level = calls.below(3) == 0 ? Level::synced : Level::written;
    auto changes = calls.next();
    const std::uint64_t token = asker.write(changes, level);
    if (token == 0) break;
    life.calls.push_back(std::move(changes));
    if (level == Level::synced) synced.emplace_back(token, life.calls.size());
    // Only one at a time may fail: what becomes of calls behind it is known then.
    if (asker.wait(token) != 1) break;
  }
  if (!stops && !disk.dead()) disk.die_at(disk.calls() + 1, false, 0);
  asker.stop();
  for (const auto& [token, count] : synced) {
    if (asker.good(token)) life.promised = count;
  }
}

/// How many calls the disk holds, checked to be the first so many.
void expect_prefix(FakeDisk& disk, Life& life) {
  Asker asker(disk);
  ASSERT_EQ(asker.open(), "");
  const Contents found = asker.contents();
  const auto record = found.records.find("calls");
  const std::uint64_t there = record == found.records.end() ? 0 : std::stoull(record->second);
  ASSERT_GE(there, life.promised) << "of " << life.calls.size();
  ASSERT_LE(there, life.calls.size());
  Model model;
  for (std::uint64_t i = 0; i < there; ++i) model.put(life.calls[i]);
  ASSERT_EQ(found, model.contents()) << "after " << there << " of " << life.calls.size() << " calls";
}

/// `full`: nothing can be made while it fails, so that what is written again stays where it lies.
void fail_and_cut(std::uint32_t seed, bool full) {
  FakeDisk disk;
  Calls calls(seed);
  std::mt19937 random(seed * 7 + 1);
  disk.keep_after_failed_sync(calls.below(3) != 0);
  std::atomic<std::uint64_t> fails_from = 8 + calls.below(60);
  std::atomic<std::uint64_t> fails = 1 + calls.below(4);
  std::atomic<bool> no_room = full;
  disk.on_call([&](const FakeDisk::Call& call) {
    if (no_room && call.what == "allocate" && call.number >= fails_from) return ENOSPC;
    const bool fitting = call.what == "sync" || (full && call.what == "write");
    if (!fitting || call.number < fails_from || fails == 0) return 0;
    --fails;
    return EIO;
  });
  Life life;
  run_one(disk, calls, life, 40 + calls.below(40), calls.below(4) == 0);
  disk.revive();
  // What the one before it did not get kept may be there or not, and it goes on from what is.
  fails = 0;
  no_room = false;
  {
    Asker asker(disk);
    ASSERT_EQ(asker.open(), "");
    const Contents found = asker.contents();
    const auto record = found.records.find("calls");
    const std::uint64_t there = record == found.records.end() ? 0 : std::stoull(record->second);
    ASSERT_GE(there, life.promised);
    ASSERT_LE(there, life.calls.size());
    life.calls.resize(there);
    calls.count_from(there);
    disk.die_at(disk.calls() + 1, false, 0);
    asker.stop();
    disk.revive();
  }
  no_room = full;
  fails_from = disk.calls() + calls.below(30);
  fails = calls.below(3);
  disk.die_at(disk.calls() + 1 + calls.below(80), true, seed);
  run_one(disk, calls, life, 60, false);
  FakeDisk after(disk.dead() ? disk.image() : disk.after_power_cut(random));
  ASSERT_NO_FATAL_FAILURE(expect_prefix(after, life));
}

TEST(JournalProperty, WhatWasAnsweredSyncedSurvivesFailedSyncsAndTheLossOfPower) {
  for (const std::uint32_t seed : seeds()) {
    SCOPED_TRACE(seed);
    ASSERT_NO_FATAL_FAILURE(fail_and_cut(seed, false));
  }
}

TEST(JournalProperty, WhatWasAnsweredSyncedSurvivesFailuresOfAFullDiskAndTheLossOfPower) {
  for (const std::uint32_t seed : seeds()) {
    SCOPED_TRACE(seed);
    ASSERT_NO_FATAL_FAILURE(fail_and_cut(seed, true));
  }
}

}  // namespace
}  // namespace journal::testing
