#include "trellis/resources/files.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace trellis::resources {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Nobody final : public Observer {
 public:
  std::string check(const Change&) override { return {}; }
  void changed(const std::vector<Change>&) override {}
};

class FilesTest : public ::testing::Test {
 protected:
  FilesTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "trellis-files-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    registry_.set_namespaces({"default", "plant"});
    const std::string schema =
        R"({"type": "object", "properties": {"templates": {"type": "array", "items": {"type": "string"}}}})";
    EXPECT_EQ(registry_.declare({.name = "topicSpaces", .schema = schema}, nobody_), "");
  }
  ~FilesTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }
  /// Reads the folder and makes it so; what was wrong, as text.
  std::string take_over() {
    schema::Diagnostics wrong;
    const Files files = Files::read(folder_, wrong);
    if (!wrong.ok()) return wrong.text();
    const auto plan = files.plan(registry_);
    report(registry_.apply(plan, Origin::files).failures, wrong);
    return wrong.text();
  }
  std::vector<std::string> kept(const std::string& name_space = "default") const {
    std::vector<std::string> found;
    registry_.walk(name_space, "topicSpaces", "", [&](const DocumentPtr& one) {
      found.push_back(std::string(one->name()) + std::string(one->properties()));
      return true;
    });
    return found;
  }

  std::filesystem::path folder_;
  Registry registry_{[] { return 1; }};
  Nobody nobody_;
};

TEST_F(FilesTest, BecomeResources) {
  write("b.json", R"({"topicSpaces": {"two": {}}})");
  write("a.json", R"({
    // what is said of one plant
    "namespace": "plant", "x-note": "ours", "topicSpaces": {"one": {"templates": ["a/${client.authenticationName}"]}}})");
  write("notes.txt", "not read");
  EXPECT_EQ(take_over(), "");
  EXPECT_THAT(kept(), ElementsAre("two{}"));
  EXPECT_THAT(kept("plant"), ElementsAre(R"(one{"templates":["a/${client.authenticationName}"]})"));
}

TEST_F(FilesTest, WhatStandsThereNoMoreGoes) {
  write("a.json", R"({"topicSpaces": {"one": {}, "two": {}}})");
  EXPECT_EQ(take_over(), "");
  Operation by_call{.name_space = "default", .type = "topicSpaces", .name = "three"};
  schema::Diagnostics none;
  auto source = schema::Document::parse("{}", "", none);
  by_call.source = &*source;
  by_call.properties = &source->root();
  EXPECT_TRUE(registry_.apply(std::vector{by_call}, Origin::calls).ok());
  write("a.json", R"({"topicSpaces": {"two": {"templates": []}}})");
  EXPECT_EQ(take_over(), "");
  EXPECT_THAT(kept(), ElementsAre("three{}", R"(two{"templates":[]})"));
}

TEST_F(FilesTest, PlansWithoutDoing) {
  write("a.json", R"({"topicSpaces": {"one": {}}})");
  schema::Diagnostics wrong;
  const Files files = Files::read(folder_, wrong);
  const auto operations = files.plan(registry_);
  const Outcome outcome = registry_.plan(operations, Origin::files);
  ASSERT_EQ(outcome.changes.size(), 1u);
  EXPECT_EQ(outcome.changes[0].before, nullptr);
  EXPECT_EQ(outcome.changes[0].after->name(), "one");
  EXPECT_EQ(registry_.size("default", "topicSpaces"), 0u);
}

TEST_F(FilesTest, MistakesAreShownWhereTheyStand) {
  write("a.json", "{\n  \"topicSpaces\": {\n    \"one\": {\"templates\": 5}}}");
  EXPECT_THAT(take_over(), HasSubstr("a.json:3:26: error: /topicSpaces/one/templates: "));
  write("a.json", R"({"topicSpace": {"one": {}}})");
  EXPECT_THAT(take_over(), HasSubstr("there are no resources of the type \"topicSpace\"; did you mean topicSpaces?"));
  write("a.json", R"({"namespace": "plnt", "topicSpaces": {"one": {}}})");
  EXPECT_THAT(take_over(), HasSubstr("there is no namespace \"plnt\""));
  write("a.json", R"({"topicSpaces": []})");
  EXPECT_THAT(take_over(), HasSubstr("expected an object: resources by name"));
  write("a.json", "[]");
  EXPECT_THAT(take_over(), HasSubstr("expected an object"));
  write("a.json", R"({"namespace": 5})");
  EXPECT_THAT(take_over(), HasSubstr("/namespace: expected the name of a namespace"));
}

TEST_F(FilesTest, NobodyStandsInThemTwice) {
  write("a.json", R"({"topicSpaces": {"one": {}}})");
  write("b.json", R"({"topicSpaces": {"one": {}}})");
  const std::string wrong = take_over();
  EXPECT_THAT(wrong,
              HasSubstr("b.json:1:25: error: /topicSpaces/one: topicSpaces/one stands in the resource files twice"));
  EXPECT_THAT(wrong, HasSubstr("first in "));
  EXPECT_THAT(wrong, HasSubstr("a.json:1:25"));
}

TEST_F(FilesTest, AFolderThatIsNotThereIsEmpty) {
  folder_ /= "nowhere";
  EXPECT_EQ(take_over(), "");
}

TEST_F(FilesTest, BringWhatBelongsToSomethingWithIt) {
  const std::string schema = R"({"type": "object"})";
  ASSERT_EQ(registry_.declare({.name = "subscriptions", .schema = schema, .parent = "topicSpaces"}, nobody_), "");
  write("a.json", "{\"subscriptions\": {\n  \"orders/audit\": {}}}");
  EXPECT_THAT(
      take_over(),
      HasSubstr("a.json:2:19: error: /subscriptions/orders~1audit: its parent topicSpaces/orders is not there"));
  write("b.json", R"({"topicSpaces": {"orders": {}}})");
  EXPECT_EQ(take_over(), "");
  EXPECT_NE(registry_.find("default", "subscriptions", "orders/audit"), nullptr);
  std::filesystem::remove(folder_ / "a.json");
  std::filesystem::remove(folder_ / "b.json");
  EXPECT_EQ(take_over(), "");
  EXPECT_EQ(registry_.find("default", "subscriptions", "orders/audit"), nullptr);
}

}  // namespace
}  // namespace trellis::resources
