// Readers walk the index while writers change it.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "route/index_bench.hpp"

namespace trellis::kernel {
namespace {

using testing::IndexBench;

constexpr std::size_t kWriters = 2;
constexpr std::size_t kReaders = 2;
constexpr int kRounds = 400;

// A reader's turns until the writers are done: who stays must always be seen, and seen once.
void read_until(const std::atomic<bool>& done, IndexBench& bench, std::size_t reader) {
  const std::string always = bench.all[0]->name();
  while (!done.load()) {
    bench.epochs.enter(reader);
    for (const char* topic : {"a/b/c", "a/x", "w1/7/x", "w0/3"}) {
      int seen = 0;
      bench.index.match(
          topic,
          [&](const SubscriptionList& list) {
            list.for_each([&](const Subscriber& who, const IndexedSubscription&) { seen += who.name() == always; });
          },
          [](const SharedGroup& group) {
            group.members.for_each([&](const Subscriber& who, const IndexedSubscription&) {
              EXPECT_FALSE(who.name().empty());
              EXPECT_FALSE(group.name.empty());
            });
          });
      EXPECT_EQ(seen, 1) << topic;
    }
    bench.epochs.leave(reader);
  }
}

// Everything a writer adds goes again, so that nodes, lists and groups come and go all the time.
void write(IndexBench& bench, std::size_t writer) {
  const std::string own = "w" + std::to_string(writer);
  const std::size_t who = 1 + writer;
  for (int round = 0; round < kRounds; ++round) {
    const std::string number = std::to_string(round % 10);
    const std::string filters[] = {"a/b/c", "a/+", "a/#", own + "/" + number, own + "/" + number + "/#", "+/" + number};
    for (const std::string& filter : filters) {
      bench.subscribe(who, filter);
      bench.subscribe(who, filter, "g");
    }
    bench.epochs.collect();
    for (const std::string& filter : filters) {
      EXPECT_TRUE(bench.unsubscribe(who, filter));
      EXPECT_TRUE(bench.unsubscribe(who, filter, "g"));
    }
    bench.epochs.collect();
  }
}

TEST(SubscriptionIndexConcurrency, ReadersSeeAWholeIndexWhileWritersChangeIt) {
  IndexBench bench(1 + kWriters);
  bench.subscribe(0, "#");
  std::atomic<bool> done{false};
  std::latch ready(kReaders + kWriters);
  std::vector<std::thread> readers;
  for (std::size_t reader = 0; reader < kReaders; ++reader) {
    readers.emplace_back([&, reader] {
      ready.arrive_and_wait();
      read_until(done, bench, reader);
    });
  }
  std::vector<std::thread> writers;
  for (std::size_t writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      ready.arrive_and_wait();
      write(bench, writer);
    });
  }
  for (std::thread& writer : writers) writer.join();
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(bench.match("a/b/c"), std::vector<std::string>{"0"});
}

TEST(SubscriptionIndexConcurrency, AGenerationSeenBeforeMatchingTellsWhetherTheMatchIsStale) {
  // What a topic cache does: remember a match under the generation read before it.
  IndexBench bench(1);
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; i < 2000; ++i) {
      bench.subscribe(0, "a/b");
      bench.unsubscribe(0, "a/b");
    }
    done = true;
  });
  std::uint64_t generation = 0;
  std::size_t remembered = 0;
  while (!done.load()) {
    bench.epochs.enter(0);
    generation = bench.index.generation_of("a/b");
    remembered = bench.match("a/b").size();
    bench.epochs.leave(0);
    bench.epochs.collect();
  }
  writer.join();
  EXPECT_TRUE(remembered == 0 || generation != bench.index.generation_of("a/b"));
  EXPECT_EQ(bench.match("a/b").size(), 0u);
}

}  // namespace
}  // namespace trellis::kernel
