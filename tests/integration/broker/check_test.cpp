// `trellis check`: every mistake with its place, nothing started, no secret shown.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "json.hpp"
#include "support/broker.hpp"
#include "support/command.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

const std::string kListeners =
    R"("listeners": [{"name": "a", "address": "127.0.0.1:0", "protocol": "transport-mqtt"}], "namespaces": {"default": {}})";

class Check : public ::testing::Test {
 protected:
  CommandResult check(const std::string& config, std::vector<std::string> options = {},
                      const std::vector<std::string>& environment = {}) {
    file_ = folder_.write("trellis.json", config);
    options.insert(options.begin(), {"check", file_});
    return trellis(options, "", environment);
  }
  // What was printed, without the folder that differs in each run, and that of the plugins as PLUGINS.
  std::string without_folder(std::string text) const {
    const auto program = std::filesystem::canonical(trellis_program());
    const auto plugins = (program.parent_path().parent_path() / "lib/trellis/plugins").string();
    for (auto at = text.find(plugins); at != std::string::npos; at = text.find(plugins))
      text.replace(at, plugins.size(), "PLUGINS");
    for (auto at = text.find(folder_.path()); at != std::string::npos; at = text.find(folder_.path()))
      text.erase(at, folder_.path().size() + 1);
    return text;
  }

  TemporaryDirectory folder_;
  std::string file_;
};

std::string golden(const std::string& name) {
  std::ifstream file(std::string(TRELLIS_GOLDEN) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST_F(Check, ValidFileIsCalledValid) {
  const auto result = check(Site{}.config());
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(without_folder(result.out), "trellis.json is valid\n");
  EXPECT_EQ(result.err, "");
}

TEST_F(Check, EveryPluginHasAManualAndExamplesThatAreValid) {
  for (const auto& plugin : std::filesystem::directory_iterator(TRELLIS_PLUGINS)) {
    // <kind>-<name>; beside them are common code and profiles.
    if (plugin.path().filename().string().find('-') == std::string::npos) continue;
    EXPECT_TRUE(std::filesystem::exists(plugin.path() / "README.md")) << plugin.path();
    int examples = 0;
    for (const auto& example : std::filesystem::directory_iterator(plugin.path() / "examples")) {
      const std::string name = example.path().filename();
      if (!name.ends_with(".json") || name.ends_with(".cases.json")) continue;  // cases of a script
      ++examples;
      const auto result = trellis({"check", example.path()});
      EXPECT_EQ(result.code, 0) << example.path() << '\n' << result.err;
    }
    EXPECT_GT(examples, 0) << plugin.path();
  }
}

// A file golden/cli/*.txt is a configuration, a line of dashes and what check says about it.
TEST_F(Check, MistakesAreShownWithLineColumnAndCaret) {
  for (const char* name :
       {"unknown-key.txt", "wrong-values.txt", "syntax.txt", "plugins.txt", "all-at-once.txt", "no-echoes.txt",
        "nonsense.txt", "no-listeners.txt", "networks.txt", "subscriptions.txt", "isolation.txt"}) {
    const auto text = golden(name);
    const auto dashes = text.find("\n----\n");
    ASSERT_NE(dashes, std::string::npos) << name;
    const auto result = check(text.substr(0, dashes + 1));
    EXPECT_EQ(result.code, kWrongConfiguration) << name;
    EXPECT_EQ(result.out, "") << name;
    EXPECT_EQ(without_folder(result.err), text.substr(dashes + 6)) << name;
  }
}

TEST_F(Check, MistakesAsJsonHaveTheirPlaces) {
  const auto result = check("{\n  \"shards\": -1,\n" + kListeners + "}", {"-o", "json"});
  EXPECT_EQ(result.code, kWrongConfiguration);
  const auto json = parse_json(result.out);
  EXPECT_EQ(json["valid"], false);
  ASSERT_EQ(json["diagnostics"].size(), 1u) << json;
  const auto& found = json["diagnostics"][0];
  EXPECT_EQ(found["file"], file_);
  EXPECT_EQ(found["line"], 2);
  EXPECT_EQ(found["column"], 13);
  EXPECT_EQ(found["pointer"], "/shards");
  EXPECT_EQ(found["severity"], "error");
  EXPECT_TRUE(found["message"].isString());
}

TEST_F(Check, ValidFileAsJson) {
  const auto json = parse_json(check(Site{}.config(), {"-o", "json"}).out);
  EXPECT_EQ(json["valid"], true);
  EXPECT_TRUE(json["diagnostics"].isArray());
  EXPECT_EQ(json["diagnostics"].size(), 0u);
}

TEST_F(Check, PrintShowsTheDefaultsThatApply) {
  const auto json = parse_json(check(Site{.limits = R"("drain": "3s")"}.config(), {"--print"}).out);
  EXPECT_EQ(json["limits"]["drain"], 3000);
  EXPECT_EQ(json["limits"]["memory"], 1073741824);
  EXPECT_EQ(json["listeners"][0]["namespace"], "default");
}

TEST_F(Check, NamespaceThatLetsNobodyInIsAWarning) {
  const auto result = check("{" + kListeners + "}");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.err.find("warning: /namespaces/default: namespace \"default\" has no authenticators"),
            std::string::npos)
      << result.err;
}

TEST_F(Check, NamespacesNeedNotBeSaid) {
  const auto result =
      check(R"({"listeners": [{"name": "a", "address": "127.0.0.1:0", "protocol": "transport-http"}]})");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.err, "");
}

TEST_F(Check, LevelOfNobodyIsAMistake) {
  const auto result = check(R"({"log": {"levels": {"transport-mqt": "debug", "net": "debug"}}, )" + kListeners + "}");
  EXPECT_EQ(result.code, 3);
  EXPECT_NE(result.err.find("/log/levels/transport-mqt: this names nothing that writes to the log; did you mean "
                            "\"transport-mqtt\"?"),
            std::string::npos)
      << result.err;
}

TEST_F(Check, SettingInTheWrongOneOfAPluginsBlocksIsTold) {
  const auto result =
      check(R"({"plugins": {"transport-mqtt": {"config": {"packet_bytes": "1MiB"}}}, )" + kListeners + "}");
  EXPECT_EQ(result.code, 3);
  EXPECT_NE(result.err.find("= \"packet_bytes\" is a setting of a namespace: /namespaces/"), std::string::npos)
      << result.err;
}

TEST_F(Check, PluginWithoutAnEntryIsBlamedWhereItIsNamed) {
  const auto result = check(
      R"({"listeners": [{"name": "a", "address": "127.0.0.1:0", "protocol": "transport-mqtt"}],
          "namespaces": {"default": {"authenticators": ["authenticator-anonymous"],
                                     "authorizers": ["authorizer-acl"]}}})");
  EXPECT_EQ(result.code, 3);
  EXPECT_NE(result.err.find("trellis.json:3:54: error: "), std::string::npos) << result.err;
}

TEST_F(Check, OpensNoListener) {
  // Port 1 needs a privilege nobody should need for a check, and the address is that of no machine here.
  const auto result = check(R"({"listeners": [{"name": "a", "address": "192.0.2.1:1", "protocol": "transport-mqtt"}],
                               "namespaces": {"default": {}}})");
  EXPECT_EQ(result.code, 0) << result.err;
}

TEST_F(Check, PluginsJudgeTheirOwnSettings) {
  const auto result = check(Site{.plugins = R"("authorizer-acl": {"config": {"file": ""}})"}.config());
  EXPECT_EQ(result.code, kWrongConfiguration);
  EXPECT_NE(result.err.find("/plugins/authorizer-acl/config/file: a path may not be empty"), std::string::npos)
      << result.err;
}

// ---- secrets

std::string with_secret(const std::string& value) {
  return Site{.plugins = R"("service-sys-topics": {"config": {"prefix": ")" + value + R"("}})"}.config();
}

TEST_F(Check, SecretOfTheEnvironmentIsFilledInAndNeverPrinted) {
  for (const auto& options : std::vector<std::vector<std::string>>{{"--print"}, {"--print", "-o", "json"}, {}}) {
    const auto result = check(with_secret("${env:TRELLIS_TEST_SECRET}"), options, {"TRELLIS_TEST_SECRET=hush/hush"});
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ((result.out + result.err).find("hush"), std::string::npos) << result.describe();
  }
}

TEST_F(Check, SecretOfAFileIsFilledInAndNeverPrinted) {
  folder_.write("secret", "hush/hush\n");
  const auto result = check(with_secret("${file:secret}"), {"--print"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ((result.out + result.err).find("hush"), std::string::npos) << result.describe();
}

TEST_F(Check, MissingSecretsFailClosed) {
  folder_.write("empty", "");
  for (const char* value : {"${env:TRELLIS_TEST_UNSET}", "${file:nowhere}", "${file:empty}", "${file:.}", "${vault:x}",
                            "${env:}", "${env:UNCLOSED"}) {
    const auto result = check(with_secret(value));
    EXPECT_EQ(result.code, kWrongConfiguration) << value << "\n" << result.describe();
    EXPECT_NE(without_folder(result.err).find("trellis.json:4:"), std::string::npos) << value << "\n" << result.err;
  }
}

TEST_F(Check, SecretThatIsWrongForItsPlaceIsNotEchoed) {
  const std::string address = R"("address": "127.0.0.1:0")";
  const std::string protocol = R"("protocol": "transport-mqtt")";
  for (const std::string& place : std::vector<std::string>{
           R"("limits": {"drain": "${env:TRELLIS_TEST_SECRET}"})", R"("log": {"level": "${env:TRELLIS_TEST_SECRET}"})",
           R"("listeners": [{"name": "a", "address": "${env:TRELLIS_TEST_SECRET}", "protocol": "x"}])",
           R"("listeners": [{"name": "${env:TRELLIS_TEST_SECRET}", )" + address + ", " + protocol +
               R"(}], "namespaces": {"default": {}})",
           R"("listeners": [{"name": "a", )" + address + R"(, "protocol": "${env:TRELLIS_TEST_SECRET}"}])",
           R"("listeners": [{"name": "a", )" + address + ", " + protocol +
               R"(, "namespace": "${env:TRELLIS_TEST_SECRET}"}], "namespaces": {"other": {}})",
           R"("plugins": {"a": {"plugin": "${env:TRELLIS_TEST_SECRET}"}})",
           R"("plugins": {"a": {"plugin": "stage-${env:TRELLIS_TEST_SECRET}"}})",
           R"("plugins": {"a": {"file": "${env:TRELLIS_TEST_SECRET}"}})",
           R"("plugins": {"a": {"file": "x/../${env:TRELLIS_TEST_SECRET}"}})",
           R"("plugin_path": ["${env:TRELLIS_TEST_SECRET}"], "plugins": {"nothing-here": {}})",
           R"("namespaces": {"default": {"authenticators": ["${env:TRELLIS_TEST_SECRET}"]}})",
           R"("plugins": {"a": {"plugin": "authorizer-allow-all", "config": {"x": "${env:TRELLIS_TEST_SECRET}"}}})"}) {
    for (const auto& options : std::vector<std::vector<std::string>>{{}, {"-o", "json"}}) {
      const auto result = check("{" + place + "}", options, {"TRELLIS_TEST_SECRET=hushhush"});
      EXPECT_EQ(result.code, kWrongConfiguration) << place;
      EXPECT_EQ((result.out + result.err).find("hush"), std::string::npos) << result.describe();
    }
  }
}

TEST_F(Check, SecretIsNoHintWhatItIsNearTo) {
  const auto result = check(R"({"plugins": {"a": {"plugin": "${env:TRELLIS_TEST_SECRET}"}}})", {"-o", "json"},
                            {"TRELLIS_TEST_SECRET=transport-mqt"});
  EXPECT_EQ(result.code, kWrongConfiguration);
  EXPECT_EQ(result.out.find("transport-mqt"), std::string::npos) << result.out;
}

TEST_F(Check, SecretFileThatMayNotBeReadIsAnError) {
  // Root may read everything, so the kernel has to say no by other means: a folder on the way that is none.
  folder_.write("plain", "x");
  const auto result = check(with_secret("${file:plain/secret}"));
  EXPECT_EQ(result.code, kWrongConfiguration);
  EXPECT_NE(result.err.find("plain/secret"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace trellis::testing
