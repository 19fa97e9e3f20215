// Keys that a vendor's build has decided.
#include "locks.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <trellis/schema/json_text.hpp>

namespace trellis::configuration {
namespace {

class Locks : public ::testing::Test {
 protected:
  /// The file as it reads afterwards.
  std::string apply(const std::string& file, const std::string& locked) {
    diagnostics_ = schema::Diagnostics();
    auto document = schema::Document::parse(file, "acme.json", diagnostics_);
    apply_locks(*document, locked, "Acme", diagnostics_);
    return schema::to_line(document->root());
  }
  std::string said() { return diagnostics_.text(); }

  schema::Diagnostics diagnostics_;
};

TEST_F(Locks, FillInWhatAFileDoesNotSay) {
  EXPECT_EQ(apply(R"({"shards": 1})", R"({"/log/format": "json", "/store": "journal"})"),
            R"({"log":{"format":"json"},"shards":1,"store":"journal"})");
  EXPECT_EQ(said(), "");
}

TEST_F(Locks, LetAFileSayTheSame) {
  apply(R"({"log": {"format": "json"}, "plugin_path": []})", R"({"/log/format": "json", "/plugin_path": []})");
  EXPECT_EQ(said(), "");
}

TEST_F(Locks, RefuseWhatAFileSaysDifferently) {
  EXPECT_EQ(apply("{\"log\": {\n  \"format\": \"text\"}}", R"({"/log/format": "json"})"),
            R"({"log":{"format":"json"}})");
  EXPECT_EQ(said(),
            "acme.json:2:13: error: /log/format: Acme has locked this key of acme.json to \"json\"; leave it out\n"
            "    2 |   \"format\": \"text\"}}\n"
            "      |             ^~~~~~\n");
}

TEST_F(Locks, CompareWholeBlocks) {
  apply(R"({"outbound": {"allow": ["::1"]}})", R"({"/outbound/allow": []})");
  EXPECT_NE(said().find("/outbound/allow"), std::string::npos) << said();
  apply(R"({"limits": {"memory": 5}})", R"({"/limits": {"memory": 5, "connections": 9}})");
  EXPECT_NE(said().find("/limits: Acme has locked"), std::string::npos) << said();
}

TEST_F(Locks, SayWhereTheyCannotBeSet) {
  apply(R"({"log": "loud"})", R"({"/log/format": "json"})");
  EXPECT_NE(said().find("to \"json\", and it cannot be set here"), std::string::npos) << said();
  apply(R"({"listeners": []})", R"({"/listeners/0/backlog": 5})");
  EXPECT_NE(said().find("and it cannot be set here"), std::string::npos) << said();
}

TEST_F(Locks, WithoutAnyNothingHappens) {
  EXPECT_EQ(apply(R"({"shards": 1})", "{}"), R"({"shards":1})");
  EXPECT_EQ(said(), "");
}

TEST_F(Locks, ThatCannotBeReadAreNoneToGoOnWith) {
  EXPECT_THROW(apply("{}", "{"), std::runtime_error);
  EXPECT_THROW(apply("{}", "[]"), std::runtime_error);
}

}  // namespace
}  // namespace trellis::configuration
