// Resources written down as they change, and brought back.
#include "trellis/resources/kept.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace trellis::resources {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A registry, and a store of what it is to keep.
struct Site {
  std::int64_t now = 1000;
  Registry registry{[this] { return now; }};
  KeptChanges changes;
  std::map<std::string, std::string> store;

  explicit Site(bool groups = true, std::size_t most = 0) {
    registry.set_namespaces({"default"});
    if (groups) {
      EXPECT_EQ(
          registry.declare(
              {.name = "groups", .schema = R"({"type": "object"})", .further_characters = "-", .most = most}, changes),
          "");
    }
    EXPECT_EQ(
        registry.declare(
            {.name = "bindings",
             .schema = R"({"type": "object", "properties": {"group": {"type": "string"}, "note": {"type": "string"}}})",
             .references = {{"group", "groups"}}},
            changes),
        "");
  }
  void listen() {
    registry.observe(changes);
    registry.listen(changes);
  }
  void apply(Operation::Kind kind, std::string type, std::string name, const std::string& properties = "{}",
             Origin origin = Origin::calls) {
    schema::Diagnostics wrong;
    auto document = schema::Document::parse(properties, "call", wrong);
    ASSERT_TRUE(document);
    Operation operation{.kind = kind, .name_space = "default", .type = std::move(type), .name = std::move(name)};
    operation.source = &*document;
    operation.properties = &document->root();
    ASSERT_TRUE(registry.apply({&operation, 1}, origin).ok());
    for (const auto& [key, value] : changes.take()) {
      if (value.empty()) {
        store.erase(key);
      } else {
        store[key] = value;
      }
    }
  }
  std::vector<std::string> restore(const std::map<std::string, std::string>& from, std::function<void()> files = [] {}) {
    Restoring restoring;
    for (const auto& [key, value] : from) EXPECT_TRUE(restoring.add(key, value));
    std::vector<std::string> left_out = restoring.apply(registry);
    files();
    for (std::string& why : restoring.finish(registry)) left_out.push_back(std::move(why));
    return left_out;
  }
};

using enum Operation::Kind;

TEST(KeptResources, ComeBackAsTheyWere) {
  Site before;
  before.listen();
  before.apply(put, "groups", "displays");
  before.apply(put, "bindings", "one", R"({"group": "displays"})");
  before.now = 2000;
  before.apply(patch, "bindings", "one", R"({"note": "later"})");
  before.apply(put, "groups", "gone");
  before.apply(remove, "groups", "gone");
  ASSERT_EQ(before.store.size(), 2u);

  Site after;
  after.now = 9000;
  EXPECT_THAT(after.restore(before.store), IsEmpty());
  const DocumentPtr one = after.registry.find("default", "bindings", "one");
  ASSERT_NE(one, nullptr);
  EXPECT_EQ(one->properties(), before.registry.find("default", "bindings", "one")->properties());
  EXPECT_EQ(one->created_ms(), 1000);
  EXPECT_EQ(one->modified_ms(), 2000);
  EXPECT_EQ(one->origin(), Origin::calls);
  EXPECT_EQ(after.registry.find("default", "groups", "gone"), nullptr);
}

TEST(KeptResources, AreThoseOfCallsOnly) {
  Site site;
  site.listen();
  site.apply(put, "groups", "of-files", "{}", Origin::files);
  EXPECT_THAT(site.store, IsEmpty());
  site.apply(put, "groups", "taken-over");
  EXPECT_EQ(site.store.size(), 1u);
  site.apply(put, "groups", "taken-over", "{}", Origin::files);
  EXPECT_THAT(site.store, IsEmpty()) << "it is the files' from now on";
}

TEST(KeptResources, ThatDoNotFitAnyMoreAreNamedAndTheRestComesBack) {
  Site before;
  before.listen();
  before.apply(put, "groups", "displays");
  before.apply(put, "bindings", "one", R"({"group": "displays"})");
  before.apply(put, "bindings", "free");
  Site after(false);
  const auto left_out = after.restore(before.store);
  EXPECT_THAT(left_out, ElementsAre(HasSubstr("groups/displays of namespace default: there are no resources of"),
                                    HasSubstr("bindings/one of namespace default: groups/displays is not there")));
  EXPECT_NE(after.registry.find("default", "bindings", "free"), nullptr);
}

TEST(KeptResources, ThatNameResourcesOfFilesComeBackAfterThese) {
  Site before;
  before.listen();
  before.apply(put, "groups", "displays", "{}", Origin::files);
  before.apply(put, "bindings", "one", R"({"group": "displays"})");
  Site after;
  EXPECT_THAT(after.restore(before.store, [&] { after.apply(put, "groups", "displays", "{}", Origin::files); }), IsEmpty());
  EXPECT_NE(after.registry.find("default", "bindings", "one"), nullptr);
}

TEST(KeptResources, BeyondTheBoundOfTodayAreLeftOutAtOnce) {
  Site before;
  before.listen();
  for (const char* name : {"a", "b", "c", "d"}) before.apply(put, "groups", name);
  Site after(true, 2);
  EXPECT_THAT(after.restore(before.store), ElementsAre("2 groups of namespace default: a namespace has at most 2"));
  EXPECT_EQ(after.registry.size("default", "groups"), 2u);
}

TEST(KeptResources, RecordsOfOthersAreToldApart) {
  Restoring restoring;
  EXPECT_FALSE(restoring.add("", ""));
  EXPECT_FALSE(restoring.add("rspace", std::string(40, 'x')));
  EXPECT_FALSE(restoring.add("cdefault", std::string(40, 'x'))) << "no type and no name";
  Site site;
  site.listen();
  site.apply(put, "groups", "displays");
  const auto [key, value] = *site.store.begin();
  EXPECT_TRUE(restoring.add(key, value));
  for (std::size_t size = 0; size + 1 < value.size(); ++size) EXPECT_FALSE(restoring.add(key, value.substr(0, size)));
  std::string future = value;
  future[0] = 2;
  EXPECT_FALSE(restoring.add(key, future));
}

TEST(KeptResources, ComeBackWithWhatTheyBelongTo) {
  const Declaration remarks{.name = "asides", .schema = R"({"type": "object"})", .parent = "groups"};
  Site before;
  ASSERT_EQ(before.registry.declare(remarks, before.changes), "");  // read back before the groups, by name
  before.listen();
  before.apply(put, "groups", "a");
  before.apply(put, "asides", "a/first");
  Site after;
  ASSERT_EQ(after.registry.declare(remarks, after.changes), "");
  EXPECT_THAT(after.restore(before.store), IsEmpty());
  EXPECT_NE(after.registry.find("default", "asides", "a/first"), nullptr);
  Site without(false);
  ASSERT_EQ(without.registry.declare(remarks, without.changes), "");
  EXPECT_THAT(without.restore(before.store), ElementsAre(HasSubstr("groups"), HasSubstr("its parent groups/a is not")));
}

}  // namespace
}  // namespace trellis::resources
