// Pages, filters, types.
#include "fixture.hpp"

namespace management {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ManagementPages : public ManagementTest {
 protected:
  explicit ManagementPages(const std::string& further = "") : ManagementTest(further) {
    for (const char* name : {"a", "b", "c", "z1", "z2"}) EXPECT_EQ(host_.put_resource("machines", name, "{}"), "");
  }
  static std::vector<std::string> names(const ResponseSample& page) {
    std::vector<std::string> out;
    for (const auto& one : json(page).list("value")) out.push_back(one.text("name"));
    return out;
  }
  /// All pages from one on.
  std::vector<std::vector<std::string>> pages(std::string path) {
    std::vector<std::vector<std::string>> all;
    while (!path.empty() && all.size() < 10) {
      const auto page = get(path);
      EXPECT_EQ(page.status, 200u) << page.body;
      all.push_back(names(page));
      path = json(page).text("nextLink", "");
      static constexpr std::string_view kMount = "/management";
      if (path.starts_with(kMount)) path.erase(0, kMount.size());
    }
    return all;
  }
};

TEST_F(ManagementPages, FollowEachOther) {
  EXPECT_THAT(pages("/namespaces/default/machines?$top=2"),
              ElementsAre(ElementsAre("a", "b"), ElementsAre("c", "z1"), ElementsAre("z2")));
  EXPECT_THAT(pages("/namespaces/default/machines?$top=5"), ElementsAre(ElementsAre("a", "b", "c", "z1", "z2")));
  EXPECT_THAT(pages("/namespaces/default/machines?$top=1&$filter=contains(name,'z')"),
              ElementsAre(ElementsAre("z1"), ElementsAre("z2")));
  EXPECT_EQ(json(get("/namespaces/default/machines?$top=2")).text("nextLink"),
            "/management/namespaces/default/machines?$top=2&$skipToken=b");
}

TEST_F(ManagementPages, NextLinkBelowSubscriptionsStaysBelowThem) {
  const std::string base =
      "/subscriptions/s/resourceGroups/g/providers/Microsoft.EventGrid/namespaces/default/machines";
  EXPECT_EQ(json(get(base + "?$top=2&api-version=2025-02-15")).text("nextLink"),
            "/management" + base + "?$top=2&$skipToken=b");
  EXPECT_THAT(pages(base + "?$top=2"), ElementsAre(ElementsAre("a", "b"), ElementsAre("c", "z1"), ElementsAre("z2")));
}

TEST_F(ManagementPages, FilterTakesContainsEqNeAndOrNotOverHttp) {
  const auto filtered = [&](const std::string& filter) {
    return names(get("/namespaces/default/machines?$filter=" + filter));
  };
  EXPECT_THAT(filtered("contains(name,%27z%27)"), ElementsAre("z1", "z2"));
  EXPECT_THAT(filtered("name%20eq%20'b'"), ElementsAre("b"));
  EXPECT_THAT(filtered("name+ne+'b'"), ElementsAre("a", "c", "z1", "z2"));
  EXPECT_THAT(filtered("contains(name,'z')%20and%20name%20ne%20'z1'"), ElementsAre("z2"));
  EXPECT_THAT(filtered("name%20eq%20'a'%20or%20name%20eq%20'c'"), ElementsAre("a", "c"));
  EXPECT_THAT(filtered("not%20contains(name,'z')"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(filtered("not%20(name%20eq%20'a'%20or%20contains(name,'z'))"), ElementsAre("b", "c"));
  EXPECT_EQ(get("/namespaces/default/machines?$filter=power%20eq%20'1'").status, 400u);
}

TEST_F(ManagementPages, TopIsFrom1To100) {
  for (const char* const top : {"0", "101", "-1", "x", "", "1.5"}) {
    const auto answer = get(std::string("/namespaces/default/machines?$top=") + top);
    EXPECT_EQ(answer.status, 400u) << top;
    EXPECT_EQ(target(answer), "$top") << top;
  }
  EXPECT_EQ(names(get("/namespaces/default/machines?$top=1")).size(), 1u);
  EXPECT_EQ(names(get("/namespaces/default/machines?$top=100")).size(), 5u);
}

TEST_F(ManagementPages, HaveTwentyUnlessToldOtherwise) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(host_.put_resource("machines", "m" + std::to_string(i), "{}"), "");
  EXPECT_EQ(names(get("/namespaces/default/machines")).size(), 20u);
  EXPECT_EQ(names(get("/namespaces/default/machines?$top=100")).size(), 100u);
  EXPECT_EQ(get("/namespaces/default/machines?$top=101").status, 400u);
  EXPECT_EQ(get("/namespaces/default/machines?$top=0").status, 400u);
}

TEST_F(ManagementPages, BuiltInNamesStandAmongTheOthers) {
  for (const char* name : {"a", "zoo"}) EXPECT_EQ(host_.put_resource("halls", name, "{}"), "");
  EXPECT_THAT(pages("/namespaces/default/halls"), ElementsAre(ElementsAre("a", "yard", "zoo")));
  EXPECT_THAT(pages("/namespaces/default/halls?$top=1"),
              ElementsAre(ElementsAre("a"), ElementsAre("yard"), ElementsAre("zoo")));
  EXPECT_EQ(host_.remove_resource("halls", "zoo"), "");
  EXPECT_THAT(pages("/namespaces/default/halls?$top=1"), ElementsAre(ElementsAre("a"), ElementsAre("yard")));
  EXPECT_EQ(host_.put_resource("halls", "yard", "{}"), "");
  EXPECT_THAT(pages("/namespaces/default/halls"), ElementsAre(ElementsAre("a", "yard")));
}

TEST_F(ManagementPages, MistakesInTheQueryAreExplained) {
  EXPECT_EQ(target(get("/namespaces/default/machines?$fitler=x")), "$fitler");
  EXPECT_EQ(target(get("/namespaces/default/machines?$filter=x")), "$filter");
  EXPECT_EQ(get("/namespaces/default/machines?timeout=3").status, 400u);
  EXPECT_EQ(get("/namespaces/default/machines?api-version=2025-02-15").status, 200u);
}

class ManagementLongList : public ManagementPages {
 protected:
  ManagementLongList() : ManagementPages(R"(, "public_url": "https://broker.example.com/")") {}
};

TEST_F(ManagementLongList, IsNotLookedThroughInOneGo) {
  std::vector<std::pair<std::string, std::string>> many;
  for (int i = 0; i < 20'000; ++i) many.emplace_back("machines/n" + std::to_string(i), "{}");
  EXPECT_EQ(host_.put_resources(many), "");
  const auto first = get("/namespaces/default/machines?$filter=contains(name,'z')");
  EXPECT_THAT(names(first), ElementsAre());
  const std::string link = json(first).text("nextLink");
  EXPECT_THAT(link, HasSubstr("https://broker.example.com/management/namespaces/default/machines?$top=20&$filter="));
  EXPECT_THAT(names(get(link.substr(link.find("/namespaces")))), ElementsAre("z1", "z2"));
}

TEST_F(ManagementPages, TypesAreDescribedThoseThatOthersNameFirst) {
  const auto answer = json(get("/types"));
  EXPECT_EQ(answer.integer("batchOperations"), 1000);
  std::vector<std::string> types;
  for (const auto& one : answer.list("value")) types.push_back(one.text("name"));
  EXPECT_THAT(types, ElementsAre("halls", "machines", "namespaces"));
  const auto machines = answer.list("value")[1];
  EXPECT_EQ(machines.text("key"), "serial");
  EXPECT_EQ(machines.list("references")[0].json(), R"({"property":"hall","type":"halls","builtIn":["yard"]})");
  EXPECT_EQ(machines.object("schema").text("type"), "object");
}

class ManagementExplain : public ManagementTest {};

TEST_F(ManagementExplain, TellsWhatAClientMayDo) {
  std::string asked;
  host_.on_authorize([&](trellis::Action action, std::string_view client, std::string_view topic) {
    asked = (action == trellis::Action::publish ? "publish " : "subscribe ") + std::string(client) + ' ';
    asked += topic;
    return action == trellis::Action::publish;
  });
  EXPECT_EQ(get("/namespaces/default/explain?client=press-04&publish=a%2Fb").body,
            R"({"allowed":true,"steps":[{"what":"the test","found":"allowed"}]})");
  EXPECT_EQ(asked, "publish press-04 a/b");
  EXPECT_EQ(json(get("/namespaces/default/explain?client=press-04&subscribe=$share/g/a/%23")).boolean("allowed"),
            false);
  EXPECT_EQ(asked, "subscribe press-04 a/#");
}

TEST_F(ManagementExplain, TopicsThatAreNoneAreRefused) {
  host_.on_authorize([](trellis::Action, std::string_view, std::string_view) { return true; });
  for (const char* topic : {"a/%2B", "%23", "a%23", "", "a%00b"}) {
    const auto answer = get(std::string("/namespaces/default/explain?client=a&publish=") + topic);
    EXPECT_EQ(answer.status, 400u) << topic;
    EXPECT_EQ(target(answer), "publish");
  }
  EXPECT_THAT(message(get("/namespaces/default/explain?client=a&publish=a/%2B")), HasSubstr("\"a/+\" is no topic"));
  for (const char* filter : {"a%23", "%23/a", "a%2B/b", "", "$share/g", "$share//a", "$share/%2B/a", "$share/g/"}) {
    const auto answer = get(std::string("/namespaces/default/explain?client=a&subscribe=") + filter);
    EXPECT_EQ(answer.status, 400u) << filter;
    EXPECT_EQ(target(answer), "subscribe");
  }
  for (const char* filter : {"%23", "a/%2B/%23", "$share/g/%23"})
    EXPECT_EQ(get(std::string("/namespaces/default/explain?client=a&subscribe=") + filter).status, 200u) << filter;
}

TEST_F(ManagementExplain, NeedsAClientAndOneDeed) {
  for (const char* query : {"", "?client=a", "?publish=t", "?client=&publish=t", "?client=a&publish=t&subscribe=f"})
    EXPECT_EQ(get("/namespaces/default/explain" + std::string(query)).status, 400u) << query;
  EXPECT_EQ(ask("POST", "/namespaces/default/explain").header("allow"), "GET, HEAD");
}

}  // namespace
}  // namespace management
