// A disk that fails, is full or slow: nobody is told what is not so, and the broker goes on once it works again.
#include "support/faulty_store.hpp"

#include <algorithm>
#include <csignal>
#include <thread>

#include "support/crash_load.hpp"
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

class FaultyDisk : public SiteTest {
 protected:
  void begin(const std::string& level, const std::string& store_config = "") {
    broker_ = Broker::with_config(crash_config(level, store_config));
  }
  Broker& broker() override { return *broker_; }
  FaultyStore store() { return FaultyStore(broker_->directory() + "/store"); }

  /// One item of a kind after the other, until so many were acknowledged or, with a fault, refused.
  void write(const std::string& kind, std::uint64_t count) {
    Acknowledged& items = items_[kind];
    Writers writers(data_kind(kind), *broker_, items, 1);
    EXPECT_TRUE(items.wait(count, kPatience)) << "it does not go on by itself: " << kind;
    writers.join();
  }
  /// Whatever was acknowledged until now is there after the broker was killed.
  void expect_all_there() {
    broker_->start_again(SIGKILL);
    for (const auto& [kind, items] : items_) {
      const DataKind& what = data_kind(kind);
      const Loss loss = items.compare(what.read(ports_of(*broker_)), what.replaces, Acknowledged::Clock::now());
      EXPECT_EQ(loss.missing, 0u) << kind << ", of " << loss.acknowledged << "; " << loss.example;
      EXPECT_EQ(loss.invented + loss.duplicates, 0u) << kind;
    }
  }
  /// Retained messages and resources while the n-th call fails, for each n until none is reached.
  void sweep(const std::string& fault, const std::string& calls, const std::string& code, std::uint64_t messages = 30) {
    for (int n = 0; n < 200; ++n) {
      SCOPED_TRACE(fault + " " + calls + " " + code + " after " + std::to_string(n));
      store().tell(fault + " " + calls + " " + code + " after " + std::to_string(n) + " times 1");
      write("retained messages", messages);
      write("resources", 2);
      const bool struck = store().clear() > 0;
      EXPECT_TRUE(broker_->process().running()) << broker_->output();
      expect_all_there();
      if (!struck) return;
      if (HasFailure()) return;
    }
    FAIL() << "there is no end of " << calls;
  }
  std::uint8_t publish_once() {
    auto client = connected();
    client.send_publish({.topic = "crash/0-0", .payload = "1", .qos = 1, .retain = true});
    const auto answer = client.receive();
    return answer && answer->type == PacketType::puback ? answer->reason : 0xFF;
  }

  void TearDown() override {
    if (!broker_) return;
    broker_->process().signal(SIGTERM);
    const auto status = broker_->process().wait(kPatience);
    EXPECT_EQ(status.value_or(-1), 0) << "the broker did not end as it should. It printed:\n" << broker_->output();
  }

  std::unique_ptr<Broker> broker_;
  std::map<std::string, Acknowledged> items_;
};

TEST_F(FaultyDisk, AWriteThatFailsIsNeverAcknowledged) {
  begin("synced");
  for (const char* code : {"EIO", "ENOSPC"}) {
    sweep("fail", "write", code);
    sweep("tear", "write", code);
  }
}

TEST_F(FaultyDisk, ASyncThatFailsIsNeverAcknowledged) {
  begin("synced");
  for (const char* code : {"EIO", "ENOSPC"}) sweep("fail", "sync", code);
}

TEST_F(FaultyDisk, NoCallThatFailsMakesAFalseAcknowledgement) {
  begin("written", R"(, "segment_size": "64KiB", "checkpoint_size": "64KiB")");
  for (const char* code : {"EIO", "ENOSPC"})
    sweep("fail", "open,allocate,rename,remove,sync_names,truncate", code, 2000);
}

TEST_F(FaultyDisk, PublishersAreToldWhyAndServedAgainOnceItWorks) {
  begin("synced");
  store().tell("fail write,sync,allocate,open EIO");
  EXPECT_EQ(publish_once(), 0xFF) << "what was under way when it failed is not answered";
  std::vector<RawClient> waiting;
  EXPECT_TRUE(eventually([&] {
    // Who comes before the store can say so waits, on either shard; the others are refused.
    waiting.push_back(connected());
    waiting.back().send_publish({.topic = "crash/0-0", .payload = "1", .qos = 1, .retain = true});
    auto& asker = waiting.emplace_back(connected());
    asker.publish({.topic = "not/kept", .payload = "1", .qos = 1});
    return metrics().sum("trellis_keeper_refused_total") > 0;
  }));
  EXPECT_TRUE(eventually([&] { return broker_->output().find("nothing is taken until") != std::string::npos; }));
  store().clear();
  EXPECT_TRUE(eventually([&] { return publish_once() < 0x80; })) << broker_->output();
}

TEST_F(FaultyDisk, ShortOfFreeSpaceItRefusesAndComesBackByItself) {
  std::string config = crash_config("written");
  const std::string none = R"("free_space": "0B")";
  config.replace(config.find(none), none.size(), R"("free_space": "1MiB")");
  broker_ = Broker::with_config(config);
  EXPECT_LT(publish_once(), 0x80);
  store().tell("free 1000");
  std::vector<RawClient> waiting;
  std::uint8_t reason = 0;
  EXPECT_TRUE(eventually([&] {
    // Who comes before the store can say that it is full waits until there is room; the others are refused.
    auto& client = waiting.emplace_back(connected());
    client.send_publish({.topic = "crash/0-1", .payload = "1", .qos = 1, .retain = true});
    client.send_publish({.topic = "crash/0-1", .payload = "1", .qos = 1, .retain = true});
    client.send_publish({.topic = "not/kept", .payload = "1", .qos = 1});
    return metrics().sum("trellis_keeper_refused_total") > 0;
  })) << broker_->output();
  EXPECT_TRUE(eventually([&] { return broker_->output().find("bytes are free on the disk") != std::string::npos; }));
  store().tell("free real");
  EXPECT_TRUE(eventually([&] { return (reason = publish_once()) < 0x80; })) << "the last reason is " << int{reason};
}

TEST_F(FaultyDisk, ASlowOneSlowsThoseWhoNeedIt) {
  begin("synced");
  store().tell("delay sync 200");
  Acknowledged& items = items_["retained messages"];
  std::vector<std::int64_t> took;
  auto free_client = connected();
  const auto begun = Acknowledged::Clock::now();
  {
    Writers writers(data_kind("retained messages"), *broker_, items, 2);
    for (int i = 0; i < 500; ++i) {
      const auto asked = Acknowledged::Clock::now();
      free_client.publish({.topic = "not/kept", .payload = "1", .qos = 1});
      took.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(Acknowledged::Clock::now() - asked).count());
    }
    EXPECT_TRUE(items.wait(100, kPatience));
    EXPECT_GE(Acknowledged::Clock::now() - begun, std::chrono::milliseconds(200));
  }
  std::sort(took.begin(), took.end());
  EXPECT_LT(took[took.size() * 99 / 100], 100) << "ms, of those who wait for nothing";
  store().clear();
  expect_all_there();
}

}  // namespace
}  // namespace trellis::testing
