#include "trellis/resources/collection.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trellis::resources {
namespace {

DocumentPtr document(std::string_view name, std::string_view key = {}, std::string_view properties = "{}") {
  return Document::make({.name = name, .key = key.empty() ? name : key, .properties = properties, .revision = 7});
}

std::vector<std::string> names(const Collection& all, std::string_view after = {}, std::size_t most = 100) {
  std::vector<std::string> found;
  all.walk(after, [&](const DocumentPtr& one) {
    found.emplace_back(one->name());
    return found.size() < most;
  });
  return found;
}

TEST(Document, HoldsItsTexts) {
  const DocumentPtr one = document("press-04", "Press 4", R"({"a":1})");
  EXPECT_EQ(one->name(), "press-04");
  EXPECT_EQ(one->key(), "Press 4");
  EXPECT_EQ(one->properties(), R"({"a":1})");
  EXPECT_EQ(one->revision(), 7u);
  EXPECT_EQ(document("same", "same")->key(), "same");
}

TEST(Collection, FindsByNameAndByKeyWhateverItsCase) {
  Collection all;
  all.put(document("a", "Alpha"));
  all.put(document("b", "Beta"));
  EXPECT_EQ(all.find("a")->key(), "Alpha");
  EXPECT_EQ(all.find("A"), nullptr);
  EXPECT_EQ(all.find_key("aLPHA")->name(), "a");
  EXPECT_EQ(all.find_key("a"), nullptr);
}

TEST(Collection, ReplacesAndRemoves) {
  Collection all;
  all.put(document("a", "one"));
  all.put(document("a", "two"));
  EXPECT_EQ(all.size(), 1u);
  EXPECT_EQ(all.find_key("one"), nullptr);
  EXPECT_EQ(all.find_key("two")->name(), "a");
  all.remove("a");
  all.remove("a");
  EXPECT_EQ(all.size(), 0u);
  EXPECT_EQ(all.find_key("two"), nullptr);
}

TEST(Collection, WalksInTheOrderOfNames) {
  Collection all;
  for (const char* name : {"c", "a", "b", "d"}) all.put(document(name));
  EXPECT_EQ(names(all), (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_EQ(names(all, "b"), (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(names(all, "bb", 1), (std::vector<std::string>{"c"}));
}

TEST(Collection, WhatWasFoundOutlivesIt) {
  DocumentPtr kept;
  {
    Collection all;
    all.put(document("a"));
    kept = all.find("a");
  }
  EXPECT_EQ(kept->name(), "a");
}

}  // namespace
}  // namespace trellis::resources
