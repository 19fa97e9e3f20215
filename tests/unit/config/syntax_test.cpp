// The parser: what is read, what is refused, and where it says so.
#include <gtest/gtest.h>

#include <trellis/schema/document.hpp>
#include <trellis/schema/schema.hpp>

#include "support.hpp"

namespace trellis::schema::testing {
namespace {

// "line:column message" of the first report, or "" if there is none.
std::string first_report(const std::string& text) {
  Diagnostics diagnostics;
  Document::parse(text, "t.json", diagnostics);
  if (diagnostics.empty()) return "";
  const Diagnostic& first = diagnostics[0];
  return std::to_string(first.line) + ":" + std::to_string(first.column) + " " + first.message;
}

TEST(Parser, ReadsEveryKindOfValue) {
  const Document document = make_document(R"({"n": null, "t": true, "f": false, "i": -7, "u": 18446744073709551615,
      "r": 2.5e-1, "s": "a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00", "l": [1, [], {}], "o": {}} // end)");
  const Json::Value& root = document.root();
  EXPECT_TRUE(root["n"].isNull());
  EXPECT_TRUE(root["t"].asBool());
  EXPECT_FALSE(root["f"].asBool());
  EXPECT_EQ(root["i"].asInt64(), -7);
  EXPECT_EQ(root["u"].asUInt64(), UINT64_MAX);
  EXPECT_DOUBLE_EQ(root["r"].asDouble(), 0.25);
  EXPECT_EQ(root["s"].asString(), "a\"\\/\b\f\n\r\té😀");
  EXPECT_EQ(root["l"].size(), 3u);
  EXPECT_TRUE(root["o"].isObject());
}

TEST(Parser, SkipsCommentsAndTheByteOrderMark) {
  EXPECT_EQ(first_report("\xEF\xBB\xBF// a\r\n{ /* b \n c */ \"a\" /*d*/ : /*e*/ 1 // f\n}\n/* g */"), "");
}

TEST(Parser, RefusesWhatIsNotJson) {
  for (const char* text : {"",
                           " ",
                           "// only this",
                           "{",
                           "}",
                           "[1,]",
                           "{,}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\" 1}",
                           "{a: 1}",
                           "{'a': 1}",
                           "[01]",
                           "[1.]",
                           "[.5]",
                           "[+1]",
                           "[0x10]",
                           "[1e]",
                           "[--1]",
                           "[NaN]",
                           "[Infinity]",
                           "[1e999]",
                           "[99999999999999999999]",
                           "[tru]",
                           "[True]",
                           "[\"a]",
                           "[\"\\x\"]",
                           "[\"\\u12\"]",
                           "[\"\\ud800\"]",
                           "[\"\\udc00x\"]",
                           "[\"\\u0000\"]",
                           "[\"a\nb\"]",
                           "[\"a\tb\"]",
                           "[1 2]",
                           "[1,,2]",
                           "{\"a\":1,\"a\":2}",
                           "{} {}",
                           "[1] x",
                           "/* open",
                           "[/]",
                           "{\"a\"=1}",
                           "[1}",
                           "{\"a\":1]",
                           "[\"a\":1]",
                           "\"a\": 1",
                           "# x\n{}",
                           "[\xFF]",
                           "[\"\xC0\x80\"]",
                           "[\"\xED\xA0\x80\"]",
                           "[;]"}) {
    EXPECT_NE(first_report(text), "") << text;
  }
}

TEST(Parser, PointsAtTheMistake) {
  EXPECT_EQ(first_report("{\n  \"a\": 1\n  \"b\": 2\n}"), "2:8 a comma is missing after this; expected \",\" or \"}\"");
  EXPECT_EQ(first_report("{\n  \"a\": [1, 2\n}"), "2:8 \"[\" opened here is not closed before \"}\"");
  EXPECT_EQ(first_report("{\n  \"a\": {\n    \"b\": 1\n"), "2:8 \"{\" opened here is never closed");
  EXPECT_EQ(first_report("{\n  \"a\": 1,\n}"), "2:9 there is a comma before \"}\"; expected none after the last entry");
  EXPECT_EQ(first_report("{\n  \"a\": tru\n}"), "2:8 tru is not a JSON value; text is written in double quotes");
  EXPECT_EQ(first_report("{\n  \"a\": \"x,\n  \"b\": 1}"),
            "2:8 the text opened here is not closed on its line; expected a double quote");
  EXPECT_EQ(first_report("{\"é\": x}"), "1:7 x is not a JSON value; text is written in double quotes");
}

TEST(Parser, BlamesTheBracketThatIsMissingNotTheOneThatShowsIt) {
  EXPECT_EQ(first_report("{\n  \"a\": {\n    \"b\": 1,\n  \"c\": 2\n}\n").substr(0, 4), "2:8 ");
  EXPECT_EQ(first_report("{\n  \"a\": [\n    {\"b\": 1,\n    {\"b\": 2}\n  ]\n}\n").substr(0, 4), "3:5 ");
  EXPECT_EQ(first_report("{\n  \"a\": {\n    \"b\": 1\n    },\n  \"c\": 2\n  }\n}\n").substr(0, 4), "4:5 ");
  EXPECT_EQ(first_report("{\n  \"a\":\n    {\"b\": 1},\n    {\"b\": 2}\n  ]\n}\n").substr(0, 4), "3:5 ");
}

TEST(Parser, GoesOnBehindASlip) {
  Diagnostics diagnostics;
  const auto document = Document::parse("{\n\"a\": yes,\n\"b\": 8MiB\n\"c\": 1,\n}", "t.json", diagnostics);
  ASSERT_TRUE(document);
  EXPECT_EQ(diagnostics.errors(), 3u)
      << diagnostics.text();  // yes, 8MiB (hiding the comma of its line), the last comma
  EXPECT_EQ(diagnostics[0].suggestion, "true");
  EXPECT_EQ(diagnostics[1].suggestion, "\"8MiB\"");
  EXPECT_TRUE(document->is_broken(document->root()["a"]));
  EXPECT_EQ(document->root()["c"].asInt(), 1);
}

TEST(Parser, NamesBothPlacesOfADuplicateKey) {
  Diagnostics diagnostics;
  Document::parse("{\"o\": {\n \"a\": 1,\n \"a\": 2}}", "t.json", diagnostics);
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics[0].line, 3u);
  EXPECT_EQ(diagnostics[0].pointer, "/o/a");
  ASSERT_EQ(diagnostics[0].notes.size(), 1u);
  EXPECT_EQ(diagnostics[0].notes[0].line, 2u);
}

TEST(Parser, StopsAtTheLimits) {
  const auto nested = [](unsigned depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(first_report(nested(Document::kMaxDepth)), "");
  EXPECT_EQ(first_report(nested(Document::kMaxDepth + 1)), "1:65 brackets are nested more than 64 deep here");
  EXPECT_NE(first_report(std::string(1'000'000, '[')), "");
  EXPECT_NE(first_report(std::string(Document::kMaxBytes + 1, ' ')), "");
  std::string many = "{";
  for (int i = 0; i < 5000; ++i) many += "\"a\": 1,\n";
  Diagnostics diagnostics;
  Document::parse(many + "\"b\": 1}", "t.json", diagnostics);
  EXPECT_LE(diagnostics.size(), 60u);
}

// A file of one long line is where looking back for columns would take the square of the time.
TEST(Parser, ReadsOneLongLine) {
  std::string text = "[";
  for (int i = 0; i < 20'000; ++i) text += "{\"a\": [1, 2]}, ";
  EXPECT_EQ(first_report(text + "{}]"), "");
  EXPECT_NE(first_report(text + "{]"), "");
}

TEST(Parser, HidesWhatFollowsTheNameOfACredential) {
  for (const char* text :
       {"{\"password\": \"hunter2\"", "{\"pasword\": \"hunter2\" \"b\": 1}", "{\"api_key\" \"hunter2\"}",
        "{\"token\": hunter2}", "{\"a\": {\"secret\":\n \"hunter2\" x}}", "{password: 'hunter2'}",
        "{\"password\": hunter2\"}", "{\"password\": 7hunter2}"}) {
    Diagnostics diagnostics;
    Document::parse(text, "t.json", diagnostics);
    EXPECT_FALSE(diagnostics.ok()) << text;
    EXPECT_EQ(diagnostics.text().find("hunter2"), std::string::npos) << diagnostics.text();
    EXPECT_EQ(to_line(diagnostics.json()).find("hunter2"), std::string::npos) << diagnostics.text();
  }
}

}  // namespace
}  // namespace trellis::schema::testing
