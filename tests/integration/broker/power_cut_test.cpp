// The power goes at any moment: what was acknowledged as synced is there afterwards, of what was only written some.
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <random>

#include "support/crash_load.hpp"
#include "support/faulty_store.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

/// How often a power cut is tried; the long form is for a night.
int rounds_or(int otherwise) {
  const char* rounds = std::getenv("TRELLIS_CRASH_ROUNDS");
  return rounds != nullptr ? std::stoi(rounds) : otherwise;
}

class PowerCut : public SiteTest {
 protected:
  /// Files are small, so that all that happens to them happens often.
  static constexpr const char* kSmall = R"(, "segment_size": "64KiB", "checkpoint_size": "64KiB", "rewrite_below": 90)";

  Broker& broker() override { return *broker_; }
  FaultyStore store() { return FaultyStore(broker_->directory() + "/store"); }

  void begin(const std::string& level) {
    broker_ = Broker::with_config(crash_config(level, kSmall));
    store().at_start("hold on\n");
    broker_->start_again(SIGTERM);
  }

  /// One cut among calls of the disk, at a moment nobody chose.
  void cut(const DataKind& kind) {
    Writers writers(kind, *broker_, items_);
    items_.wait(random_() % (random_() % 8 == 0 ? 4000 : 300), kPatience);
    switch (random_() % 5) {
      case 0:
        store().cut();
        break;
      case 1:
        store().tell("cut write after " + std::to_string(random_() % 20));
        break;
      case 2:
        store().tell("cut open,allocate,rename,remove,sync_names,truncate after " + std::to_string(random_() % 8));
        break;
      default:
        store().tell("cut any after " + std::to_string(random_() % 60));
    }
    EXPECT_TRUE(broker_->process().wait(kPatience)) << "the power did not go";
    writers.join();
  }

  Loss run(const std::string& kind_name, const std::string& level, int rounds) {
    const DataKind& kind = data_kind(kind_name);
    const auto seed = std::random_device{}();
    random_.seed(seed);
    begin(level);
    Loss all;
    for (int round = 0; round < rounds; ++round) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round));
      cut(kind);
      broker_->start_again(SIGKILL);
      const Loss loss = items_.compare(kind.read(ports_of(*broker_)), kind.replaces, Acknowledged::Clock::now());
      all.add(loss);
      EXPECT_TRUE(level != "synced" || loss.missing == 0)
          << loss.missing << " of " << loss.acknowledged << " are missing";
      EXPECT_EQ(loss.duplicates, 0u);
      EXPECT_EQ(loss.invented, 0u);
      if (HasFailure()) break;
    }
    std::cout << kind_name << ", " << level << ": " << all.rounds << " power cuts, " << all.acknowledged
              << " acknowledged, " << all.missing << " missing\n";
    return all;
  }

  void TearDown() override {
    if (!broker_) return;
    broker_->process().signal(SIGTERM);
    const auto status = broker_->process().wait(kPatience);
    EXPECT_EQ(status.value_or(-1), 0) << "the broker did not end as it should. It printed:\n" << broker_->output();
  }

 private:
  std::unique_ptr<Broker> broker_;
  std::mt19937 random_;
  Acknowledged items_;
};

TEST_F(PowerCut, OfRetainedMessagesThatAreSyncedNothingIsMissing) {
  EXPECT_GT(run("retained messages", "synced", rounds_or(25)).acknowledged, 0u);
}

TEST_F(PowerCut, OfResourcesNothingIsMissing) { EXPECT_GT(run("resources", "synced", rounds_or(12)).acknowledged, 0u); }

TEST_F(PowerCut, OfWhatIsOnlyWrittenThereIsAPrefixOfEachTopic) {
  EXPECT_GT(run("retained messages", "written", rounds_or(12)).acknowledged, 0u);
}

}  // namespace
}  // namespace trellis::testing
