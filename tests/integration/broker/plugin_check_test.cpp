// trellis-plugin-check: its options and the exit codes it ends with. What it finds in plugins: tests/badplugins.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "json.hpp"
#include "support/broker.hpp"
#include "support/command.hpp"

namespace trellis::testing {
namespace {

constexpr int kConform = 0;
constexpr int kOneDoesNot = 1;
constexpr int kWrongUsage = 2;

class PluginCheck : public ::testing::Test {
 protected:
  CommandResult check(std::vector<std::string> words) {
    words.insert(words.begin(), bin_ / "trellis-plugin-check");
    return run_command(words);
  }

  const std::filesystem::path bin_ = std::filesystem::canonical(trellis_program()).parent_path();
  const std::string good_ = bin_.parent_path() / "lib/trellis/plugins/authenticator-anonymous.so";
};

TEST_F(PluginCheck, HelpNamesOptionsAndExitCodes) {
  const auto result = check({"--help"});
  EXPECT_EQ(result.code, kConform);
  for (const char* part : {"Usage: trellis-plugin-check [options]", "--settings JSON", "@FILE reads them from a",
                           "text, for people, or json: one JSON object per file", "--help",
                           "Exit codes: 0 all conform, 1 one does not, 2 wrong usage.\n"})
    EXPECT_NE(result.out.find(part), std::string::npos) << part << "\n" << result.out;
  EXPECT_EQ(result.err, "");
}

TEST_F(PluginCheck, ChecksEveryFileItIsGiven) {
  EXPECT_EQ(check({good_}).code, kConform);
  const auto result = check({"/nowhere.so", good_, "-o", "json"});
  EXPECT_EQ(result.code, kOneDoesNot);
  std::istringstream lines(result.out);
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_FALSE(parse_json(line)["conforms"].asBool()) << line;
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_TRUE(parse_json(line)["conforms"].asBool()) << line;
}

TEST_F(PluginCheck, ConfiguresWithTheSettingsGivenOrThoseInAFile) {
  EXPECT_EQ(check({"--settings", "{}", good_}).code, kConform);
  EXPECT_EQ(check({"--settings", R"({"nonsense": 1})", good_}).code, kOneDoesNot);
  const TemporaryDirectory folder;
  EXPECT_EQ(check({good_, "--settings", "@" + folder.write("good.json", "{}")}).code, kConform);
  EXPECT_EQ(check({good_, "--settings", "@" + folder.write("bad.json", R"({"nonsense": 1})")}).code, kOneDoesNot);
}

TEST_F(PluginCheck, OpensAndCompilesWhatItIsGivenOrDoesNotConform) {
  const std::string plugins = bin_.parent_path() / "lib/trellis/plugins/";
  const std::string handler = plugins + "handler-webhook.so";
  const std::string predicate = plugins + "predicate-event-grid.so";
  const auto expect_refusal = [this](const std::vector<std::string>& words, const std::string& sentence) {
    const auto result = check(words);
    EXPECT_EQ(result.code, kOneDoesNot) << result.describe();
    EXPECT_NE(result.out.find("  FAIL  R24  " + sentence), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("\ndoes not conform\n"), std::string::npos) << result.out;
  };
  expect_refusal({handler, "--destination", R"({"nonsense": 1})"}, "refuses the destination it was given: ");
  expect_refusal({predicate, "--filter", "[1]"}, "refuses the filter it was given: ");
}

TEST_F(PluginCheck, FindingsNameTheirRule) {
  const auto text = check({good_});
  EXPECT_NE(text.out.find("\n  ok    R2   exports trellis_plugin_entry only\n"), std::string::npos) << text.out;
  const auto result = check({"--json", good_});
  const Json::Value checks = parse_json(result.out)["checks"];
  ASSERT_GT(checks.size(), 10U) << result.out;
  for (const Json::Value& one : checks) EXPECT_EQ(one["rule"].asString().front(), 'R') << one;
}

TEST_F(PluginCheck, RandomSettingsAreThoseOfTheSeed) {
  const auto with_seed = [this](const char* seed) { return check({good_, "--seed", seed, "--rounds", "30"}).out; };
  EXPECT_EQ(with_seed("7"), with_seed("7"));
  EXPECT_NE(with_seed("7").find("(seed 7)"), std::string::npos);
}

TEST_F(PluginCheck, RulesAreThoseOfTheDocumentation) {
  std::map<std::string, std::string> told;
  std::istringstream lines(check({"--list-rules"}).out);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t headers = line.rfind(" (");
    const std::size_t sentence = line.find("  ");
    ASSERT_TRUE(headers != std::string::npos && sentence != std::string::npos) << line;
    told[line.substr(0, sentence)] =
        line.substr(sentence + 2, headers - sentence - 2) + " | " + line.substr(headers + 2, line.size() - headers - 3);
  }
  std::map<std::string, std::string> written;
  std::ifstream page(TRELLIS_DOCS "/abi.md");
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| R")) continue;
    const std::size_t sentence = line.find(" | ");
    const bool first =
        written.emplace(line.substr(2, sentence - 2), line.substr(sentence + 3, line.size() - sentence - 5)).second;
    EXPECT_TRUE(first) << "twice: " << line;
  }
  EXPECT_GT(told.size(), 20U);
  EXPECT_EQ(told, written);
}

TEST_F(PluginCheck, WhatMakesNoSenseIsWrongUsage) {
  const auto expect_refusal = [this](const std::vector<std::string>& words, const std::string& sentence) {
    const auto result = check(words);
    EXPECT_EQ(result.code, kWrongUsage) << result.describe();
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err.rfind("trellis-plugin-check: " + sentence, 0), 0u) << result.err;
  };
  expect_refusal({}, "name a plugin file\n");
  expect_refusal({good_, "--frobnicate"}, "unrecognised option '--frobnicate'\n");
  expect_refusal({good_, "-o", "yaml"}, "there is no output format \"yaml\", expected \"text\" or \"json\"\n");
  expect_refusal({good_, "--waive", "R999"}, "there is no rule R999\n");
  expect_refusal({good_, "--settings"}, "the required argument for option '--settings' is missing\n");
  expect_refusal({good_, "--settings", "@/nowhere.json"}, "cannot read /nowhere.json\n");
}

}  // namespace
}  // namespace trellis::testing
