// A broker is backed up while clients publish, and another one goes on from the backup.
#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "json.hpp"
#include "support/command.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kBackupToken = "write-token-0123456789";

class Backups : public SiteTest {
 protected:
  static Site site(const std::string& store_config) {
    return {.shards = 2,
            .plugins = R"("store-journal": {"config": {"segment_size": "64KiB", "checkpoint_size": "128KiB", )" +
                       store_config + R"(}},
                         "service-management": {"config": {"tokens": [{"name": "ops", "token": ")" +
                       kBackupToken + R"(", "permissions": "write"}]}})",
            .listeners = R"({"name": "web", "address": "127.0.0.1:0", "protocol": "transport-http",
                            "services": {"/management": "service-management"}},)",
            .root = R"("store": "store-journal")",
            .space = R"("sessions": {"durability": "written"})",
            .mqtt = R"("queue_messages": 1000000)"};
  }
  CommandResult ctl(std::vector<std::string> words) {
    words.insert(words.begin(), "ctl");
    const std::string url = "http://127.0.0.1:" + std::to_string(broker().port("web")) + "/management";
    return trellis(words, {}, {"TRELLIS_SERVER=" + url, std::string("TRELLIS_TOKEN=") + kBackupToken});
  }
};

TEST_F(Backups, HoldAllThatWasAcknowledgedBefore) {
  start(site(R"("path": "store", "backups": "backups")"));
  auto session = connected(Version::v5, keeping(Version::v5, "s"));
  session.subscribe({{.filter = "load/#", .qos = 1}});
  session.disconnect();

  std::atomic<int> acknowledged = 0;
  std::atomic<bool> over = false;
  RawClient publisher = connected();
  std::thread load([&] {
    const std::string rest(400, '.');
    while (!over) {
      const int number = acknowledged + 1;
      publisher.publish({.topic = "load/a", .payload = std::to_string(number) + rest, .qos = 1});
      acknowledged = number;
    }
  });
  const auto at_least = [&](int number) { return eventually([&] { return acknowledged >= number; }); };
  EXPECT_TRUE(at_least(300));
  const int before = acknowledged;
  const CommandResult made = ctl({"backup", "monday"});
  EXPECT_EQ(made.code, 0) << made.describe();
  EXPECT_THAT(made.out, HasSubstr("backup monday: "));
  const CommandResult told = ctl({"backup", "tuesday", "-o", "json"});
  EXPECT_EQ(parse_json(told.out)["state"], "done") << told.describe();
  EXPECT_TRUE(at_least(acknowledged + 100)) << "it goes on";
  over = true;
  load.join();
  const int all = acknowledged;
  expect_metric("trellis_store_backups_total", R"(outcome="done")", 2);
  for (const char* name : {"monday", "../monday", "/tmp/x", "a/b"}) {
    EXPECT_EQ(ctl({"backup", name}).code, 1) << name;
  }
  EXPECT_THAT(ctl({"backup", "monday"}).err, HasSubstr("monday is there and not empty"));

  const TemporaryDirectory elsewhere;
  const std::string store = elsewhere.path() + "/store";
  const CommandResult restored = trellis({"store", "restore", broker().directory() + "/backups/monday", store});
  ASSERT_EQ(restored.code, 0) << restored.describe();
  EXPECT_EQ(trellis({"store", "restore", broker().directory() + "/backups/tuesday", store}).code, 1);
  start(site(R"("path": ")" + store + '"'));
  connected().publish({.topic = "load/a", .payload = "end", .qos = 1});
  RawClient client = open();
  ASSERT_TRUE(client.connect(keeping(Version::v5, "s")).session_present) << broker().output();
  int last = 0;
  while (true) {
    const Packet packet = client.expect(PacketType::publish);
    client.acknowledge(packet);
    if (packet.payload == "end") break;
    ASSERT_EQ(std::stoi(packet.payload), last + 1) << "in order, and none is missing";
    ++last;
  }
  EXPECT_GE(last, before) << "acknowledged before the backup was asked for";
  EXPECT_LE(last, all);
}

TEST_F(Backups, NeedAPlace) {
  start(site(R"("path": "store")"));
  const CommandResult refused = ctl({"backup", "monday"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr(R"(set "backups" of the store's plugin)"));
}

TEST_F(Backups, NeedAStoreThatMakesThem) {
  for (const char* root : {"", R"("store": "store-memory")"}) {
    Site other = site(R"("path": "store")");
    other.root = root;
    start(other);
    const CommandResult refused = ctl({"backup", "monday"});
    EXPECT_EQ(refused.code, 1) << root;
    EXPECT_THAT(refused.err, HasSubstr("there is no store, or one that makes no backups")) << root;
  }
}

}  // namespace
}  // namespace trellis::testing
