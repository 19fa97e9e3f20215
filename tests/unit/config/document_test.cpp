// Where values and keys stand, what is shown of a file, and JSON pointers into it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <trellis/schema/document.hpp>
#include <trellis/schema/pointer.hpp>

#include "support.hpp"

namespace trellis::schema::testing {
namespace {

TEST(Document, KnowsThePlaceOfEveryValueAndKey) {
  const Document document = make_document("{\n  \"a\": [10,\n    {\"b\": true}]\n}");
  const Json::Value copy = document.root()["a"][1]["b"];
  EXPECT_EQ(document.at_value(copy, "", "").line, 3u);
  EXPECT_EQ(document.at_value(copy, "", "").column, 11u);
  EXPECT_EQ(document.at_key(copy, "", "").column, 6u);
  EXPECT_EQ(document.at_key(document.root()["a"][0], "", "").column, 9u);  // no key: its own place
  EXPECT_EQ(document.at_pointer("/a/1/b", "x").column, 11u);
  EXPECT_EQ(document.at_pointer("/a/1/missing/deep", "x").column, 5u);  // the nearest there is
  EXPECT_EQ(document.at_value(Json::Value(1), "", "").line, 0u);
}

TEST(Document, RedactsSecretsInCopiesToo) {
  Document document = make_document(R"({"user": "ada", "key": "k", "list": ["k2", 3]})");
  document.mark_secret(document.root()["key"]);
  document.mark_secret(document.root()["list"][0]);
  const Json::Value copy = document.root();
  EXPECT_EQ(to_line(document.redact(copy)), R"({"key":"***","list":["***",3],"user":"ada"})");
  const Diagnostic diagnostic = document.at_value(copy["user"], "/user", "look");
  EXPECT_EQ(diagnostic.source_line, R"({"user": "ada", "key": ***, "list": [***, 3]})");
}

TEST(Document, PointsIntoShownLinesWithSecretsTabsAndLength) {
  Document document = make_document("{\t\"key\": \"long secret\", \"b\": 17}");
  document.mark_secret(document.root()["key"]);
  const Diagnostic diagnostic = document.at_value(document.root()["b"], "/b", "look");
  EXPECT_EQ(diagnostic.source_line, "{ \"key\": ***, \"b\": 17}");
  EXPECT_EQ(diagnostic.caret, 19u);
  EXPECT_EQ(diagnostic.length, 2u);

  const Document wide =
      make_document("{\"a\": \"" + std::string(500, 'x') + "\", \"b\": 17, \"c\": \"" + std::string(500, 'y') + "\"}");
  const Diagnostic cut = wide.at_value(wide.root()["b"], "/b", "look");
  EXPECT_EQ(cut.column, 516u);
  EXPECT_LT(cut.source_line.size(), 130u);
  EXPECT_EQ(cut.source_line.substr(std::string("…").size() + cut.caret - 1, 2), "17");
}

TEST(Document, DoesNotPassControlCharactersToTheTerminal) {
  Diagnostics diagnostics;
  Document::parse("{\"a\": \"\x1b[31m\", b}", "t.json", diagnostics);
  EXPECT_EQ(diagnostics.text().find('\x1b'), std::string::npos);
}

TEST(Document, LoadsFromDiskAndRemembersTheFolder) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "trellis-config-document";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "t.json") << "{\"a\": 1}";
  Diagnostics diagnostics;
  const auto document = Document::load(folder / "t.json", diagnostics);
  ASSERT_TRUE(document) << diagnostics.text();
  EXPECT_EQ(document->folder(), std::filesystem::absolute(folder));
  EXPECT_FALSE(Document::load(folder / "absent.json", diagnostics));
  EXPECT_FALSE(Document::load(folder, diagnostics));
  EXPECT_EQ(diagnostics.errors(), 2u);
  EXPECT_NE(diagnostics.text().find("there is no such file"), std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST(Pointer, EscapesAndFinds) {
  const Document document = make_document(R"({"a/b": {"~": [1, 2]}, "": 3})");
  EXPECT_EQ(pointer_to(pointer_to("", "a/b"), "~"), "/a~1b/~0");
  EXPECT_EQ(find(document.root(), "/a~1b/~0/1")->asInt(), 2);
  EXPECT_EQ(find(document.root(), "/")->asInt(), 3);
  EXPECT_EQ(find(document.root(), "")->size(), 2u);
  for (const char* text : {"/a~1b/~0/2", "/a~1b/~0/01", "/a~1b/~0/-", "/x", "a", "/~2", "/a~1b/~0/0/0"}) {
    EXPECT_EQ(find(document.root(), text), nullptr) << text;
  }
}

}  // namespace
}  // namespace trellis::schema::testing
