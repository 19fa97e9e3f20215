// Copies of a journal that is written to meanwhile: what they hold is a prefix with all that was answered before.
#include "engine/backup.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include "bench.hpp"
#include "engine/format.hpp"
#include "engine/tools.hpp"

namespace journal::testing {
namespace {

class FakeTarget final : public BackupTarget {
 public:
  std::string begin() override { return {}; }
  Disk& disk() override { return fake; }
  const std::string& path() const override { return name_; }
  std::string end() override {
    whole = true;
    return {};
  }
  void give_up() override { given_up = true; }

  FakeDisk fake;
  bool whole = false;
  bool given_up = false;

 private:
  std::string name_ = "copy.partial";
};

std::uint64_t calls_in(const Contents& contents) {
  const auto record = contents.records.find("calls");
  return record == contents.records.end() ? 0 : std::stoull(record->second);
}

/// The copy holds what the first so many calls make, at least those.
void expect_prefix(const FakeDisk::Image& image, const std::vector<std::vector<Change>>& calls, std::uint64_t least) {
  FakeDisk disk(image);
  EXPECT_EQ(verify(disk, "copy"), std::vector<std::string>());
  Asker asker(disk);
  ASSERT_EQ(asker.open(), "");
  const Contents found = asker.contents();
  const std::uint64_t there = calls_in(found);
  ASSERT_GE(there, least) << "answered before the copy was asked for";
  ASSERT_LE(there, calls.size());
  Model model;
  for (std::uint64_t i = 0; i < there; ++i) model.put(calls[i]);
  ASSERT_EQ(found, model.contents()) << "after " << there << " of " << calls.size() << " calls";
}

void copy_at_a_random_moment(std::uint32_t seed) {
  Calls random(seed);
  FakeDisk disk;
  Asker asker(disk);
  ASSERT_EQ(asker.open(), "");
  std::vector<std::vector<Change>> calls;
  const auto call = [&] {
    calls.push_back(random.next());
    return asker.write(calls.back(), random.below(5) == 0 ? Level::synced : Level::written);
  };
  std::uint64_t last = 0;
  for (std::uint32_t i = 0, n = random.below(300); i < n; ++i) last = call();
  ASSERT_TRUE(last == 0 || asker.wait(last) == 1);
  const std::uint64_t answered = calls.size();

  // The copy takes its time: so much is written for each call it makes.
  FakeTarget target;
  std::atomic<std::uint64_t> allowed = 0;
  std::atomic<std::uint64_t> made = 0;
  target.fake.on_call([&](const FakeDisk::Call&) {
    allowed += 1 + seed % 8;
    while (made < allowed) std::this_thread::yield();
    return 0;
  });
  BackupProgress progress;
  std::string why = "it did not end";
  std::atomic<bool> over = false;
  std::thread copier([&] {
    why = back_up(asker.journal(), target, progress);
    over = true;
  });
  while (!over) {
    last = call();
    if (asker.wait(last) != 1) break;
    ++made;
  }
  made = UINT64_MAX / 2;
  copier.join();
  ASSERT_EQ(why, "");
  EXPECT_TRUE(target.whole);
  EXPECT_FALSE(target.given_up);
  EXPECT_EQ(progress.done_bytes, progress.total_bytes);
  target.fake.on_call({});
  std::mt19937 power(seed);
  ASSERT_NO_FATAL_FAILURE(expect_prefix(target.fake.after_power_cut(power), calls, answered));
  Model model;
  for (const auto& one : calls) model.put(one);
  EXPECT_EQ(asker.contents(), model.contents()) << "the source is as it would be without";
}

TEST(Backup, IsAPrefixWithAllThatWasAnsweredBefore) {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    ASSERT_NO_FATAL_FAILURE(copy_at_a_random_moment(seed));
  }
}

TEST(Backup, HoldsWhatTheJournalGivesBackMeanwhile) {
  FakeDisk disk;
  Asker asker(disk);
  ASSERT_EQ(asker.open(), "");
  std::uint64_t number = 0;
  while (number < 200) ASSERT_EQ(asker.put({Change::append(1, ++number, std::string(500, 'x'))}), 1);
  FakeTarget target;
  std::atomic<bool> begun = false;
  std::atomic<bool> held = true;
  target.fake.on_call([&](const FakeDisk::Call& call) {
    begun = true;
    while (held && call.number == 1) std::this_thread::yield();
    return 0;
  });
  BackupProgress progress;
  std::string why;
  std::thread copier([&] { why = back_up(asker.journal(), target, progress); });
  while (!begun) std::this_thread::yield();
  EXPECT_EQ(asker.put({Change::settle(1, 1, number)}, Level::synced), 1);
  const auto gone = [&] { return !disk.written().contains(segment_name(1)); };
  EXPECT_TRUE(asker.until(gone)) << "a copy does not keep names";
  held = false;
  copier.join();
  ASSERT_EQ(why, "");
  FakeDisk copy(target.fake.written());
  Asker again(copy);
  ASSERT_EQ(again.open(), "");
  EXPECT_EQ(again.get(1).size(), 200U);
}

/// A journal with something in several segments, and what it holds.
struct Source {
  Source() : asker(disk) {
    EXPECT_EQ(asker.open(), "");
    Calls calls(7);
    for (int i = 0; i < 120; ++i) EXPECT_EQ(asker.put(calls.next()), 1);
    before = asker.contents();
  }
  void expect_unharmed() {
    EXPECT_EQ(asker.contents(), before);
    EXPECT_EQ(asker.put({Change::put("more", "v")}, Level::synced), 1);
    before = asker.contents();
  }
  std::string copy(FakeTarget& target) {
    BackupProgress progress;
    return back_up(asker.journal(), target, progress);
  }
  FakeDisk disk;
  Asker asker;
  Contents before;
};

TEST(Backup, ThatFailsAnywhereSaysSoAndHarmsNothing) {
  Source source;
  for (const Errno code : {EIO, ENOSPC}) {
    std::uint64_t failing = 1;
    for (bool failed = true; failed; ++failing) {
      FakeTarget target;
      std::string what;
      failed = false;
      target.fake.on_call([&](const FakeDisk::Call& call) {
        // What can be read the second time is read.
        if (call.number < failing || (call.number > failing && call.what != "read")) return 0;
        failed = true;
        what = std::string(call.what) + ' ' + std::string(call.name);
        return code;
      });
      const std::string why = source.copy(target);
      EXPECT_EQ(why.empty(), !failed) << "call " << failing << ", " << what << ": " << why;
      EXPECT_EQ(target.whole, !failed);
      EXPECT_EQ(target.given_up, failed);
      EXPECT_TRUE(!failed || why.find(errno_text(code)) != std::string::npos) << why;
      source.expect_unharmed();
    }
    EXPECT_GT(failing, 30U);
  }
}

TEST(Backup, OfWhatCannotBeReadIsNone) {
  Source source;
  std::atomic<std::uint64_t> left = 0;
  std::uint64_t failing = 1;
  for (bool failed = true; failed; ++failing) {
    std::atomic<bool> happened = false;
    left = failing;
    source.disk.on_call([&](const FakeDisk::Call& call) {
      if (call.what != "read" || left == 0 || --left != 0) return 0;
      happened = true;
      return EIO;
    });
    FakeTarget target;
    const std::string why = source.copy(target);
    source.disk.on_call({});
    failed = happened;
    EXPECT_EQ(why.empty(), !failed) << why;
    EXPECT_EQ(target.whole, !failed);
    source.expect_unharmed();
  }
  EXPECT_GT(failing, 3U);
}

TEST(Backup, OfADamagedStoreIsNone) {
  FakeDisk disk;
  Asker asker(disk);
  ASSERT_EQ(asker.open(), "");
  for (std::uint64_t i = 1; i <= 60; ++i) ASSERT_EQ(asker.put({Change::append(1, i, std::string(300, 'x'))}), 1);
  std::shared_ptr<File> file;
  ASSERT_EQ(disk.open(segment_name(1), Disk::Mode::existing, file), 0);
  ASSERT_EQ(file->write(200, std::string_view("damage")), 0);
  FakeTarget target;
  BackupProgress progress;
  const std::string why = back_up(asker.journal(), target, progress);
  EXPECT_NE(why.find("segment-00000001: at offset"), std::string::npos) << why;
  EXPECT_FALSE(target.whole);
}

TEST(Backup, StopsWhenToldAndLeavesNothingWhole) {
  Source source;
  for (std::uint64_t at : {1, 5, 12}) {
    FakeTarget target;
    BackupProgress progress;
    target.fake.on_call([&](const FakeDisk::Call& call) {
      if (call.number == at) progress.stop = true;
      return 0;
    });
    EXPECT_NE(back_up(source.asker.journal(), target, progress).find("was stopped"), std::string::npos);
    EXPECT_FALSE(target.whole);
    EXPECT_TRUE(target.given_up);
    source.expect_unharmed();
  }
}

TEST(Backup, OfWhatNeverReachesTheMediumIsNone) {
  FakeDisk disk;
  Options options = small_options();
  options.sync_interval = std::chrono::hours(1);
  // What is written again lies elsewhere, and the checkpoint that gives the old segment back writes a chunk of its own.
  options.reclaim_interval = std::chrono::hours(1);
  Asker asker(disk, options);
  ASSERT_EQ(asker.open(), "");
  ASSERT_EQ(asker.put({Change::append(1, 1, "one")}), 1);
  std::atomic<bool> fails = true;
  disk.on_call([&](const FakeDisk::Call& call) { return call.what == "sync" && fails.exchange(false) ? EIO : 0; });
  Cut cut;
  EXPECT_NE(asker.journal().cut(cut).find("cannot sync"), std::string::npos);
  ASSERT_TRUE(asker.until([&] { return asker.journal().figures().state == State::good; }));
  EXPECT_EQ(asker.journal().cut(cut), "");
  EXPECT_EQ(cut.next_sequence, 2U);
}

TEST(Backup, WaitsForOneMomentAtATime) {
  FakeDisk disk;
  Asker asker(disk);
  ASSERT_EQ(asker.open(), "");
  std::atomic<bool> stuck = true;
  disk.on_call([&](const FakeDisk::Call& call) {
    while (call.what == "sync" && stuck) std::this_thread::yield();
    return 0;
  });
  ASSERT_EQ(asker.put({Change::append(1, 1, "one")}), 1);
  // Whichever of the two comes first waits for the sync, the other one is told at once, and lets it go.
  std::string answers[2];
  const auto ask = [&](std::string& answer) {
    Cut cut;
    answer = asker.journal().cut(cut);
    stuck = false;
  };
  std::thread first(ask, std::ref(answers[0]));
  std::thread second(ask, std::ref(answers[1]));
  first.join();
  second.join();
  EXPECT_TRUE(answers[0].empty() != answers[1].empty());
  EXPECT_NE((answers[0] + answers[1]).find("somebody waits for this already"), std::string::npos);
}

// --- folders of the operating system

class BackupFolders : public ::testing::Test {
 protected:
  BackupFolders() { std::filesystem::remove_all(base_); }
  ~BackupFolders() override { std::filesystem::remove_all(base_); }
  std::string back_up_to(const std::string& name) {
    BackupFolder target(base_ + "/" + name);
    BackupProgress progress;
    return back_up(source_.asker.journal(), target, progress);
  }
  void touch(const std::string& name) { std::ofstream(base_ + "/" + name) << "x"; }
  bool there(const std::string& name) const { return std::filesystem::exists(base_ + "/" + name); }
  Source source_;
  const std::string base_ = ::testing::TempDir() + "trellis-backups-" + std::to_string(::getpid());
};

TEST_F(BackupFolders, HaveTheirNameOnceTheyAreWhole) {
  ASSERT_EQ(back_up_to("deep/one"), "");
  EXPECT_FALSE(there("deep/one.partial"));
  Folder folder(base_ + "/deep/one");
  ASSERT_EQ(folder.open_locked(), "");
  Asker again(folder);
  ASSERT_EQ(again.open(), "");
  EXPECT_EQ(again.contents(), source_.before);
}

TEST_F(BackupFolders, ReplaceNothing) {
  ASSERT_EQ(back_up_to("one"), "");
  EXPECT_NE(back_up_to("one").find("one is there and not empty"), std::string::npos);
  touch("file");
  EXPECT_NE(back_up_to("file").find("file is there and no folder"), std::string::npos);
  std::filesystem::create_directory(base_ + "/empty");
  EXPECT_EQ(back_up_to("empty"), "");
  std::filesystem::create_directory_symlink(base_ + "/elsewhere", base_ + "/link");
  EXPECT_NE(back_up_to("link").find("link is there and no folder"), std::string::npos);
}

TEST_F(BackupFolders, TakeThePlaceOfWhatACrashLeft) {
  std::filesystem::create_directories(base_ + "/one.partial");
  touch("one.partial/segment-00000001");
  EXPECT_EQ(back_up_to("one"), "");
  std::filesystem::create_directories(base_ + "/two.partial");
  touch("two.partial/letters");
  EXPECT_NE(back_up_to("two").find("holds what no copy of a store does"), std::string::npos);
  EXPECT_TRUE(there("two.partial/letters"));
}

}  // namespace
}  // namespace journal::testing
