// Disks without room: what frees is taken until the reserve is used up, and a store that was freed is good by itself.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <optional>
#include <random>

#include "bench.hpp"
#include "engine/format.hpp"

namespace journal::testing {
namespace {

constexpr std::size_t kBody = 500;

Options plain_options() {
  Options out = small_options();
  out.rewrite_below = 0;
  return out;
}

/// Of a disk on which nothing can be made and no checkpoint be written, so that no segment is given back.
Errno without_checkpoints(const FakeDisk::Call& call) {
  return call.what == "allocate" || (call.name.starts_with("checkpoint.") && call.what == "write") ? ENOSPC : 0;
}

/// A store on a disk that has no room left, with entries 1 to last in queue 1.
struct Full {
  explicit Full(const Options& options, std::uint64_t limit = 200'000) : asker((disk.limit(limit), disk), options) {
    EXPECT_EQ(asker.open(), "");
    while (!is(State::full) && last < 5000) {
      if (asker.put({Change::append(1, last + 1, std::string(kBody, 'x'))}) == 1) ++last;
    }
    EXPECT_TRUE(is(State::full)) << "after " << last;
  }
  bool takes(const std::vector<Change>& changes, Level level = Level::written) {
    return asker.put(changes, level) == 1;
  }
  bool is(State state) { return asker.journal().figures().state == state; }
  bool gets(State state) {
    return asker.until([&] { return is(state); });
  }
  /// Entries of the queue as a start on what is written would find them.
  std::vector<StoredEntry> after_restart() {
    FakeDisk copy(disk.written());
    Asker again(copy);
    EXPECT_EQ(again.open(), "");
    return again.get(1);
  }
  FakeDisk disk;
  Asker asker;
  std::uint64_t last = 0;
};

TEST(FullDisk, TakesWhatFreesUntilTheReserveIsUsedUp) {
  Full full(plain_options());
  full.disk.limit(full.disk.used());
  full.disk.on_call(without_checkpoints);
  // Every second one, so that no segment gets empty; again and again, since that frees as well.
  std::uint64_t taken = 0;
  std::uint64_t bytes = 0;
  for (std::uint64_t i = 0;; ++i) {
    const std::vector<Change> changes = {Change::settle(1, 1 + 2 * (i % ((full.last + 1) / 2)))};
    if (!full.takes(changes)) break;
    ++taken;
    bytes += encode_changes(changes).seal().size();
    ASSERT_LT(taken, 10'000U);
  }
  EXPECT_GT(bytes, plain_options().segment_bytes * 97 / 100) << taken << " calls";
  EXPECT_TRUE(full.gets(State::failing)) << "now it takes nothing";
  EXPECT_EQ(full.asker.write({Change::settle(1, 1)}), 0U);
  EXPECT_EQ(full.after_restart().size(), full.last - (full.last + 1) / 2) << "what was answered holds";
  full.disk.limit(400'000);
  full.disk.on_call({});
  EXPECT_TRUE(full.gets(State::good));
  EXPECT_EQ(full.asker.put({Change::append(1, full.last + 1, "y")}, Level::synced), 1);
}

TEST(FullDisk, TakesSmallChangesInWhatIsLeftOfTheLastSegment) {
  Full full(plain_options());
  full.disk.limit(full.disk.used());
  full.disk.on_call(without_checkpoints);
  ASSERT_TRUE(full.is(State::full));
  const auto change = [&](int i) {
    return full.asker.write({Change::put("session", std::to_string(i))}, Level::written, 0, Journal::Growth::changes);
  };
  int taken = 0;
  for (std::uint64_t token = 0; (token = change(taken)) != 0 && full.asker.wait(token) == 1; ++taken)
    ASSERT_LT(taken, 100'000);
  EXPECT_GT(taken, 0);
  EXPECT_EQ(change(0), 0U) << "once it was refused it is so at once";
  EXPECT_TRUE(full.is(State::full));
  EXPECT_TRUE(full.disk.written().contains("segment.reserve")) << "that is for what frees";
  EXPECT_TRUE(full.takes({Change::settle(1, 1)}));
  ASSERT_TRUE(full.takes({Change::settle(1, 1, full.last)}, Level::synced));
  full.disk.on_call({});
  ASSERT_TRUE(full.gets(State::good));
  EXPECT_EQ(full.asker.wait(change(1)), 1);
}

TEST(FullDisk, GetsGoodByItselfThoughTheLastSegmentWasFilledToItsEnd) {
  Full full(plain_options());
  full.disk.limit(full.disk.used());
  full.disk.on_call(without_checkpoints);
  const auto in_reserve = [&] { return !full.disk.written().contains("segment.reserve"); };
  for (int i = 0; !in_reserve(); ++i) {
    ASSERT_LT(i, 1000);
    ASSERT_TRUE(full.takes({Change::settle(2, 1)})) << "of what is not there, which takes room all the same";
  }
  EXPECT_TRUE(full.is(State::full));
  EXPECT_EQ(full.asker.write({Change::append(1, full.last + 1, "y")}), 0U);
  ASSERT_TRUE(full.takes({Change::settle(1, 1, full.last)}, Level::synced));
  full.disk.on_call({});
  ASSERT_TRUE(full.gets(State::good));
  EXPECT_TRUE(full.disk.written().contains("segment.reserve")) << "there is one again";
  EXPECT_EQ(full.asker.put({Change::append(1, full.last + 1, "y")}, Level::synced), 1);
  EXPECT_EQ(full.after_restart(), (std::vector<StoredEntry>{{full.last + 1, "y"}}));
}

TEST(FullDisk, IsRewrittenWithinTheReserve) {
  Options options = small_options();
  options.rewrite_below = 60;
  Full full(options);
  full.disk.limit(full.disk.used());
  // A fifth lives, everywhere: no segment gets empty by itself.
  for (std::uint64_t i = 0; i + 5 <= full.last; i += 5) {
    ASSERT_TRUE(full.takes({Change::settle(1, i + 1, i + 4)})) << i;
  }
  ASSERT_TRUE(full.gets(State::good)) << full.asker.counts().rewritten_bytes << " bytes were moved";
  // Told a moment behind the state.
  EXPECT_TRUE(full.asker.until([&] { return full.asker.counts().rewritten_bytes > 0; }));
  const std::uint64_t left = full.last / 5 + full.last % 5;
  EXPECT_EQ(full.asker.get(1).size(), left);
  EXPECT_EQ(full.asker.put({Change::append(1, full.last + 1, "y")}, Level::synced), 1);
  EXPECT_EQ(full.after_restart().size(), left + 1);
}

TEST(FullDisk, GoesOnInTheReserveAfterAStart) {
  for (const bool clean : {true, false}) {
    SCOPED_TRACE(clean ? "after an orderly end" : "after a crash");
    Full full(plain_options());
    full.disk.limit(full.disk.used());
    full.disk.on_call(without_checkpoints);
    for (int i = 0; full.disk.written().contains("segment.reserve"); ++i) {
      ASSERT_LT(i, 1000);
      ASSERT_TRUE(full.takes({Change::settle(2, 1)}));
    }
    ASSERT_TRUE(full.takes({Change::settle(1, 1)}, Level::synced));
    if (clean) full.asker.stop();
    FakeDisk left(full.disk.written());
    left.limit(left.used());
    Asker again(left, plain_options());
    ASSERT_EQ(again.open(), "");
    EXPECT_EQ(again.get(1).size(), full.last - 1);
    for (std::uint64_t i = 2; i < 12; ++i) ASSERT_EQ(again.put({Change::settle(1, i)}), 1) << i;
    ASSERT_EQ(again.put({Change::settle(1, 1, full.last)}, Level::synced), 1);
    ASSERT_TRUE(again.until([&] { return again.journal().figures().state == State::good; }));
  }
}

TEST(FullDisk, GivesWhatIsFreedToTheReserveAndASegmentFirst) {
  Full full(plain_options());
  full.disk.limit(full.disk.used());
  full.disk.on_call(without_checkpoints);
  ASSERT_TRUE(full.takes({Change::settle(1, 1, 50)})) << "three segments and some";
  while (full.takes({Change::settle(2, 1)})) {
  }
  ASSERT_TRUE(full.gets(State::failing)) << "the reserve is used up";
  FakeDisk::Image image = full.disk.written();
  // As they are where there was no room for more when they had to grow.
  std::size_t checkpoint = 0;
  for (const auto& [name, bytes] : image) checkpoint = name.starts_with("checkpoint-") ? bytes.size() : checkpoint;
  for (const char* name : {"checkpoint.reserve-1", "checkpoint.reserve-2"}) image[name].resize(least_room(checkpoint));
  FakeDisk left(image);
  left.limit(left.used());
  Asker again(left, plain_options());
  ASSERT_EQ(again.open(), "");
  ASSERT_TRUE(again.until([&] { return again.journal().figures().state == State::good; }));
  EXPECT_EQ(again.put({Change::append(1, full.last + 1, "y")}, Level::synced), 1);
}

/// Adds until it is refused, settles, and again, with one call of the disk that finds no room besides.
void survive(std::uint64_t limit, std::uint64_t failing, Errno code) {
  SCOPED_TRACE("limit " + std::to_string(limit) + ", call " + std::to_string(failing) + ": " + errno_text(code));
  FakeDisk disk;
  disk.limit(limit);
  disk.on_call([&](const FakeDisk::Call& call) { return call.number == failing && call.what != "read" ? code : 0; });
  Asker asker(disk);
  if (!asker.open().empty()) return;
  std::map<std::uint64_t, bool> there;  // what was answered; those nobody knows of are left out
  std::uint64_t number = 0;
  for (int round = 0; round < 3; ++round) {
    for (int refused = 0; refused < 3 && number < 600;) {
      const std::uint64_t next = ++number;
      const int answer = asker.put({Change::append(1, next, std::string(kBody, 'x'))});
      if (answer == 1) there[next] = true;
      refused += answer == 1 ? 0 : 1;
    }
    for (std::uint64_t i = 1; i <= number; ++i) {
      if (i % 4 == static_cast<std::uint64_t>(round)) continue;
      const int answer = asker.put({Change::settle(1, i)});
      if (answer == 1) there[i] = false;
      if (answer == -1) there.erase(i);
    }
  }
  // Of every four one lives for long: the reserve may be filled before any segment is free. Nothing else needs room.
  const auto gets = [&](const std::function<bool()>& condition) {
    if (asker.until(condition, std::chrono::seconds(3))) return true;
    if (asker.journal().figures().state != State::failing) return false;
    disk.limit(2 * limit);
    return asker.until(condition);
  };
  ASSERT_TRUE(gets([&] { return asker.put({Change::settle(9, 1)}, Level::synced) == 1; }));
  {
    FakeDisk copy(disk.written());
    Asker again(copy);
    ASSERT_EQ(again.open(), "");
    std::map<std::uint64_t, bool> kept;
    for (const StoredEntry& entry : again.get(1)) kept[entry.number] = true;
    for (const auto& [entry, lives] : there) ASSERT_EQ(kept.contains(entry), lives) << entry;
  }
  ASSERT_TRUE(gets([&] { return asker.put({Change::settle(1, 1, number)}, Level::synced) == 1; }));
  ASSERT_TRUE(gets([&] { return asker.journal().figures().state == State::good; }));
  EXPECT_EQ(asker.put({Change::append(1, number + 1, "y")}, Level::synced), 1);
  EXPECT_FALSE(asker.out_of_order());
}

TEST(FullDisk, SaysNothingFalseWhereverItBegins) {
  for (std::uint64_t limit = 150'000; limit < 150'000 + 2 * 8192; limit += 1111) {
    ASSERT_NO_FATAL_FAILURE(survive(limit, 0, 0));
  }
  for (std::uint64_t failing = 5; failing < 400; failing += 7) {
    ASSERT_NO_FATAL_FAILURE(survive(160'000, failing, failing % 2 == 0 ? ENOSPC : EDQUOT));
  }
}

// --- not one byte left, and all or much of it is freed

/// One store on one disk, through deaths and starts, and what it was told.
class Story {
 public:
  explicit Story(std::uint32_t seed) : random_(seed) {
    options_ = small_options();
    options_.segment_bytes = std::uint64_t{4096} << below(3);
    options_.rewrite_below = 30 * below(3);
    disk.limit(150'000 + below(150'000));
    start();
  }
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  bool is(State state) { return asker_->journal().figures().state == state; }
  /// Where it dies another process comes.
  void start() {
    if (asker_) {
      if (below(2) == 0 && !disk.dead()) disk.die_at(disk.calls() + 1, false, below(1000));
      asker_->stop();
    }
    disk.revive();
    asker_.emplace(disk, options_);
    ASSERT_EQ(asker_->open(), "");
  }
  void fill() {
    for (std::uint32_t refused = 0; refused < 3 && number_ < 4000;) {
      const std::uint64_t queue = 1 + below(3);
      const std::uint64_t number = ++number_;
      std::vector<Change> changes = {Change::append(queue, number, std::string(below(1200), 'x'))};
      if (below(4) == 0) changes.push_back(Change::put("key " + std::to_string(number), "v"));
      if (asker_->put(changes) != 1) refused += is(State::full) ? 1 : 0;
    }
    ASSERT_TRUE(is(State::full));
  }
  /// What frees is taken sooner or later, whatever dies meanwhile.
  bool frees(const std::vector<Change>& changes) {
    return asker_->until([&] {
      if (disk.dead()) start();
      return asker_->put(changes) == 1;
    });
  }
  /// Up to that number, all at once or one after the other; true where all of it was taken.
  bool free_up_to(std::uint64_t last, std::uint32_t step) {
    bool all = true;
    for (std::uint64_t at = 1; at <= last; at += step) {
      std::vector<Change> changes;
      const std::uint64_t end = std::min(last, at + step - 1);
      for (std::uint64_t queue = 1; queue <= 3; ++queue) changes.push_back(Change::settle(queue, at, end));
      for (std::uint64_t i = at; i <= end; ++i) changes.push_back(Change::remove("key " + std::to_string(i)));
      all = all && frees(changes);
    }
    return all;
  }
  std::uint64_t last() const { return number_; }
  /// Where it stands: what is refused, what there is, what the last calls of the disk were.
  std::string told() {
    const Figures now = asker_->journal().figures();
    std::string out = "state " + std::to_string(static_cast<std::uint32_t>(now.state)) + ", segments of " +
                      std::to_string(options_.segment_bytes) + " bytes, rewritten below " +
                      std::to_string(options_.rewrite_below) + ", entries left " + std::to_string(now.entries) +
                      ", bytes left " + std::to_string(disk.free()) + "\n";
    for (const auto& [name, bytes] : disk.written()) out += "  " + name + " " + std::to_string(bytes.size()) + "\n";
    for (const std::string& line : disk.last_calls()) out += "  " + line + "\n";
    for (const std::string& line : asker_->logged()) out += "  " + line + "\n";
    return out;
  }
  void expect_good() {
    const bool died = disk.dead();
    disk.die_at(0, false, 0);
    if (died) start();
    // What it gives back may be the last it has for a moment: whoever is refused asks again, as keepers do.
    const auto takes = [&] { return is(State::good) && asker_->put({Change::append(9, 1, "y")}, Level::synced) == 1; };
    ASSERT_TRUE(asker_->until(takes)) << told();
    start();
    EXPECT_EQ(asker_->get(9), (std::vector<StoredEntry>{{1, "y"}}));
    for (std::uint64_t queue = 1; queue <= 3; ++queue) EXPECT_TRUE(asker_->get(queue).empty());
  }

  FakeDisk disk;

 private:
  std::mt19937 random_;
  Options options_;
  std::uint64_t number_ = 0;
  std::optional<Asker> asker_;
};

TEST(FullDisk, WithoutOneByteLeftItIsGoodByItselfOnceAllIsFreed) {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Story story(seed);
    ASSERT_NO_FATAL_FAILURE(story.fill());
    story.disk.limit(story.disk.used());
    ASSERT_TRUE(story.free_up_to(story.last(), 1 + story.below(2) * 400)) << story.told();
    ASSERT_NO_FATAL_FAILURE(story.expect_good());
  }
}

TEST(FullDisk, WithoutOneByteLeftItIsGoodByItselfWhereverItDies) {
  for (std::uint32_t seed = 1; seed <= 120; ++seed) {
    SCOPED_TRACE(seed);
    Story story(seed);
    ASSERT_NO_FATAL_FAILURE(story.fill());
    if (story.below(3) == 0) {
      ASSERT_NO_FATAL_FAILURE(story.start());
    }
    story.disk.limit(story.disk.used());
    story.disk.die_at(story.disk.calls() + 1 + story.below(120), false, seed);
    ASSERT_TRUE(story.free_up_to(story.last(), 1 + story.below(2) * 400)) << story.told();
    ASSERT_NO_FATAL_FAILURE(story.expect_good());
  }
}

TEST(FullDisk, AQuotaThatIsUsedUpIsAFullDisk) {
  Full full(plain_options());
  full.asker.stop();
  FakeDisk left(full.disk.written());
  left.on_call([&](const FakeDisk::Call& call) { return call.what == "allocate" ? EDQUOT : 0; });
  Asker again(left, plain_options());
  ASSERT_EQ(again.open(), "") << "it goes on in the last one";
  EXPECT_EQ(again.journal().figures().state, State::full);
  EXPECT_EQ(again.put({Change::settle(1, 1)}, Level::synced), 1);
  EXPECT_EQ(again.get(1).size(), full.last - 1);
}

}  // namespace
}  // namespace journal::testing
