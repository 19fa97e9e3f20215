// What is lost of what was acknowledged, by kind of data, level and fault. With TRELLIS_LOSS_WINDOW=FILE the figures
// are written there, a line of JSON each; scripts/dev/loss-window makes docs/loss-window.md of them.
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <random>

#include "support/crash_load.hpp"
#include "support/faulty_store.hpp"
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kLongest{20};

/// What ends a broker; answers when what was acknowledged before should still be there.
struct LossFault {
  std::string name;
  bool holds;  // the disk keeps only what was synced
  std::function<void(Broker&, const FaultyStore&, Acknowledged&)> strike;
};

const std::vector<LossFault>& loss_faults() {
  static const std::vector<LossFault> faults = {
      {"kill -9", false, [](Broker& broker, const FaultyStore&, Acknowledged&) { broker.process().signal(SIGKILL); }},
      {"power cut", true, [](Broker&, const FaultyStore& store, Acknowledged&) { store.cut(); }},
      {"disk failing", true,
       [](Broker&, const FaultyStore& store, Acknowledged& items) {
         store.tell("tear write,sync EIO");
         store.wait(1);
         items.wait_for_refusals(1, milliseconds(500));  // at the level volatile there are none
         store.cut();
       }},
  };
  return faults;
}

class LossWindow : public ::testing::Test {
 protected:
  Loss measure(const DataKind& kind, const std::string& level, const LossFault& fault, int rounds, int longest_ms) {
    auto broker = Broker::with_config(crash_config(level, R"(, "segment_size": "1MiB")"));
    const FaultyStore store(broker->directory() + "/store");
    store.at_start(fault.holds ? "hold on\n" : "");
    broker->start_again(SIGTERM);
    std::mt19937 random(std::random_device{}());
    Acknowledged items;
    Loss all;
    for (int round = 0; round < rounds; ++round) {
      Writers writers(kind, *broker, items);
      items.wait(1, kLongest);
      items.wait(UINT64_MAX, milliseconds(random() % longest_ms));
      // A disk nobody writes to does not fail.
      const bool unused = level == "volatile" && fault.name == "disk failing";
      const auto struck = Acknowledged::Clock::now();
      unused ? store.cut() : fault.strike(*broker, store, items);
      broker->process().wait(kLongest);
      writers.join();
      broker->start_again(SIGKILL);
      all.add(items.compare(kind.read(ports_of(*broker)), kind.replaces, struck));
    }
    return all;
  }
};

TEST_F(LossWindow, IsWhatTheLevelsPromise) {
  const char* const file = std::getenv("TRELLIS_LOSS_WINDOW");
  const char* const wanted = std::getenv("TRELLIS_CRASH_ROUNDS");
  const int rounds = file == nullptr || wanted == nullptr ? 2 : std::stoi(wanted);
  std::ofstream out;
  if (file != nullptr) out.open(file);
  for (const DataKind& kind : data_kinds()) {
    for (const std::string& level : kind.levels) {
      for (const LossFault& fault : loss_faults()) {
        SCOPED_TRACE(kind.name + ", " + level + ", " + fault.name);
        const Loss loss = measure(kind, level, fault, rounds, file != nullptr ? 1500 : 100);
        EXPECT_GT(loss.acknowledged, 0u);
        EXPECT_EQ(loss.duplicates + loss.invented, 0u);
        const bool promised = level == "synced" || (level == "written" && !fault.holds);
        EXPECT_TRUE(!promised || loss.missing == 0) << loss.missing << " are missing";
        out << R"({"kind": ")" << kind.name << R"(", "level": ")" << level << R"(", "fault": ")" << fault.name
            << R"(", "rounds": )" << loss.rounds << R"(, "acknowledged": )" << loss.acknowledged << R"(, "missing": )"
            << loss.missing << R"(, "duplicates": )" << loss.duplicates << R"(, "oldest_ms": )" << loss.oldest.count()
            << "}\n";
      }
    }
  }
}

}  // namespace
}  // namespace trellis::testing
