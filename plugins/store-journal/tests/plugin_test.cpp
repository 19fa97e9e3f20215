// The plugin in a TestHost, on a real folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "bench.hpp"
#include "store_command.hpp"
#include "store_journal.hpp"

namespace {

using journal::testing::Calls;
using store_journal::StoreJournal;
using testing::HasSubstr;
using trellis::Durability;
using trellis::Status;
using trellis::testing::Change;
using trellis::testing::StoredEntry;
using trellis::testing::TestHost;

/// An empty folder of this test's.
class StorePlugin : public testing::Test {
 protected:
  StorePlugin()
      : path_(testing::TempDir() + "trellis-store-" + testing::UnitTest::GetInstance()->current_test_info()->name() +
              std::to_string(::getpid())) {
    remove();
  }
  ~StorePlugin() override { remove(); }
  std::string settings(const std::string& more = "") const {
    return R"({"path": ")" + path_ + R"(", "free_space": 0)" + more + "}";
  }
  /// Runs `trellis store` and answers the exit code.
  int store(const std::vector<std::string>& words) {
    out_.clear();
    const auto out = [](const trellis_console* console, trellis_view text) {
      static_cast<const Capture*>(console)->to->append(trellis::text(text));
    };
    const Capture console{{sizeof(trellis_console), false, false, out, out, nullptr}, &out_};
    return store_journal::run_store({words.begin(), words.end()}, trellis::Console(&console));
  }

  struct Capture : trellis_console {
    Capture(const trellis_console& from, std::string* into) : trellis_console(from), to(into) {}
    std::string* to;
  };
  void remove() {
    for (const char* suffix : {"", ".repaired", ".damaged", ".export", ".copy", ".backups", ".replaced", ".partial"})
      std::filesystem::remove_all(path_ + suffix);
  }
  std::string path_;
  std::string out_;
};

TEST_F(StorePlugin, KeepsEverythingThroughARestart) {
  {
    TestHost host;
    const auto store = host.load<StoreJournal>(settings());
    EXPECT_EQ(store.put({Change::append({{1, 4, "a"}, {2, 9, "b"}}, "one"), Change::noted(1, 4, 7, 8),
                         Change::marked(2, 5), Change::put("k", "v")},
                        Durability::synced),
              Status::ok);
    EXPECT_EQ(store.get(1), (std::vector<StoredEntry>{{4, "one", "a", {7, 8}}}));
    EXPECT_GT(host.metric("trellis_store_written_bytes_total"), 0);
    EXPECT_EQ(host.metric("trellis_store_state"), 1);
  }
  TestHost host;
  const auto store = host.load<StoreJournal>(settings());
  const auto kept = store.restore();
  EXPECT_EQ(kept.queues.at(2).marks, std::vector<std::uint32_t>{5});
  EXPECT_EQ(kept.records.at("k"), "v");
  EXPECT_EQ(store.get(1), (std::vector<StoredEntry>{{4, "one", "a", {7, 8}}}));
  EXPECT_EQ(store.get(2), (std::vector<StoredEntry>{{9, "one", "b"}}));
}

TEST_F(StorePlugin, AnswersWhateverWaitsWhenItStops) {
  TestHost host({.shards = 3});
  const auto store = host.load<StoreJournal>(settings());
  for (std::uint64_t i = 1; i < 200; ++i) {
    store.write({Change::append(1, i, "x")}, i % 2 == 0 ? Durability::synced : Durability::written,
                static_cast<std::uint32_t>(i % 3));
    store.read(1, 0, 10, 1000, static_cast<std::uint32_t>(i % 3));
  }
}

TEST_F(StorePlugin, IsRefusedWhereAnotherUsesTheFolder) {
  TestHost host;
  host.load<StoreJournal>(settings());
  TestHost other;
  EXPECT_THAT(other.refusal<StoreJournal>(settings()), HasSubstr("is in use by process "));
}

TEST_F(StorePlugin, ToolsTellExportImportAndCompact) {
  {
    TestHost host;
    const auto store = host.load<StoreJournal>(settings());
    for (std::uint64_t i = 1; i <= 100; ++i) store.write({Change::append(7, i, "body " + std::to_string(i), "e")});
    store.put({Change::settle(7, 1, 50), Change::marked(7, 3), Change::noted(7, 60, 1, 2), Change::put("k", "v")});
  }
  EXPECT_EQ(store({"verify", path_}), 0) << out_;
  EXPECT_EQ(store({"stats", path_}), 0);
  EXPECT_THAT(out_, HasSubstr("entries 50\n"));
  EXPECT_EQ(store({"compact", path_}), 0) << out_;
  EXPECT_EQ(store({"export", path_, path_ + ".export"}), 0) << out_;
  EXPECT_EQ(store({"export", path_, path_ + ".export"}), 1) << "it is there already";
  EXPECT_EQ(store({"import", path_ + ".export", path_ + ".copy"}), 0) << out_;
  EXPECT_THAT(out_, HasSubstr("imported 50 entries and 1 records into "));
  EXPECT_THAT(out_, HasSubstr("which was not there: nothing was overwritten"));
  EXPECT_EQ(store({"import", path_ + ".export", path_ + ".copy"}), 1) << "not empty any more";
  TestHost host;
  const auto copy = host.load<StoreJournal>(R"({"path": ")" + path_ + R"(.copy", "free_space": 0})");
  EXPECT_EQ(copy.get(7).size(), 50U);
  EXPECT_EQ(copy.get(7, 59, 1), (std::vector<StoredEntry>{{60, "body 60", "e", {1, 2}}}));
  EXPECT_EQ(copy.restore().queues.at(7).marks, std::vector<std::uint32_t>{3});
  EXPECT_EQ(copy.restore().records.at("k"), "v");
}

TEST_F(StorePlugin, RepairKeepsWhatCanBeRead) {
  {
    TestHost host;
    const auto store = host.load<StoreJournal>(settings());
    for (std::uint64_t i = 1; i <= 100; ++i) store.put({Change::append(7, i, "body " + std::to_string(i))});
  }
  const std::string segment = path_ + "/segment-00000001";
  std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(64 + 32 + 3);
  file << "?";
  file.close();
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    if (entry.path().filename().string().starts_with("checkpoint-")) std::filesystem::remove(entry.path());
  }
  TestHost host;
  EXPECT_THAT(host.refusal<StoreJournal>(settings()), HasSubstr("has segments but no checkpoint"));
  EXPECT_EQ(store({"verify", path_}), 1);
  EXPECT_EQ(store({"repair", path_}), 0) << out_;
  EXPECT_THAT(out_, HasSubstr("left out: segment-00000001: at offset 64: passed over"));
  EXPECT_EQ(store({"verify", path_}), 0) << out_;
  const auto repaired = host.load<StoreJournal>(settings());
  EXPECT_EQ(repaired.get(7).size(), 99U);
  EXPECT_TRUE(std::filesystem::exists(path_ + ".damaged"));
}

/// Waits for the backup that was begun last.
trellis::Backup ended(TestHost& host, StoreJournal& store) {
  trellis::Backup last;
  host.wait([&] {
    last = store.backup();
    return last.state == trellis::BackupState::done || last.state == trellis::BackupState::failed;
  });
  return last;
}

TEST_F(StorePlugin, IsBackedUpWhileItRunsAndRestored) {
  {
    TestHost host;
    const auto store = host.load<StoreJournal>(settings(R"(, "backups": ")" + path_ + R"(.backups")"));
    EXPECT_EQ(store.as<StoreJournal>().backup().state, trellis::BackupState::none);
    store.put({Change::append(7, 1, "one"), Change::put("k", "v")});
    ASSERT_TRUE(store.as<StoreJournal>().begin_backup("monday"));
    const trellis::Backup monday = ended(host, store.as<StoreJournal>());
    EXPECT_EQ(monday.state, trellis::BackupState::done) << monday.reason;
    EXPECT_EQ(monday.number, 1U);
    EXPECT_EQ(monday.name, "monday");
    EXPECT_GT(monday.total_bytes, 100U);
    EXPECT_EQ(monday.done_bytes, monday.total_bytes);
    EXPECT_TRUE(host.logged("backup made"));
    EXPECT_EQ(host.metric("trellis_store_backups_total", R"(outcome="done")"), 1);
    ASSERT_TRUE(store.as<StoreJournal>().begin_backup("monday"));
    const trellis::Backup again = ended(host, store.as<StoreJournal>());
    EXPECT_EQ(again.state, trellis::BackupState::failed);
    EXPECT_THAT(again.reason, HasSubstr("monday is there and not empty"));
    EXPECT_EQ(again.number, 2U);
    store.put({Change::append(7, 2, "two")});
    EXPECT_EQ(this->store({"restore", path_ + ".backups/monday", path_, "--replace"}), 1) << "it is in use";
    EXPECT_THAT(out_, HasSubstr("is in use by process"));
  }
  EXPECT_EQ(store({"verify", path_ + ".backups/monday"}), 0) << out_;
  EXPECT_EQ(store({"restore", path_ + ".backups/monday", path_}), 1);
  EXPECT_THAT(out_, HasSubstr("is there and not empty; --replace moves it"));
  EXPECT_EQ(store({"restore", path_ + ".backups/tuesday", path_}), 1);
  EXPECT_EQ(store({"restore", path_, path_, "--replace"}), 1);
  EXPECT_THAT(out_, HasSubstr("are the same"));
  EXPECT_EQ(store({"restore", path_ + ".backups/monday", path_, "--replace"}), 0) << out_;
  EXPECT_TRUE(std::filesystem::exists(path_ + ".replaced"));
  EXPECT_EQ(store({"restore", path_ + ".backups/monday", path_ + ".copy/"}), 0) << out_;
  for (const char* suffix : {"", ".copy"}) {
    TestHost host;
    const auto copy = host.load<StoreJournal>(R"({"path": ")" + path_ + suffix + R"(", "free_space": 0})");
    EXPECT_EQ(copy.get(7), (std::vector<StoredEntry>{{1, "one"}}));
    EXPECT_EQ(copy.restore().records.at("k"), "v");
  }
}

TEST_F(StorePlugin, RestoresNothingThatIsNotWhole) {
  {
    TestHost host;
    const auto store = host.load<StoreJournal>(settings(R"(, "backups": ")" + path_ + R"(.backups")"));
    for (std::uint64_t i = 1; i <= 100; ++i) store.put({Change::append(7, i, "body")});
    ASSERT_TRUE(store.as<StoreJournal>().begin_backup("one"));
    ASSERT_EQ(ended(host, store.as<StoreJournal>()).state, trellis::BackupState::done);
  }
  const std::string backup = path_ + ".backups/one";
  std::fstream file(backup + "/segment-00000001", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(64 + 32 + 3);
  file << "?";
  file.close();
  EXPECT_EQ(store({"restore", backup, path_ + ".copy"}), 1);
  EXPECT_THAT(out_, HasSubstr("segment-00000001: at offset"));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".copy"));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".copy.partial"));
  std::filesystem::rename(backup, backup + ".partial");
  EXPECT_EQ(store({"restore", backup + ".partial", path_ + ".copy"}), 1);
  EXPECT_THAT(out_, HasSubstr("is a backup that was not finished"));
  std::filesystem::create_directory(backup);
  EXPECT_EQ(store({"restore", backup, path_ + ".copy"}), 1);
  EXPECT_THAT(out_, HasSubstr("no checkpoint is there"));
}

TEST_F(StorePlugin, BacksUpOnlyWhereItIsConfigured) {
  TestHost host;
  const auto store = host.load<StoreJournal>(settings());
  const auto nowhere = store.as<StoreJournal>().begin_backup("one");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().status, Status::unsupported);
  EXPECT_THAT(nowhere.error().text, HasSubstr("set \"backups\""));
  for (const char* name : {"", ".", "..", "../x", "a/b", "/etc", "a\nb", ".x", "-x", "x.partial"}) {
    EXPECT_NE(store_journal::name_fault(name), "") << name;
  }
  EXPECT_NE(store_journal::name_fault(std::string(101, 'x')), "");
  EXPECT_EQ(store_journal::name_fault("2026-11-27T08.00_Z"), "");
}

TEST_F(StorePlugin, ToolsRefuseWhatTheyDoNotKnow) {
  EXPECT_EQ(store({"mend", path_}), 2);
  EXPECT_EQ(store({"verify"}), 2);
  EXPECT_EQ(store({"--help"}), 0);
  EXPECT_EQ(store({"verify", path_}), 1);
  EXPECT_THAT(out_, HasSubstr("is no folder"));
}

}  // namespace
