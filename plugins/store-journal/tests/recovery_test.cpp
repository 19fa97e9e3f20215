// What a start finds: damaged tails, damage elsewhere, other versions; and that dead things stay dead.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>

#include "bench.hpp"
#include "engine/format.hpp"
#include "engine/tools.hpp"

namespace journal::testing {
namespace {

struct Start {
  std::string refused;
  std::uint64_t next = 0;
  std::map<std::uint64_t, std::uint64_t> entries;
  std::size_t records = 0;
  std::vector<std::string> reports;
};

Start start(const FakeDisk::Image& image) {
  FakeDisk disk(image);
  Ledger ledger;
  Index index(ledger);
  Recovered found;
  Start out;
  out.refused = recover(disk, "store", ledger, index, found);
  out.next = found.next_sequence;
  for (const auto& [number, queue] : index.queues()) out.entries[number] = queue.entries.live();
  out.records = index.records().size();
  out.reports = found.reports;
  return out;
}

/// One chunk per call and nothing else.
Options plain_options() {
  Options out = small_options();
  out.rewrite_below = 0;
  out.reclaim_interval = std::chrono::hours(1);
  out.sync_interval = std::chrono::hours(1);
  return out;
}

/// A small journal as it is while it is used: 12 calls, of which the first 8 are on the medium.
FakeDisk::Image small_image() {
  FakeDisk disk;
  Asker asker(disk, plain_options());
  EXPECT_EQ(asker.open(), "");
  for (std::uint64_t i = 1; i <= 12; ++i) {
    EXPECT_EQ(
        asker.put({Change::append(1, i, "body " + std::to_string(i)), Change::put("key " + std::to_string(i), "v")},
                  i == 8 ? Level::synced : Level::written),
        1);
  }
  return disk.written();
}

TEST(Recovery, ReadsWhatADeadProcessLeft) {
  const Start found = start(small_image());
  EXPECT_EQ(found.refused, "");
  EXPECT_EQ(found.next, 13U);
  EXPECT_EQ(found.entries.at(1), 12U);
  EXPECT_EQ(found.records, 12U);
  EXPECT_TRUE(found.reports.empty());
}

TEST(Recovery, CutsOrRefusesWhateverByteIsWrong) {
  const FakeDisk::Image image = small_image();
  std::size_t cut = 0;
  std::size_t refused = 0;
  for (const auto& [name, bytes] : image) {
    if (name == "reserve" || name == "lock") continue;
    // Behind the data lie zeros; the first of them say enough.
    const std::size_t data = bytes.find_last_not_of('\0') + 1;
    for (std::size_t at = 0; at < std::min(bytes.size(), data + 64); ++at) {
      for (const char flip : {'\x01', '\x80', '\xFF'}) {
        FakeDisk::Image damaged = image;
        damaged[name][at] = static_cast<char>(damaged[name][at] ^ flip);
        const Start found = start(damaged);
        if (!found.refused.empty()) {
          ++refused;
          EXPECT_NE(found.refused.find("store/"), std::string::npos) << found.refused;
          continue;
        }
        EXPECT_LE(found.next, 13U);
        // A prefix, whole calls only.
        const std::uint64_t calls = found.next - 1;
        EXPECT_EQ(found.records, calls) << name << " at " << at;
        EXPECT_EQ(found.entries.empty() ? 0 : found.entries.at(1), calls) << name << " at " << at;
        if (calls < 12) {
          ++cut;
          EXPECT_FALSE(found.reports.empty());
          EXPECT_GE(calls, 8U) << "this was on the medium: " << name << " at " << at;
        }
      }
    }
  }
  EXPECT_GT(cut, 100U);
  EXPECT_GT(refused, 100U);
}

TEST(Recovery, CutsTheFileAnywhereInItsTail) {
  const FakeDisk::Image image = small_image();
  for (const auto& [name, bytes] : image) {
    if (segment_number(name) == 0) continue;
    for (std::size_t size = 0; size < bytes.size(); size += 3) {
      FakeDisk::Image cut = image;
      cut[name].resize(size);
      const Start found = start(cut);
      EXPECT_TRUE(!found.refused.empty() || found.records == found.next - 1) << size;
    }
  }
}

TEST(Recovery, SaysWhereTheDamageIsAndWhatHelps) {
  FakeDisk::Image image = small_image();
  std::string& bytes = image.at(segment_name(1));
  bytes[kSegmentHeader + kChunkHeader + 3] ^= 1;
  const std::string why = start(image).refused;
  EXPECT_NE(why.find("store/segment-00000001: at offset 64: checksum of a chunk is "), std::string::npos) << why;
  EXPECT_NE(why.find(", expected "), std::string::npos) << why;
  EXPECT_NE(why.find("`trellis store repair store`"), std::string::npos) << why;
}

TEST(Recovery, RefusesANewerVersion) {
  FakeDisk::Image image = small_image();
  const std::string name = checkpoint_name(1);
  image.at(name)[8] = 2;
  const std::string why = start(image).refused;
  EXPECT_NE(why.find(name + " has format version 2, expected 1"), std::string::npos) << why;
}

TEST(Recovery, TakesTheCheckpointBeforeWhereTheNewestIsDamaged) {
  FakeDisk disk;
  Contents before;
  {
    Asker asker(disk, plain_options());
    ASSERT_EQ(asker.open(), "");
    Calls calls(5);
    for (int i = 0; i < 300; ++i) ASSERT_EQ(asker.put(calls.next()), 1);
    asker.stop();
    before = Contents();
  }
  {
    Asker asker(disk, plain_options());
    ASSERT_EQ(asker.open(), "");
    before = asker.contents();
  }
  FakeDisk::Image image = disk.written();
  std::string newest;
  for (const auto& [name, bytes] : image) {
    if (checkpoint_sequence(name) != 0) newest = name;
  }
  image.at(newest)[60] ^= 1;
  FakeDisk damaged(image);
  Asker asker(damaged, plain_options());
  ASSERT_EQ(asker.open(), "");
  EXPECT_TRUE(asker.logged("checkpoint left out: store/" + newest));
  EXPECT_EQ(asker.contents(), before);
}

TEST(Recovery, KeepsDeadThingsDeadWhileSegmentsAreRewrittenAndFreed) {
  FakeDisk disk;
  Model model;
  Calls calls(77);
  for (int life = 0; life < 6; ++life) {
    Asker asker(disk);
    ASSERT_EQ(asker.open(), "");
    ASSERT_EQ(asker.contents(), model.contents());
    // Rewriting is granted by the clock, so a fast machine has more calls to make until it has happened.
    int calls_made = 0;
    ASSERT_TRUE(asker.until([&] {
      const auto changes = calls.next();
      model.put(changes);
      EXPECT_EQ(asker.put(changes), 1);
      const Figures now = asker.journal().figures();
      const bool small = now.used_bytes < now.live_bytes * 6 + 100'000;
      return ++calls_made >= 400 && small && asker.counts().checkpoints > 3 && asker.counts().rewritten_bytes > 0;
    })) << asker.counts().checkpoints
        << " checkpoints, " << asker.counts().rewritten_bytes << " bytes rewritten";
    EXPECT_EQ(asker.contents(), model.contents());
  }
}

TEST(Recovery, CompactionLeavesLittleBesideWhatLives) {
  FakeDisk disk;
  Options options = small_options();
  options.rewrite_below = 0;
  Asker asker(disk, options);
  ASSERT_EQ(asker.open(), "");
  for (std::uint64_t i = 1; i <= 1000; ++i) ASSERT_NE(asker.write({Change::append(1, i, std::string(200, 'x'))}), 0U);
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    ASSERT_TRUE(i % 10 == 0 || asker.write({Change::settle(1, i)}) != 0);
  }
  ASSERT_EQ(asker.put({Change::put("k", "v")}), 1);
  asker.journal().compact();
  EXPECT_EQ(asker.get(1).size(), 100U);
  ASSERT_TRUE(asker.until([&] { return disk.used() < 150'000; })) << disk.used();
  asker.stop();
  Asker again(disk);
  ASSERT_EQ(again.open(), "");
  EXPECT_EQ(again.get(1).size(), 100U);
}

TEST(Recovery, SalvageLeavesOutWhatAFailedWriteLeft) {
  FakeDisk disk;
  Asker asker(disk, plain_options());
  ASSERT_EQ(asker.open(), "");
  ASSERT_EQ(asker.put({Change::append(1, 1, "kept")}, Level::synced), 1);
  std::atomic<bool> fails = true;
  disk.on_call([&](const FakeDisk::Call& call) { return call.what == "write" && fails.exchange(false) ? EIO : 0; });
  std::uint64_t second = 0;
  asker.journal().look([&](const Index&) {  // two of one size in one group: half of it is the first
    asker.write({Change::append(1, 2, "lost")});
    second = asker.write({Change::append(1, 3, "lost")});
  });
  ASSERT_EQ(asker.wait(second), -1);
  ASSERT_TRUE(asker.until([&] { return asker.journal().figures().state == State::good; }));
  ASSERT_EQ(asker.put({Change::append(1, 9, "kept")}, Level::synced), 1);
  FakeDisk::Image image = disk.written();
  std::erase_if(image, [](const auto& file) { return checkpoint_sequence(file.first) != 0; });
  FakeDisk left(image);
  Ledger ledger;
  Index index(ledger);
  salvage(left, "store", ledger, index);
  std::vector<std::uint64_t> numbers;
  for (const Wanted& one : index.select(1, 0, 100, UINT64_MAX)) numbers.push_back(one.number);
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{1, 9}));
}

TEST(Recovery, SalvageTakesTheStoresNumberFromAHeaderThatProvesIt) {
  FakeDisk::Image image = small_image();
  std::erase_if(image, [](const auto& file) { return checkpoint_sequence(file.first) != 0; });
  image["segment-00000000"] = "";
  image[segment_name(1)].swap(image[segment_name(7)]);
  image[segment_name(1)] = std::string(200, 'x');
  FakeDisk left(image);
  Ledger ledger;
  Index index(ledger);
  salvage(left, "store", ledger, index);
  EXPECT_EQ(index.records().size(), 12U);
}

TEST(Recovery, TwoNeverShareAFolder) {
  const std::string path = ::testing::TempDir() + "trellis-store-lock-" + std::to_string(::getpid());
  Folder first(path);
  ASSERT_EQ(first.open_locked(), "");
  Folder second(path);
  EXPECT_NE(second.open_locked().find("is in use by process "), std::string::npos);
  std::filesystem::remove_all(path);
}

TEST(Recovery, SyncsTheFoldersAboveANewOne) {
  const std::string base = ::testing::TempDir() + "trellis-store-made-" + std::to_string(::getpid());
  std::filesystem::remove_all(base);
  std::vector<std::string> synced;
  const auto note = [&](const std::string& folder) {
    synced.push_back(std::filesystem::path(folder).filename().string());
    return 0;
  };
  EXPECT_EQ(make_folder(base + "/a/b/", note), "");
  EXPECT_TRUE(std::filesystem::is_directory(base + "/a/b"));
  ASSERT_EQ(synced.size(), 3U);
  EXPECT_EQ(synced[1], std::filesystem::path(base).filename());
  EXPECT_EQ(synced[2], "a");
  EXPECT_EQ(make_folder(base + "/a/b", note), "");
  EXPECT_EQ(synced.size(), 3U) << "it is there";
  const auto fails = [](const std::string&) { return EIO; };
  EXPECT_NE(make_folder(base + "/c", fails).find("cannot bring the folder"), std::string::npos);
  std::filesystem::remove_all(base);
}

TEST(Crc, IsTheSameWithAndWithoutTheInstruction) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  std::mt19937 random(3);
  std::vector<std::size_t> sizes(100);
  std::iota(sizes.begin(), sizes.end(), std::size_t{0});
  for (const std::size_t large : {1535, 1536, 1537, 3072, 5000, 70'001}) sizes.push_back(large);
  for (const std::size_t size : sizes) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    EXPECT_EQ(crc32c(bytes), crc32c_portable(bytes));
    EXPECT_EQ(crc32c(bytes), crc32c(std::string_view(bytes).substr(size / 3), crc32c(bytes.substr(0, size / 3))));
  }
}

}  // namespace
}  // namespace journal::testing
