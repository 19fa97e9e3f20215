// Shared subscriptions: messages with a key go to the member it belongs to.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "route/router_bench.hpp"

namespace trellis::kernel {
namespace {

using testing::Client;
using testing::publication;
using testing::Received;
using testing::RouterBench;
using testing::subscription;

class SharedByKey : public ::testing::Test {
 protected:
  SharedByKey() {
    bench_.set_policies([](Policies& policies) { policies.shared_key_property = "machine"; });
    for (const char* name : {"a", "b", "c"}) join(name);
  }
  Client& join(const std::string& name) {
    Client& client = bench_.open(name, 0);
    bench_.subscribe(client, subscription("t", 1, "g"));
    return client;
  }
  /// One message of each key, in one batch.
  void publish(const std::string& payload, std::size_t keys = kKeys) {
    std::vector<std::string> values(keys);
    std::vector<std::array<trellis_pair, 2>> pairs(keys);
    std::vector<trellis_publication> messages;
    for (std::size_t i = 0; i < keys; ++i) {
      values[i] = std::to_string(i);
      pairs[i] = {trellis_pair{view_of("other"), view_of("x")}, trellis_pair{view_of("machine"), view_of(values[i])}};
      messages.push_back(publication("t", payload, 1));
      messages.back().user_properties = pairs[i].data();
      messages.back().user_property_count = 2;
    }
    bench_.publish(messages);
  }
  /// Who got the key, by number of the client.
  std::map<std::string, std::size_t> owners() {
    std::map<std::string, std::size_t> found;
    for (std::size_t i = 0; i < bench_.clients.size(); ++i) {
      for (const Received& one : bench_.take(*bench_.clients[i])) {
        EXPECT_EQ(one.properties.at(1).first, "machine");
        EXPECT_TRUE(found.emplace(one.properties.at(1).second, i).second) << "twice";
      }
    }
    return found;
  }
  static constexpr std::size_t kKeys = 60;
  RouterBench bench_;
};

TEST_F(SharedByKey, OneKeyOneMemberAndAllMembersHaveSome) {
  publish("1");
  const auto first = owners();
  ASSERT_EQ(first.size(), kKeys);
  std::array<std::size_t, 3> each{};
  for (const auto& [key, owner] : first) ++each.at(owner);
  for (const std::size_t some : each) EXPECT_GT(some, kKeys / 6);
  for (int i = 0; i < 5; ++i) {
    publish("again");
    EXPECT_EQ(owners(), first);
  }
  bench_.expect_account();
}

TEST_F(SharedByKey, OnlyTheKeysOfWhoComesOrGoesMove) {
  publish("1");
  const auto before = owners();
  join("d");
  publish("2");
  const auto joined = owners();
  for (const auto& [key, owner] : joined) EXPECT_TRUE(owner == 3 || owner == before.at(key)) << key;
  EXPECT_NE(joined, before);
  bench_.close(*bench_.clients[3]);
  publish("3");
  EXPECT_EQ(owners(), before);
}

TEST_F(SharedByKey, WhoIsAwayIsPassedOverUntilItIsBack) {
  publish("1");
  const auto before = owners();
  bench_.on(*bench_.clients[1], [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); });
  publish("2");
  for (const auto& [key, owner] : owners()) EXPECT_EQ(owner, before.at(key) == 1 ? owner : before.at(key)) << key;
  EXPECT_EQ(bench_.read(bench_.space().queue_metrics.queued), 0);
  bench_.on(*bench_.clients[1], [](Subscriber& subscriber) { subscriber.attach(nullptr, 0); });
  publish("3");
  EXPECT_EQ(owners(), before);
}

TEST_F(SharedByKey, WhatALeavingMemberHadGoesWhereItsKeysGo) {
  bench_.clients[1]->settles = false;
  publish("1");
  const auto before = owners();
  bench_.on(*bench_.clients[1], [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); });
  const auto moved = owners();
  publish("2");
  const auto after = owners();
  for (const auto& [key, owner] : before) {
    EXPECT_EQ(moved.count(key), owner == 1 ? 1u : 0u) << key;
    EXPECT_EQ(after.at(key), owner == 1 ? moved.at(key) : owner) << key;
  }
  bench_.expect_account();
}

TEST_F(SharedByKey, WithoutAKeyTheyAreSpread) {
  for (int i = 0; i < 30; ++i) bench_.publish("t", "x");
  for (auto& client : bench_.clients) EXPECT_EQ(bench_.take(*client).size(), 10u);
}

}  // namespace
}  // namespace trellis::kernel
