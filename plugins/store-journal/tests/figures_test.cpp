// What it costs, printed: processor time per message, records a second, memory per entry, time of a start.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>

#include "bench.hpp"

namespace journal::testing {
namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class Counting final : public Listener {
 public:
  std::atomic<std::uint64_t> answered = 0;
  std::atomic<std::uint64_t> good = 0;

  /// Sleeps, so that waiting costs nothing that is measured.
  void wait_for(std::uint64_t count) {
    wanted = count;
    for (auto now = answered.load(); now < count; now = answered.load()) answered.wait(now);
    wanted = UINT64_MAX;
  }

 private:
  std::atomic<std::uint64_t> wanted = UINT64_MAX;
  void stored(std::uint32_t, std::uint64_t, bool is_good) override {
    good += is_good ? 1U : 0U;
    if (++answered >= wanted) answered.notify_one();
  }
  void entries(std::uint32_t, std::uint64_t, bool, std::span<const ReadEntry>) override {}
  void log(Severity, const std::string&) override {}
  void counted(const Counts&, const Figures&) override {}
};

class StoreFigures : public ::testing::Test {
 protected:
  StoreFigures() : path_(::testing::TempDir() + "trellis-store-figures-" + std::to_string(::getpid())) {
    std::filesystem::remove_all(path_);
  }
  ~StoreFigures() override { std::filesystem::remove_all(path_); }
  std::string path_;
};

void write_waiting(Journal& journal, ChunkWriter& chunk, Level level) {
  while (journal.write(0, 1, std::move(chunk), level, Journal::Growth::adds) != Journal::Taken::yes)
    std::this_thread::yield();
  chunk = ChunkWriter();
}

/// Messages of 256 bytes come in and are settled, `batch` of them per call.
void pairs(const std::string& path, std::uint64_t batch, std::uint64_t calls, Level level, const char* what) {
  Folder folder(path);
  ASSERT_EQ(folder.open_locked(), "");
  Counting counting;
  Journal journal(folder, path, Options(), counting);
  ASSERT_EQ(journal.open(), "");
  const std::string body(256, 'x');
  const double cpu = cpu_seconds();
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t number = 0;
  for (std::uint64_t call = 1; call <= calls; ++call) {
    ChunkWriter chunk;
    chunk.reserve(batch * 330);
    for (std::uint64_t i = 0; i < batch; ++i) {
      chunk.begin_entry(Kind::append, body, 1);
      chunk.target({1 + i % 64, ++number, "0123456789abcdef"});
      if (number > 1024) chunk.settle(1 + i % 64, number - 1024, number - 1024);
    }
    write_waiting(journal, chunk, level);
    // One group at a time where each is synced.
    const std::uint64_t open = level == Level::synced ? 0 : 256;
    if (counting.answered + open < call) counting.wait_for(call - open / 2);
  }
  counting.wait_for(calls);
  const double messages = static_cast<double>(calls * batch);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%s, %llu messages per call: %.3f us of CPU and %.3f us of time per message\n", what,
              static_cast<unsigned long long>(batch), (cpu_seconds() - cpu) * 1e6 / messages, seconds * 1e6 / messages);
  EXPECT_EQ(counting.good, calls);
}

TEST_F(StoreFigures, AppendAndSettle) {
  pairs(path_, 64, 4000, Level::written, "written");
  pairs(path_, 8, 20'000, Level::written, "written");
  pairs(path_, 64, 500, Level::synced, "synced, one sync per call");
}

TEST_F(StoreFigures, AMillionEntries) {
  constexpr std::uint64_t kEntries = 1'000'000;
  Folder folder(path_);
  ASSERT_EQ(folder.open_locked(), "");
  Counting counting;
  {
    Journal journal(folder, path_, Options(), counting);
    ASSERT_EQ(journal.open(), "");
    const std::string body(64, 'x');
    ChunkWriter chunk;
    for (std::uint64_t i = 0; i < kEntries; ++i) {
      chunk.begin_entry(Kind::append, body, 1);
      chunk.target({1 + i % 1000, 1 + i / 1000, {}});
      if (i % 100 == 99) write_waiting(journal, chunk, Level::written);
    }
    std::size_t memory = 0;
    journal.look([&](const Index& index) {
      EXPECT_EQ(index.entries(), kEntries);
      for (const auto& [number, queue] : index.queues()) memory += queue.entries.memory();
    });
    const double each = static_cast<double>(memory) / static_cast<double>(kEntries);
    std::printf("%.1f bytes of memory per entry\n", each);
    EXPECT_LE(each, 24.0);
    journal.stop();
  }
  const auto begin = std::chrono::steady_clock::now();
  Journal journal(folder, path_, Options(), counting);
  ASSERT_EQ(journal.open(), "");
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("start with %llu entries: %.0f ms\n", static_cast<unsigned long long>(kEntries), seconds * 1e3);
  EXPECT_EQ(journal.figures().entries, kEntries);
}

}  // namespace
}  // namespace journal::testing
