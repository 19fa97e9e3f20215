// Stores that were written before: a folder of each version is kept in golden/, with what has to be in it.
//
// TRELLIS_GOLDEN_OUT=<folder> has WhatIsWrittenNowIsReadBack leave one of the present version there. What is in golden/
// stays as it is once its version was released.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "bench.hpp"
#include "engine/format.hpp"
#include "engine/tools.hpp"

namespace journal::testing {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

FakeDisk::Image golden(const std::string& name) {
  FakeDisk::Image out;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(TRELLIS_GOLDEN_STORES) + "/" + name)) {
    out[entry.path().filename().string()] = read_file(entry.path());
  }
  return out;
}

/// What a store holds, as text: a line for each thing, bodies and values by length and checksum.
std::string listing(const Contents& contents) {
  std::string out;
  const auto sum = [](const std::string& text) {
    return std::to_string(text.size()) + " bytes " + std::to_string(crc32c(text));
  };
  for (const auto& [number, queue] : contents.queues) {
    out += "queue " + std::to_string(number) + " marks";
    for (const std::uint32_t mark : queue.marks) out += " " + std::to_string(mark);
    out += '\n';
    for (const StoredEntry& entry : contents.entries.at(number)) {
      out += "  " + std::to_string(entry.number) + " body " + sum(entry.body) + " extra " + sum(entry.extra) +
             " note " + std::to_string(entry.words[0]) + " " + std::to_string(entry.words[1]) + '\n';
    }
  }
  for (const auto& [key, value] : contents.records) out += "record " + key + " " + sum(value) + '\n';
  return out;
}

/// As a killed process leaves it: two checkpoints, segments that were rewritten, others behind the newest checkpoint.
FakeDisk::Image written_now(std::string& list) {
  FakeDisk disk;
  Options options = small_options();
  options.segment_bytes = 4096;
  options.checkpoint_bytes = 8192;
  options.rewrite_below = 60;
  Calls calls(2026);
  Asker asker(disk, options);
  EXPECT_EQ(asker.open(), "");
  for (int i = 0; i < 200 || asker.counts().rewritten_bytes == 0 || asker.counts().checkpoints < 3; ++i) {
    EXPECT_EQ(asker.put(calls.next()), 1);
  }
  list = listing(asker.contents());
  FakeDisk::Image image = disk.written();
  std::erase_if(image, [](const auto& file) {
    const bool prepared = file.second.find_first_not_of('\0') == std::string::npos;
    return prepared || file.first == "reserve" || file.first == "checkpoint.new";
  });
  return image;
}

TEST(Golden, WhatIsWrittenNowIsReadBack) {
  std::string list;
  const FakeDisk::Image image = written_now(list);
  if (const char* out = std::getenv("TRELLIS_GOLDEN_OUT")) {
    const std::filesystem::path folder = std::filesystem::path(out) / ("format-" + std::to_string(kVersion));
    std::filesystem::create_directories(folder);
    for (const auto& [file, bytes] : image) std::ofstream(folder / file, std::ios::binary) << bytes;
    std::ofstream(folder.string() + ".txt") << list;
  }
  FakeDisk disk(image);
  Asker asker(disk);
  ASSERT_EQ(asker.open(), "");
  EXPECT_EQ(listing(asker.contents()), list);
}

TEST(Golden, HasAFolderOfEveryVersionThatIsRead) {
  for (std::uint32_t version = kOldestVersion; version <= kVersion; ++version) {
    EXPECT_FALSE(golden("format-" + std::to_string(version)).empty()) << version;
  }
}

TEST(Golden, IsOpenedAndWrittenAnew) {
  for (std::uint32_t version = kOldestVersion; version <= kVersion; ++version) {
    const std::string name = "format-" + std::to_string(version);
    SCOPED_TRACE(name);
    const std::string expected = read_file(std::string(TRELLIS_GOLDEN_STORES) + "/" + name + ".txt");
    ASSERT_GT(expected.size(), 1000U);
    FakeDisk disk(golden(name));
    {
      Asker asker(disk);
      ASSERT_EQ(asker.open(), "");
      EXPECT_EQ(asker.journal().recovered().oldest_version, version);
      EXPECT_EQ(listing(asker.contents()), expected);
      ASSERT_EQ(asker.put({Change::put("later", "v")}, Level::synced), 1);
      ASSERT_EQ(asker.journal().compact(), "");
    }
    Asker again(disk);
    ASSERT_EQ(again.open(), "");
    EXPECT_EQ(again.journal().recovered().oldest_version, kVersion) << "rewriting left nothing of the old one";
    Contents contents = again.contents();
    EXPECT_EQ(contents.records.erase("later"), 1U);
    EXPECT_EQ(listing(contents), expected);
  }
}

TEST(Golden, OfVersionsThatAreNotReadIsRefused) {
  const FakeDisk::Image image = golden("format-" + std::to_string(kVersion));
  for (const std::uint32_t version : {std::uint32_t{0}, kVersion + 1, std::uint32_t{77}}) {
    for (const bool segments : {false, true}) {
      FakeDisk::Image other = image;
      for (auto& [name, bytes] : other) {
        const bool wanted = segments ? segment_number(name) != 0 : checkpoint_sequence(name) != 0;
        if (wanted && bytes.size() > 12) store(bytes.data() + 8, version);
      }
      FakeDisk disk(other);
      Asker asker(disk);
      const std::string why = asker.open();
      const std::string versions = "has format version " + std::to_string(version) + ", expected 1";
      EXPECT_NE(why.find(versions), std::string::npos) << why;
      const std::string advice = version == 0 ? "no Trellis wrote it so" : "a newer Trellis wrote it";
      EXPECT_NE(why.find(advice), std::string::npos) << why;
      EXPECT_EQ(disk.written(), other) << "nothing is touched";
      // Repairing it here would leave nothing.
      EXPECT_EQ(foreign_store(disk, "store").empty(), segments);
    }
  }
  FakeDisk good(image);
  EXPECT_EQ(foreign_store(good, "store"), "");
  EXPECT_NE(version_fault(kVersion + 1).find("`trellis store import`"), std::string::npos);
  EXPECT_EQ(version_fault(kVersion), "");
}

}  // namespace
}  // namespace journal::testing
