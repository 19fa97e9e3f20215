// handler-storage-queue and Azurite, which comes and goes.
#include <algorithm>
#include <csignal>
#include <set>

#include "delivered_site.hpp"
#include "support/azurite.hpp"
#include "support/environment.hpp"

namespace trellis::testing {
namespace {

// Azurite takes a dozen messages a second where others have the machine and its disk as well.
constexpr std::size_t kMessages = 200;
constexpr const char* kDestination =
    R"({"endpointType": "StorageQueue", "properties": {"resourceId": "shop", "queueName": "orders"}})";

class StorageQueueSite : public DeliveredSite {
 protected:
  std::string handler() {
    const std::string account = std::string(R"({"name": "shop", "key": ")") + Azurite::kKey +
                                R"(", "queue_endpoint": ")" + azurite_.url() + "\"}";
    return R"("handler-storage-queue": {"config": {"timeout": "10s", "accounts": [)" + account + "]}},";
  }
  void start_queue(const std::string& push = "") {
    azurite_.create("orders");
    deliver_to(handler(), kDestination, push);
  }
  std::vector<Arrived> arrived() {
    std::vector<Arrived> all;
    for (const std::string& event : azurite_.receive("orders")) {
      const std::string id = text_behind(event, R"("id":")");
      all.push_back({std::stoul(id), text_behind(event, R"("subject":")")});
    }
    return all;
  }
  static std::string text_behind(const std::string& event, const std::string& member) {
    const std::size_t begin = event.find(member) + member.size();
    return event.substr(begin, event.find('"', begin) - begin);
  }

  TemporaryDirectory own_;
  Azurite azurite_{Azurite::Service::queue, own_.path(), free_port()};
};

TEST_F(StorageQueueSite, HasEverythingAfterTheAccountWasAwayTwice) {
  start_queue(R"("maxParallelDeliveries": 32)");
  publish(10);
  ASSERT_TRUE(all_delivered());
  // Azurite keeps what it answered in memory for a while: what dies with it must not be of this test.
  const auto before = arrived();
  expect_complete(before, 10);
  // TRELLIS_MATRIX_EVENTS=10000 takes a quarter of an hour.
  const std::size_t messages = environment_or("TRELLIS_MATRIX_EVENTS", kMessages);
  azurite_.end(SIGTERM);
  publish(messages / 2);
  azurite_.start();
  ASSERT_TRUE(eventually([this] { return delivered() > 30; }, std::chrono::seconds(60)));
  azurite_.end(SIGTERM);
  publish(messages / 2);
  azurite_.start();
  ASSERT_TRUE(all_delivered(std::chrono::seconds(60 + messages / 5)));
  auto all = arrived();
  all.insert(all.begin(), before.begin(), before.end());
  // Without orderBy batches overtake each other.
  std::ranges::sort(all, {}, &Arrived::number);
  expect_complete(all, 10 + messages);
  EXPECT_EQ(refused(), 0);
}

TEST_F(StorageQueueSite, IsFoundAgainWhenItWasKilled) {
  start_queue();
  azurite_.end(SIGTERM);
  azurite_.start();
  azurite_.end(SIGKILL);  // with its queue on the medium, and nothing else
  publish(20);
  azurite_.start();
  ASSERT_TRUE(all_delivered());
  auto all = arrived();
  std::ranges::sort(all, {}, &Arrived::number);
  expect_complete(all, 20);
}

// Of Azurite rather than of the handler.
TEST_F(StorageQueueSite, Throughput) {
  azurite_.create("orders");
  measure("storage queue (Azurite)", handler(), kDestination, 100);
}

TEST_F(StorageQueueSite, KeepsTheOrderOfEachKey) {
  start_queue(R"("orderBy": "subject")");
  publish(kMessages / 4);
  ASSERT_TRUE(all_delivered());
  expect_complete(arrived(), kMessages / 4);
}

TEST_F(StorageQueueSite, HasEverythingWhenTheBrokerWasKilled) {
  start_queue();
  publish(kMessages / 4);
  ASSERT_TRUE(eventually([this] { return delivered() > 10; }, std::chrono::seconds(60)));
  broker().start_again(SIGKILL);
  publish(10);
  std::vector<Arrived> all;
  std::set<std::size_t> numbers;
  EXPECT_TRUE(eventually(
      [&] {
        for (const Arrived& one : arrived()) {
          if (numbers.insert(one.number).second) all.push_back(one);
        }
        return numbers.size() == kMessages / 4 + 10;
      },
      std::chrono::seconds(90)));
  std::ranges::sort(all, {}, &Arrived::number);
  expect_complete(all, kMessages / 4 + 10);
}

TEST_F(StorageQueueSite, TellsThatTheKeyIsWrong) {
  azurite_.create("orders");
  deliver_to(R"("handler-storage-queue": {},)",
             R"({"endpointType": "StorageQueue", "properties": {"accountKey": "d3Jvbmc=", "queueUrl": ")" +
                 azurite_.url() + R"(/orders"}})");
  publish(1);
  EXPECT_TRUE(eventually([this] {
    return broker().output().find("status 403 (AuthorizationFailure)") != std::string::npos ||
           broker().output().find("status 403 (AuthenticationFailed)") != std::string::npos;
  })) << broker().output();
  EXPECT_EQ(broker().output().find("d3Jvbmc="), std::string::npos);
  // Put right, and what waited goes.
  deliver_elsewhere(R"({"endpointType": "StorageQueue", "properties": {"sasToken": ")" + std::string(Azurite::kSas) +
                    R"(", "queueUrl": ")" + azurite_.url() + R"(/orders"}})");
  ASSERT_TRUE(all_delivered());
  expect_complete(arrived(), 1);
}

}  // namespace
}  // namespace trellis::testing
