// Waiting for changes.
#include "fixture.hpp"

namespace management {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

class ManagementWatch : public ManagementTest {
 protected:
  explicit ManagementWatch(const std::string& further = "", trellis::testing::TestHostOptions options = {})
      : ManagementTest(further, options) {}
  static constexpr const char* kMachines = "/namespaces/default/machines";
  trellis::testing::ResponseWatch watch(const std::string& from, const std::string& further = "",
                                        std::string_view token = kWriter) {
    return send("GET", std::string(kMachines) + "?watch=" + from + further, "", {}, token);
  }
  std::string revision() { return json(get(kMachines)).text("revision"); }
  void put(const std::string& name, const std::string& properties = "{}") {
    EXPECT_EQ(host_.put_resource("machines", name, properties), "");
    host_.turn();
  }
  static std::vector<std::string> changes(const ResponseSample& answer) {
    std::vector<std::string> out;
    for (const auto& one : json(answer).list("value"))
      out.push_back(one.text("change") + ' ' + one.object("resource").text("name"));
    return out;
  }
};

TEST_F(ManagementWatch, IsAnsweredByTheNextChange) {
  const auto waiting = watch(revision());
  EXPECT_FALSE(waiting.answered());
  EXPECT_EQ(host_.metric("trellis_management_watches"), 1);
  EXPECT_EQ(host_.put_resource("halls", "north", "{}"), "");
  host_.turn();
  EXPECT_FALSE(waiting.answered());
  put("press", R"({"power": 7})");
  ASSERT_TRUE(waiting.answered());
  EXPECT_THAT(changes(waiting.get()), ElementsAre("created press"));
  EXPECT_THAT(waiting.body(), HasSubstr(R"("power":7)"));
  EXPECT_EQ(host_.metric("trellis_management_watches"), 0);
}

TEST_F(ManagementWatch, GoesOnWhereTheLastAnswerEnded) {
  std::string from = revision();
  put("press");
  put("mill");
  put("press", R"({"power": 2})");
  auto answer = watch(from).get();
  EXPECT_THAT(changes(answer), ElementsAre("created press", "created mill"));
  from = json(answer).text("revision");
  EXPECT_EQ(host_.remove_resource("machines", "mill"), "");
  put("press", R"({"power": 3})");
  answer = watch(from).get();
  EXPECT_THAT(changes(answer), ElementsAre("removed mill", "changed press"));
  EXPECT_THAT(answer.body, HasSubstr(R"("power":3)"));
}

// Of an object that a plugin of any kind reads, such as the destination of a subscription, only some members are known.
TEST_F(ManagementWatch, SecretsInOpenObjectsAreShownNowhere) {
  const auto waiting = watch(revision());
  const std::string body =
      R"({"properties": {"feed": {"url": "https://a/?s=hidden-1", "keys": ["hidden-2"], "mode": "open",
      "headers": [{"name": "X", "properties": {"value": "hidden-3"}}]}}})";
  const std::string press = std::string(kMachines) + "/press";
  std::vector<ResponseSample> answers{ask("PUT", press, body), ask("PATCH", press, R"({"properties": {"power": 2}})"),
                                      get(press), get(kMachines), waiting.get()};
  answers.push_back(ask("PUT", press, get(press).body));
  answers.push_back(ask("DELETE", press, ""));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_THAT(answers[i].body, ::testing::Not(::testing::HasSubstr("hidden"))) << i;
    if (i == 5) continue;  // refused
    EXPECT_THAT(answers[i].body, ::testing::HasSubstr(R"("url":"***")")) << i;
  }
  EXPECT_EQ(answers[5].status, 400u) << "*** is nobody's secret";
}

TEST_F(ManagementWatch, EndsWithoutAChangeWhenItsTimeIsOver) {
  const auto waiting = watch("now", "&timeout=3");
  host_.advance(2999ms);
  EXPECT_FALSE(waiting.answered());
  host_.advance(10ms);
  EXPECT_EQ(waiting.status(), 200u);
  EXPECT_THAT(changes(waiting.get()), ElementsAre());
  EXPECT_FALSE(watch(json(waiting.get()).text("revision")).answered());
  EXPECT_TRUE(watch("now", "&timeout=0").answered());
  EXPECT_EQ(watch("now", "&timeout=26").status(), 400u);
  EXPECT_EQ(watch("now", "&$top=3").status(), 400u);
}

TEST_F(ManagementWatch, WhatAnotherBrokerToldIsPast) {
  for (const char* from : {"17", "", "1-0", "x"}) {
    EXPECT_EQ(watch(from).status(), 410u) << from;
    EXPECT_EQ(code(watch(from).get()), "WatchExpired");
  }
}

TEST_F(ManagementWatch, IsAnsweredWhenTheBrokerStops) {
  const auto waiting = watch("now");
  service_.instance().drain(100ms);
  host_.turn();
  EXPECT_EQ(waiting.status(), 200u);
  EXPECT_TRUE(watch("now").answered());
}

class ManagementShortMemory : public ManagementWatch {
 protected:
  ManagementShortMemory() : ManagementWatch(R"(, "watch_changes": 16, "watches": 3)") {}
};

TEST_F(ManagementShortMemory, WhoIsTooFarBehindReadsAgain) {
  const std::string from = revision();
  for (int i = 0; i < 16; ++i) put("m" + std::to_string(i));
  EXPECT_EQ(changes(watch(from).get()).size(), 16u);
  put("m16");
  EXPECT_EQ(watch(from).status(), 410u);
}

TEST_F(ManagementShortMemory, WhoWaitsForOneTypeIsNotLeftBehindByOthers) {
  const auto waiting = watch("now");
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(host_.put_resource("halls", "north", "{\"description\": \"" + std::to_string(i) + "\"}"), "");
    host_.turn();
  }
  put("press");
  EXPECT_THAT(changes(waiting.get()), ElementsAre("created press"));
}

TEST_F(ManagementShortMemory, PlacesAreSharedAmongTokens) {
  const auto first = watch("now");
  const auto second = watch("now");
  const auto third = watch("now");
  EXPECT_EQ(third.status(), 429u);
  EXPECT_EQ(third.header("retry-after"), "5");
  const auto other = watch("now", "", kReader);
  EXPECT_FALSE(other.answered());
  put("press");
  for (const auto& one : {first, second, other}) EXPECT_THAT(changes(one.get()), ElementsAre("created press"));
  EXPECT_FALSE(watch("now").answered());
}

TEST_F(ManagementWatch, OneAnswerIsAMebibyteAtMost) {
  const std::string from = revision();
  for (int i = 0; i < 5; ++i)
    put("m" + std::to_string(i),
        R"({"hall": "yard", "serial": ")" + std::string(400'000, static_cast<char>('a' + i)) + "\"}");
  auto answer = watch(from).get();
  EXPECT_THAT(changes(answer), ElementsAre("created m0", "created m1"));
  EXPECT_LT(answer.body.size(), 1'100'000u);
  answer = watch(json(answer).text("revision")).get();
  EXPECT_THAT(changes(answer), ElementsAre("created m2", "created m3"));
  answer = watch(json(answer).text("revision")).get();
  EXPECT_THAT(changes(answer), ElementsAre("created m4"));
  EXPECT_FALSE(watch(json(answer).text("revision")).answered());
}

TEST_F(ManagementWatch, ThoseWhoWaitForTheSameAreToldTheSame) {
  const auto one = watch("now");
  const auto two = watch("now");
  const auto long_path = send(
      "GET", "/subscriptions/s/resourceGroups/g/providers/Microsoft.EventGrid" + std::string(kMachines) + "?watch=now");
  const auto halls = send("GET", "/namespaces/default/halls?watch=now");
  put("press");
  EXPECT_EQ(one.get().body, two.get().body);
  EXPECT_THAT(changes(long_path.get()), ElementsAre("created press"));
  EXPECT_THAT(long_path.body(), HasSubstr("/subscriptions/s/"));
  EXPECT_FALSE(halls.answered());
}

class ManagementShards : public ManagementWatch {
 protected:
  ManagementShards() : ManagementWatch("", {.shards = 3}) {}
};

TEST_F(ManagementShards, ChangesAreHeardOfOnEveryShard) {
  std::vector<trellis::testing::ResponseWatch> waiting;
  for (std::uint32_t shard = 0; shard < 3; ++shard) {
    waiting.push_back(service_.request(
        {.path = kMachines, .query = "watch=now", .headers = {{"authorization", std::string(kReader)}}}, shard));
  }
  put("press");
  for (const auto& one : waiting) EXPECT_THAT(changes(one.get()), ElementsAre("created press"));
}

}  // namespace
}  // namespace management
