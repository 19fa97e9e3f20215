// How reports look.
#include <gtest/gtest.h>

#include <trellis/schema/diagnostic.hpp>
#include <trellis/schema/schema.hpp>

namespace trellis::schema {
namespace {

Diagnostic sample() {
  Diagnostic diagnostic;
  diagnostic.file = "t.json";
  diagnostic.line = 12;
  diagnostic.column = 5;
  diagnostic.pointer = "/limits/queue_bites";
  diagnostic.message = "unknown key \"queue_bites\"";
  diagnostic.suggestion = "\"queue_bytes\"";
  diagnostic.source_line = "    \"queue_bites\": 1";
  diagnostic.caret = 4;
  diagnostic.length = 13;
  diagnostic.notes.push_back({"the block begins here", 10, 3});
  return diagnostic;
}

TEST(Diagnostic, IsTextForPeople) {
  EXPECT_EQ(to_text(sample()),
            "t.json:12:5: error: /limits/queue_bites: unknown key \"queue_bites\"; did you mean \"queue_bytes\"?\n"
            "   12 |     \"queue_bites\": 1\n"
            "      |     ^~~~~~~~~~~~~\n"
            "      = t.json:10:3: the block begins here\n");
  EXPECT_NE(to_text(sample(), true).find("\x1b[1;31merror"), std::string::npos);
}

TEST(Diagnostic, IsJsonForMachines) {
  const Json::Value json = to_json(sample());
  EXPECT_EQ(json["line"].asInt(), 12);
  EXPECT_EQ(json["pointer"].asString(), "/limits/queue_bites");
  EXPECT_EQ(json["suggestion"].asString(), "\"queue_bytes\"");
  EXPECT_EQ(json["notes"][0]["line"].asInt(), 10);
}

TEST(Diagnostic, WithoutAPlaceNamesOnlyTheFile) {
  Diagnostic diagnostic;
  diagnostic.file = "t.json";
  diagnostic.message = "there is no such file";
  EXPECT_EQ(to_text(diagnostic), "t.json: error: there is no such file\n");
}

TEST(Diagnostics, CountErrorsNotWarningsAndSortByPlace) {
  Diagnostics diagnostics;
  Diagnostic late = sample();
  Diagnostic early = sample();
  early.line = 2;
  early.severity = Severity::warning;
  diagnostics.add(early);
  EXPECT_TRUE(diagnostics.ok());
  Diagnostics unsorted;
  unsorted.add(late);
  unsorted.add(early);
  unsorted.sort();
  EXPECT_EQ(unsorted[0].line, 2u);
  EXPECT_EQ(unsorted.errors(), 1u);
  EXPECT_EQ(unsorted.json().size(), 2u);
}

}  // namespace
}  // namespace trellis::schema
