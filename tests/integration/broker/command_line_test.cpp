// Every verb: what it prints, as text and as JSON, and the exit code it ends with.
#include "json.hpp"
#include "support/command.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

const std::vector<std::vector<std::string>> kVerbs = {{"run"},
                                                      {"dev"},
                                                      {"check"},
                                                      {"describe"},
                                                      {"plugin", "list"},
                                                      {"plugin", "keygen"},
                                                      {"plugin", "sign"},
                                                      {"plugin", "verify"},
                                                      {"schema"},
                                                      {"version"},
                                                      {"passwd"},
                                                      {"scram"},
                                                      {"ctl"}};

std::vector<std::string> with(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

TEST(CommandLine, HelpOfEveryVerbGoesToStandardOutput) {
  for (const auto& verb : kVerbs) {
    for (const char* word : {"--help", "-h"}) {
      if (verb[0] == "passwd" && std::string(word) == "-h") continue;
      const auto result = trellis(with(verb, {word}));
      EXPECT_EQ(result.code, kDone) << joined(verb) << "\n" << result.describe();
      EXPECT_NE(result.out.find("Usage: trellis " + joined(verb)), std::string::npos) << result.out;
      EXPECT_EQ(result.err, "");
    }
  }
}

TEST(CommandLine, OverviewNamesEveryVerbAndTheExitCodes) {
  const auto result = trellis({"--help"});
  EXPECT_EQ(result.code, kDone);
  for (const auto& verb : kVerbs)
    EXPECT_NE(result.out.find("  " + joined(verb) + " "), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("0 done, 1 failed, 2 wrong usage, 3 wrong configuration"), std::string::npos);
}

TEST(CommandLine, WithoutAVerbTheOverviewIsAnError) {
  const auto result = trellis({});
  EXPECT_EQ(result.code, kWrongUsage);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("Usage: trellis VERB"), std::string::npos);
}

TEST(CommandLine, UnknownVerbIsRefusedWithTheOneProbablyMeant) {
  const auto result = trellis({"chek"});
  EXPECT_EQ(result.code, kWrongUsage);
  EXPECT_NE(result.err.find("there is no verb \"chek\"; did you mean \"check\"?"), std::string::npos) << result.err;
}

TEST(CommandLine, UnknownOptionIsRefusedWithItsName) {
  for (const auto& verb : kVerbs) {
    const auto result = trellis(with(verb, {"--frobnicate"}));
    EXPECT_EQ(result.code, kWrongUsage) << joined(verb) << "\n" << result.describe();
    EXPECT_NE(result.err.find("--frobnicate"), std::string::npos) << result.describe();
    EXPECT_EQ(result.out, "") << joined(verb);
  }
}

TEST(CommandLine, OutputFormatThatIsNoneIsRefusedByEveryVerb) {
  for (const auto& verb : kVerbs) {
    for (const auto& words : std::vector<std::vector<std::string>>{{"-o", "yaml"}, {"--output=yaml"}, {"-oyaml"}}) {
      const auto result = trellis(with(verb, words));
      EXPECT_EQ(result.code, kWrongUsage) << joined(verb) << "\n" << result.describe();
      EXPECT_EQ(result.out, "") << joined(verb);
      EXPECT_NE(result.err.find("there is no output format \"yaml\", expected \"text\" or \"json\"\n"),
                std::string::npos)
          << joined(verb) << "\n"
          << result.err;
    }
    EXPECT_NE(trellis(with(verb, {"-o", "jsno"})).err.find("did you mean \"json\"?"), std::string::npos)
        << joined(verb);
    EXPECT_EQ(trellis(with(verb, {"-o"})).code, kWrongUsage) << joined(verb);
  }
}

TEST(CommandLine, OutputAsTextIsWhatThereIsWithoutAsking) {
  EXPECT_EQ(trellis({"version", "-o", "text"}).out, trellis({"version"}).out);
}

TEST(CommandLine, VersionTellsThatOfThePluginContractToo) {
  const auto text = trellis({"version"});
  EXPECT_EQ(text.code, kDone);
  const auto json = parse_json(trellis({"version", "-o", "json"}).out);
  const auto expected = "trellis " + json["version"].asString() + " (plugin ABI " + json["abi"].asString() + ")\n";
  EXPECT_EQ(text.out, expected);
  EXPECT_EQ(trellis({"--version"}).out, expected);
}

TEST(CommandLine, PluginListShowsEachPluginWithItsKind) {
  const auto result = trellis({"plugin", "list"});
  EXPECT_EQ(result.code, kDone) << result.err;
  const auto json = parse_json(trellis({"plugin", "list", "-o", "json"}).out);
  ASSERT_TRUE(json.isArray());
  bool mqtt = false;
  for (const auto& plugin : json) {
    for (const char* key : {"id", "kind", "version", "vendor", "summary", "licence", "stability", "file"})
      EXPECT_TRUE(plugin[key].isString()) << key << " of " << plugin;
    EXPECT_NE(result.out.find(plugin["id"].asString()), std::string::npos);
    mqtt = mqtt || (plugin["id"] == "transport-mqtt" && plugin["kind"] == "protocol");
  }
  EXPECT_TRUE(mqtt) << json;
}

TEST(CommandLine, BrokenFileAmongThePluginsIsToldAndTheRestListed) {
  const TemporaryDirectory folder;
  folder.write("broken.so", "this is no library");
  const auto result = trellis({"plugin", "list", "--plugin-path", folder.path()});
  EXPECT_EQ(result.code, kFailed);
  EXPECT_NE(result.out.find("transport-mqtt"), std::string::npos);
  EXPECT_NE(result.err.find("broken.so"), std::string::npos) << result.err;
}

TEST(CommandLine, DescribePrintsTheManualOfAPlugin) {
  const auto result = trellis({"describe", "transport-mqtt"});
  EXPECT_EQ(result.code, kDone);
  for (const char* part : {"# transport-mqtt", "Settings per namespace", "queue_overflow", "event-grid"})
    EXPECT_NE(result.out.find(part), std::string::npos) << part;
  const auto json = parse_json(trellis({"describe", "transport-mqtt", "-o", "json"}).out);
  EXPECT_EQ(json["id"], "transport-mqtt");
  for (const auto& name : json["namespace_schema"]["properties"].getMemberNames())
    EXPECT_NE(result.out.find(name), std::string::npos) << name << " is not in the manual";
}

TEST(CommandLine, DescribeWithoutANamePrintsTheConfigurationFile) {
  const auto result = trellis({"describe"});
  EXPECT_EQ(result.code, kDone);
  const auto json = parse_json(trellis({"describe", "-o", "json"}).out);
  for (const auto& name : json["properties"].getMemberNames())
    EXPECT_NE(result.out.find(name), std::string::npos) << name << " is not in the manual";
}

TEST(CommandLine, DescribeOfAnUnknownPluginTellsWhereItLooked) {
  const auto result = trellis({"describe", "transport-carrier-pigeon"});
  EXPECT_EQ(result.code, kFailed);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("there is no plugin 'transport-carrier-pigeon' in /"), std::string::npos) << result.err;
  const auto mistyped = trellis({"describe", "transport-mqt"});
  EXPECT_NE(mistyped.err.find("; did you mean \"transport-mqtt\"?\n"), std::string::npos) << mistyped.err;
}

TEST(CommandLine, SchemaForEditorsKnowsThePluginsToo) {
  const auto result = trellis({"schema"});
  EXPECT_EQ(result.code, kDone);
  const auto schema = parse_json(result.out);
  EXPECT_TRUE(schema["$schema"].isString());
  EXPECT_TRUE(schema["properties"]["listeners"].isObject());
  EXPECT_NE(result.out.find("remembered_for"), std::string::npos) << "a setting of authenticator-password";
}

TEST(CommandLine, RunOfAMissingFileIsAWrongConfiguration) {
  const auto result = trellis({"run", "/nowhere/trellis.json"});
  EXPECT_EQ(result.code, kWrongConfiguration);
  EXPECT_NE(result.err.find("/nowhere/trellis.json: error: there is no such file"), std::string::npos) << result.err;
}

TEST(CommandLine, RunOfAWrongConfigurationStartsNothing) {
  const TemporaryDirectory folder;
  const auto file = folder.write("trellis.json", R"({"listeners": [{"name": "a", "adress": "127.0.0.1:0"}]})");
  const auto result = trellis({"run", "--config", file});
  EXPECT_EQ(result.code, kWrongConfiguration);
  EXPECT_EQ(result.out, "") << "nothing listens";
  EXPECT_NE(result.err.find("did you mean \"address\"?"), std::string::npos) << result.err;
}

class RunAsJson : public ::testing::Test {};

TEST_F(RunAsJson, ListenersAndReadinessAreJsonLines) {
  const TemporaryDirectory folder;
  const auto file = folder.write("trellis.json", Site{.log = R"("level": "off")"}.config());
  ChildProcess broker({trellis_program(), "run", "--config", file, "-o", "json"});
  ASSERT_TRUE(broker.wait_for_output(
      [](const std::string& text) { return text.find("{\"ready\":true}\n") != std::string::npos; },
      std::chrono::seconds(20)))
      << broker.output();
  std::istringstream lines(broker.output());
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(parse_json(line)["listening"], "mqtt");
  EXPECT_EQ(parse_json(line)["address"].asString().rfind("127.0.0.1:", 0), 0u) << line;
}

}  // namespace
}  // namespace trellis::testing
