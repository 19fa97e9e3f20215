// The plugin as the broker sees it.
#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

#include "sys_topics.hpp"

namespace sys_topics {
namespace {

using namespace std::chrono_literals;
using trellis::testing::TestHost;

/// The messages published so far to one topic.
std::vector<trellis::testing::Sample> messages(const TestHost& host, std::string_view topic) {
  std::vector<trellis::testing::Sample> found;
  for (const auto& published : host.published())
    if (published.message.topic == topic) found.push_back(published.message);
  return found;
}

TEST(SysTopics, PublishesRetainedTextOnceAtTheBeginning) {
  TestHost host({.shards = 2});
  host.load<SysTopics>();
  host.advance(20ms);
  const auto version = messages(host, "$SYS/broker/version");
  ASSERT_EQ(version.size(), 1u);
  EXPECT_TRUE(version.front().payload.starts_with("trellis version "));
  EXPECT_TRUE(version.front().retain);
  EXPECT_EQ(version.front().is_text, true);
  EXPECT_EQ(version.front().publisher, "");
  EXPECT_EQ(host.published().front().name_space, "default");
}

TEST(SysTopics, PublishesOnlyWhatChanged) {
  TestHost host;
  host.load<SysTopics>();
  host.advance(20ms);
  host.advance(10s);
  EXPECT_EQ(messages(host, "$SYS/broker/version").size(), 1u);
  ASSERT_EQ(messages(host, "$SYS/broker/uptime").size(), 2u);
  EXPECT_EQ(messages(host, "$SYS/broker/uptime").back().payload, "10 seconds");
}

TEST(SysTopics, GoesWhereItIsTold) {
  TestHost host;
  host.name_space("site");
  host.load<SysTopics>(R"({"interval": "1s", "namespace": "site", "prefix": "status"})");
  host.advance(20ms);
  host.advance(3s);
  EXPECT_EQ(messages(host, "status/uptime").size(), 4u);
  for (const auto& published : host.published()) EXPECT_EQ(published.name_space, "site");
}

TEST(SysTopics, SaysNothingMoreWhenAnotherInstanceTookOver) {
  TestHost host;
  auto plugin = host.load<SysTopics>();
  host.advance(20ms);
  const auto before = host.published().size();
  plugin.instance().drain(1s);
  host.advance(30s);
  EXPECT_EQ(host.published().size(), before);
}

TEST(SysTopics, TriesAgainWhatWasRefused) {
  TestHost host;
  bool full = true;
  host.on_publish([&](const auto&) { return full ? trellis::Status::quota : trellis::Status::unset; });
  host.load<SysTopics>();
  host.advance(20ms);
  const size_t tried = messages(host, "$SYS/broker/version").size();
  full = false;
  host.advance(10s);
  EXPECT_EQ(messages(host, "$SYS/broker/version").size(), tried + 1);
}

TEST(SysTopics, AnswersRequestsWithTheSameFigures) {
  TestHost host({.shards = 2});
  auto plugin = host.load<SysTopics>();
  host.advance(20ms);
  const auto answer = plugin.request({}, 1);
  EXPECT_EQ(answer.status(), 200u);
  EXPECT_EQ(answer.header("content-type"), "application/json");
  EXPECT_NE(answer.body().find("\"uptime\":\"0 seconds\""), std::string::npos) << answer.body();
  EXPECT_EQ(plugin.get("/other").status(), 404u);
  const auto wrong = plugin.request({.method = "POST"});
  EXPECT_EQ(wrong.status(), 405u);
  EXPECT_EQ(wrong.header("allow"), "GET, HEAD");
}

}  // namespace
}  // namespace sys_topics
