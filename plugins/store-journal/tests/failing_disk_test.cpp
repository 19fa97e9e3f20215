// Disks that are full, slow or broken: no false answer, and all is well again without a restart.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>

#include "bench.hpp"

namespace journal::testing {
namespace {

constexpr auto kName = [](int i) { return "call " + std::to_string(i); };

/// Calls with a disk whose calls [from, from + count) fail; what was answered good has to be there in the end.
void survive(std::uint64_t from, std::uint64_t count, Errno code) {
  SCOPED_TRACE("calls " + std::to_string(from) + " and " + std::to_string(count - 1) + " more fail with " +
               errno_text(code));
  FakeDisk disk;
  disk.on_call([=](const FakeDisk::Call& call) {
    return call.number >= from && call.number < from + count && call.what != "read" ? code : 0;
  });
  std::vector<int> good;
  {
    Asker asker(disk);
    if (!asker.open().empty()) return;
    for (int i = 0; i < 40; ++i) {
      const auto number = static_cast<std::uint64_t>(i + 1);
      const int answer = asker.put({Change::append(1, number, std::string(300, 'x')), Change::put(kName(i), "v"),
                                    Change::settle(1, number > 3 ? number - 3 : 1)},
                                   i % 3 == 0 ? Level::synced : Level::written);
      if (answer == 1) good.push_back(i);
      const auto works = [&] { return asker.journal().figures().state == State::good; };
      ASSERT_TRUE(answer == 1 || asker.until(works));
    }
    const auto last = [&] { return asker.put({Change::put("last", "v")}, Level::synced) == 1; };
    ASSERT_TRUE(asker.until(last)) << "it works again";
    EXPECT_FALSE(asker.out_of_order());
    EXPECT_GE(good.size(), 20U);
    const Contents now = asker.contents();
    for (const auto& [queue, entries] : now.entries) {
      ASSERT_EQ(entries.size(), now.queues.at(queue).entries) << "every entry can be read";
    }
    asker.stop();
    FakeDisk copy(disk.written());
    Asker again(copy);
    ASSERT_EQ(again.open(), "");
    ASSERT_EQ(again.contents(), now);
    for (const int i : good) ASSERT_TRUE(now.records.contains(kName(i))) << i;
  }
}

TEST(FailingDisk, OneFailureAnywhereLosesNothingThatWasAnswered) {
  for (std::uint64_t from = 1; from <= 130; ++from) {
    ASSERT_NO_FATAL_FAILURE(survive(from, 1, EIO));
    ASSERT_NO_FATAL_FAILURE(survive(from, 1, ENOSPC));
  }
}

TEST(FailingDisk, ManyFailuresInARowLoseNothingThatWasAnswered) {
  for (std::uint64_t from = 10; from <= 100; from += 3) {
    ASSERT_NO_FATAL_FAILURE(survive(from, 7, EIO));
    ASSERT_NO_FATAL_FAILURE(survive(from, 7, ENOSPC));
  }
}

TEST(FailingDisk, WritesAgainWhatAFailedSyncMayHaveLost) {
  FakeDisk disk;
  Options options = small_options();
  options.sync_interval = std::chrono::hours(1);
  Asker asker(disk, options);
  ASSERT_EQ(asker.open(), "");
  ASSERT_EQ(asker.put({Change::append(1, 1, "one")}), 1);
  std::atomic<bool> fails = true;
  disk.on_call([&](const FakeDisk::Call& call) { return call.what == "sync" && fails.exchange(false) ? EIO : 0; });
  EXPECT_EQ(asker.put({Change::append(1, 2, "two")}, Level::synced), -1) << "nobody knows";
  ASSERT_TRUE(asker.until([&] { return asker.journal().figures().state == State::good; }));
  EXPECT_TRUE(asker.logged("cannot sync"));
  EXPECT_TRUE(asker.logged("writing works again"));
  EXPECT_EQ(asker.get(1), (std::vector<StoredEntry>{{1, "one"}, {2, "two"}}));
  FakeDisk::Image left = disk.written();
  std::mt19937 random(1);
  FakeDisk after(disk.after_power_cut(random));
  Asker again(after);
  ASSERT_EQ(again.open(), "");
  EXPECT_EQ(again.get(1).size(), 2U) << "what was written again is on the medium";
}

/// More than any reserve holds is not on the medium when a sync or a write fails, and not one byte is left.
void write_in_place(std::string_view failing, bool keep) {
  SCOPED_TRACE(std::string(failing) + (keep ? ", kept in memory" : ""));
  FakeDisk disk;
  disk.keep_after_failed_sync(keep);
  Options options = small_options();
  options.sync_interval = std::chrono::hours(1);
  options.sync_bytes = options.checkpoint_bytes = 1 << 20;
  Asker asker(disk, options);
  ASSERT_EQ(asker.open(), "");
  std::uint64_t last = 0;
  while (last < 50) ASSERT_EQ(asker.put({Change::append(1, ++last, std::string(500, 'x'))}), 1);
  std::atomic<int> fails = 1;
  disk.on_call([&](const FakeDisk::Call& call) {
    if (call.what == "allocate") return ENOSPC;
    return call.what == failing && fails > 0 && fails-- > 0 ? EIO : 0;
  });
  EXPECT_EQ(asker.put({Change::append(1, last + 1, std::string(500, 'y'))}, Level::synced), -1) << "nobody knows";
  ASSERT_TRUE(asker.until([&] { return asker.journal().figures().state == State::full; }));
  EXPECT_TRUE(asker.logged("writing works again"));
  std::mt19937 random(1);
  FakeDisk cut(disk.after_power_cut(random));
  Asker after_cut(cut);
  ASSERT_EQ(after_cut.open(), "");
  EXPECT_GE(after_cut.get(1).size(), last) << "what was written again is on the medium";
  // Shorter than what failed, so that some of that would be read behind it.
  ASSERT_EQ(asker.put({Change::settle(1, 1)}, Level::synced), 1);
  FakeDisk left(disk.written());
  Asker again(left);
  ASSERT_EQ(again.open(), "");
  EXPECT_TRUE(again.journal().recovered().reports.empty()) << again.journal().recovered().reports[0];
  EXPECT_EQ(again.get(1), asker.get(1));
  disk.on_call({});
  ASSERT_TRUE(asker.until([&] { return asker.journal().figures().state == State::good; }));
  EXPECT_EQ(asker.put({Change::append(1, last + 2, "z")}, Level::synced), 1);
}

TEST(FailingDisk, WritesAgainWhereItLiesWithoutRoom) {
  for (const std::string_view failing : {"sync", "write"}) {
    write_in_place(failing, true);
    write_in_place(failing, false);
  }
}

TEST(FailingDisk, LeavesOutACallThatHoldsNoChanges) {
  FakeDisk disk;
  Options options = small_options();
  options.sync_interval = std::chrono::hours(1);
  Asker asker(disk, options);
  ASSERT_EQ(asker.open(), "");
  ASSERT_EQ(asker.put({Change::append(1, 1, "one")}), 1);
  ChunkWriter half = encode_changes({Change::append(1, 2, "two")});
  half.payload("\x7F no change");
  ASSERT_EQ(asker.journal().write(1, 1000, std::move(half), Level::written, Journal::Growth::adds),
            Journal::Taken::yes);
  EXPECT_EQ(asker.wait(1000), -1);
  EXPECT_TRUE(asker.logged("a call held what is no change"));
  ASSERT_TRUE(asker.until([&] { return asker.put({Change::append(1, 3, "three")}, Level::synced) == 1; }));
  const std::vector<StoredEntry> expected = {{1, "one"}, {3, "three"}};
  EXPECT_EQ(asker.get(1), expected) << "nothing of it";
  FakeDisk left(disk.written());
  Asker again(left);
  ASSERT_EQ(again.open(), "");
  EXPECT_EQ(again.get(1), expected);
}

TEST(FailingDisk, RefusesWhileItFailsAndSaysSo) {
  FakeDisk disk;
  Asker asker(disk);
  ASSERT_EQ(asker.open(), "");
  disk.on_call([&](const FakeDisk::Call& call) { return call.what == "write" || call.what == "open" ? EIO : 0; });
  EXPECT_EQ(asker.put({Change::append(1, 1, "x")}), -1);
  EXPECT_EQ(asker.journal().figures().state, State::failing);
  EXPECT_EQ(asker.write({Change::settle(1, 1)}), 0U);
  EXPECT_TRUE(asker.get(1).empty()) << "reading goes on";
  disk.on_call({});
  ASSERT_TRUE(asker.until([&] { return asker.journal().figures().state == State::good; }));
  EXPECT_EQ(asker.put({Change::append(1, 1, "x")}), 1);
}

TEST(FailingDisk, TakesWhatFreesWhileItIsFullAndGivesRoomBack) {
  FakeDisk disk;
  disk.limit(200'000);
  Asker asker(disk);
  ASSERT_EQ(asker.open(), "");
  std::uint64_t number = 0;
  const auto full = [&] { return asker.journal().figures().state == State::full; };
  while (!full() && number < 5000) asker.put({Change::append(1, ++number, std::string(500, 'x'))});
  ASSERT_TRUE(full()) << "after " << number;
  EXPECT_GT(number, 100U);
  EXPECT_EQ(asker.write({Change::append(1, number + 1, "y")}), 0U);
  EXPECT_EQ(asker.put({Change::settle(1, 1, number)}), 1);
  ASSERT_TRUE(asker.until([&] { return asker.journal().figures().state == State::good; }));
  EXPECT_EQ(asker.put({Change::append(1, number + 2, "y")}, Level::synced), 1);
  // It takes changes as soon as there is some room, and goes on to give the rest back.
  EXPECT_TRUE(asker.until([&] { return disk.used() < 150'000U; })) << disk.used();
}

TEST(FailingDisk, KeepsNothingBehindACallThatDidNotFit) {
  FakeDisk disk;
  Asker asker(disk);
  ASSERT_EQ(asker.open(), "");
  ASSERT_EQ(asker.put({Change::append(1, 1, "one")}, Level::synced), 1);
  ASSERT_TRUE(asker.until([&] { return disk.used() > 24'000; })) << "the next segment is there, and the reserve";
  disk.limit(disk.used());
  std::uint64_t large = 0;
  std::uint64_t adds = 0;
  std::uint64_t frees = 0;
  // All three are taken while the committer stands still.
  asker.journal().look([&](const Index&) {
    large = asker.write({Change::append(1, 2, std::string(20'000, 'x'))});
    adds = asker.write({Change::append(1, 3, "three")}, Level::written, 1);
    frees = asker.write({Change::settle(1, 1)}, Level::synced, 2);
  });
  EXPECT_EQ(asker.wait(large), -1);
  EXPECT_EQ(asker.wait(adds), -1);
  EXPECT_EQ(asker.wait(frees), -1);
  EXPECT_EQ(asker.get(1), (std::vector<StoredEntry>{{1, "one"}}));
  ASSERT_TRUE(asker.until([&] { return asker.put({Change::settle(1, 1)}) == 1; })) << "what frees is taken again";
}

/// Fills a store, then starts another process on it while not one byte is left, and frees.
void start_full(bool clean) {
  SCOPED_TRACE(clean ? "after an orderly end" : "after a crash");
  FakeDisk disk;
  disk.limit(200'000);
  FakeDisk::Image image;
  std::uint64_t number = 0;
  {
    Asker asker(disk);
    ASSERT_EQ(asker.open(), "");
    const auto full = [&] { return asker.journal().figures().state == State::full; };
    while (!full() && number < 5000) {
      if (asker.put({Change::append(1, number + 1, std::string(500, 'x'))}) == 1) ++number;
    }
    if (clean) asker.stop();
    image = disk.written();
  }
  FakeDisk left(image);
  left.limit(left.used());
  Asker again(left);
  ASSERT_EQ(again.open(), "");
  EXPECT_EQ(again.get(1).size(), number);
  ASSERT_EQ(again.write({Change::append(1, number + 1, "y")}), 0U);
  ASSERT_EQ(again.put({Change::settle(1, 1, number)}, Level::synced), 1);
  ASSERT_TRUE(again.until([&] { return again.journal().figures().state == State::good; }));
  EXPECT_EQ(again.put({Change::append(1, number + 2, "y")}, Level::synced), 1);
  again.stop();
  FakeDisk last(left.written());
  Asker then(last);
  ASSERT_EQ(then.open(), "");
  EXPECT_EQ(then.get(1), (std::vector<StoredEntry>{{number + 2, "y"}}));
}

TEST(FailingDisk, AFullOneStillStarts) {
  start_full(true);
  start_full(false);
}

TEST(FailingDisk, CompactionSaysThatTheDiskIsFull) {
  FakeDisk disk;
  disk.limit(200'000);
  Options options = small_options();
  options.rewrite_below = 0;
  Asker asker(disk, options);
  ASSERT_EQ(asker.open(), "");
  std::uint64_t number = 0;
  const auto full = [&] { return asker.journal().figures().state == State::full; };
  while (!full() && number < 5000) asker.put({Change::append(1, ++number, std::string(500, 'x'))});
  ASSERT_EQ(asker.put({Change::settle(1, 1, 1)}), 1);
  EXPECT_NE(asker.journal().compact().find("has no room for another segment of 8192 bytes"), std::string::npos);
}

TEST(FailingDisk, LeavesTheSpaceThatIsToBeLeft) {
  FakeDisk disk;
  disk.limit(400'000);
  Options options = small_options();
  options.free_bytes = 200'000;
  Asker asker(disk, options);
  ASSERT_EQ(asker.open(), "");
  std::uint64_t number = 0;
  const auto full = [&] { return asker.journal().figures().state == State::full; };
  const auto refused = [&] { return full() || asker.put({Change::append(1, ++number, std::string(500, 'x'))}) == 0; };
  ASSERT_TRUE(asker.until(refused));
  EXPECT_TRUE(asker.logged("are to be left"));
  EXPECT_EQ(asker.put({Change::settle(1, 1, number)}), 1);
  ASSERT_TRUE(asker.until([&] { return asker.journal().figures().state == State::good; }));
}

TEST(FailingDisk, TellsThoseLaterWhoWriteFasterThanTheMedium) {
  FakeDisk disk;
  Options options = small_options();
  options.segment_bytes = 1 << 20;
  Asker asker(disk, options);
  ASSERT_EQ(asker.open(), "");
  disk.let_syncs_hang(true);
  const std::string kilobyte(1000, 'x');
  std::uint64_t number = 0;
  while (number < 15) EXPECT_EQ(asker.put({Change::append(1, ++number, kilobyte)}), 1);
  std::uint64_t last = 0;
  while (number < 20) last = asker.write({Change::append(1, ++number, kilobyte)});
  const std::uint64_t other = asker.write({Change::settle(1, 1)}, Level::written, 1);
  EXPECT_EQ(asker.get(1).size(), number - 1) << "they are there, and nobody was told";
  EXPECT_FALSE(asker.answered(last));
  EXPECT_FALSE(asker.answered(other));
  disk.let_syncs_hang(false);
  EXPECT_EQ(asker.wait(last), 1);
  EXPECT_EQ(asker.wait(other), 1);
}

TEST(FailingDisk, BoundsWhatWaitsForASlowOne) {
  FakeDisk disk;
  Options options = small_options();
  options.waiting_bytes = 10'000;
  Asker asker(disk, options);
  ASSERT_EQ(asker.open(), "");
  std::atomic<bool> stuck = true;
  disk.on_call([&](const FakeDisk::Call& call) {
    while (call.what == "write" && stuck) std::this_thread::yield();
    return 0;
  });
  std::uint64_t taken = 0;
  std::uint64_t last = 0;
  while (const std::uint64_t token = asker.write({Change::append(1, taken + 1, std::string(1000, 'x'))})) {
    last = token;
    ASSERT_LT(++taken, 100U);
  }
  EXPECT_GE(taken, 9U);
  EXPECT_LE(asker.journal().figures().waiting_bytes, 10'000U);
  stuck = false;
  EXPECT_EQ(asker.wait(last), 1);
  EXPECT_EQ(asker.get(1).size(), taken);
}

}  // namespace
}  // namespace journal::testing
