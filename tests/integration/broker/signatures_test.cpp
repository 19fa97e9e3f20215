// Signed plugins: the verbs that sign and verify, minisign itself beside them, and a broker that asks for signatures.
#include <filesystem>
#include <fstream>

#include "json.hpp"
#include "support/command.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kNeeded = {"authenticator-anonymous", "authorizer-allow-all", "transport-mqtt"};

class Signatures : public ::testing::Test {
 protected:
  Signatures() {
    const fs::path built = fs::canonical(trellis_program()).parent_path().parent_path() / "lib/trellis/plugins";
    for (const std::string& id : kNeeded) fs::copy(built / (id + ".so"), folder_.path());
    EXPECT_EQ(trellis({"plugin", "keygen", key_}).code, 0);
  }
  std::string file(const std::string& id) const { return folder_.path() + "/" + id + ".so"; }
  std::vector<std::string> files() const {
    std::vector<std::string> all;
    for (const std::string& id : kNeeded) all.push_back(file(id));
    return all;
  }
  CommandResult sign(const std::vector<std::string>& files) {
    std::vector<std::string> words = {"plugin", "sign", "--key", key_ + ".key"};
    words.insert(words.end(), files.begin(), files.end());
    return trellis(words);
  }
  CommandResult verify(const std::string& file) {
    return trellis({"plugin", "verify", "--public-key", key_ + ".pub", file});
  }
  void append(const std::string& file) { std::ofstream(file, std::ios::app) << "x"; }

  std::string config(const std::string& policy, const std::string& more = "") const {
    return R"({"plugin_path": [")" + folder_.path() + R"("], "plugin_signatures": {"policy": ")" + policy +
           R"(", "keys": ["k.pub"])" + more + R"(},
      "listeners": [{"name": "mqtt", "address": "127.0.0.1:0", "protocol": "transport-mqtt"}],
      "namespaces": {"default": {"authenticators": ["authenticator-anonymous"], "authorizers": ["authorizer-allow-all"]}}})";
  }
  CommandResult check(const std::string& config) { return trellis({"check", folder_.write("trellis.json", config)}); }

  TemporaryDirectory folder_;
  const std::string key_ = folder_.path() + "/k";
};

TEST_F(Signatures, KeysAreMadeOnceAndReadableByTheirOwner) {
  EXPECT_EQ(fs::status(key_ + ".key").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const auto again = trellis({"plugin", "keygen", key_});
  EXPECT_EQ(again.code, 1);
  EXPECT_NE(again.err.find("k.key: File exists"), std::string::npos) << again.err;
}

TEST_F(Signatures, MinisignVerifiesWhatIsSignedHere) {
  ASSERT_EQ(sign(files()).code, 0);
  for (const std::string& file : files()) {
    const auto result = run_command({"minisign", "-V", "-p", key_ + ".pub", "-m", file});
    EXPECT_EQ(result.code, 0) << result.describe();
    EXPECT_NE(result.out.find("Signature and comment signature verified"), std::string::npos) << result.out;
  }
  append(files()[0]);
  EXPECT_NE(run_command({"minisign", "-V", "-p", key_ + ".pub", "-m", files()[0]}).code, 0);
}

TEST_F(Signatures, WhatMinisignSignsIsVerifiedHere) {
  for (const char* format : {"-S", "-Sl"}) {
    const auto made = run_command({"minisign", format, "-s", key_ + ".key", "-t", "theirs", "-m", files()[0]});
    ASSERT_EQ(made.code, 0) << made.describe();
    const auto result = verify(files()[0]);
    EXPECT_EQ(result.code, 0) << result.describe();
    EXPECT_EQ(result.out, "valid        " + files()[0] + "\n");
  }
}

TEST_F(Signatures, VerifyNamesTheState) {
  const std::string plugin = files()[0];
  EXPECT_EQ(verify(plugin).out, "unsigned     " + plugin + ": it is not signed\n");
  ASSERT_EQ(sign({plugin}).code, 0);
  EXPECT_EQ(trellis({"plugin", "verify", plugin}).out.substr(0, 13), "unknown key  ");
  append(plugin);
  const auto modified = verify(plugin);
  EXPECT_EQ(modified.code, 1);
  EXPECT_EQ(modified.out.substr(0, 13), "modified     ");
  const auto list = trellis({"plugin", "verify", "-p", key_ + ".pub", "-o", "json", plugin});
  EXPECT_EQ(parse_json(list.out)[0]["signature"].asString(), "modified");
}

TEST_F(Signatures, TheListOfPluginsTellsTheState) {
  ASSERT_EQ(sign({file("transport-mqtt")}).code, 0);
  const auto result = trellis({"plugin", "list", "--plugin-path", folder_.path(), "-o", "json"});
  for (const Json::Value& one : parse_json(result.out)) {
    const std::string state = one["signature"].asString();
    if (one["id"] == "transport-mqtt") {
      EXPECT_EQ(state, "unknown key");
    } else if (one["id"] == "authorizer-allow-all") {
      EXPECT_EQ(state, "unsigned");
    }
  }
}

TEST_F(Signatures, ABrokerThatAsksForThemTakesSignedPluginsOnly) {
  auto result = check(config("require"));
  EXPECT_EQ(result.code, kWrongConfiguration);
  EXPECT_NE(result.err.find("was not loaded: it is not signed, and signatures are required"), std::string::npos)
      << result.err;
  ASSERT_EQ(sign(files()).code, 0);
  result = check(config("require"));
  EXPECT_EQ(result.code, 0) << result.err;
  append(file("transport-mqtt"));
  result = check(config("require"));
  EXPECT_EQ(result.code, kWrongConfiguration);
  EXPECT_NE(result.err.find("/listeners/0/protocol: plugin '" + file("transport-mqtt") +
                            "' was not loaded: it is not what key"),
            std::string::npos)
      << result.err;
}

TEST_F(Signatures, AWarningNamesThePluginAndWhy) {
  auto result = check(config("warn"));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.err.find("warning: /listeners/0/protocol: plugin '" + file("transport-mqtt") +
                            "' is loaded although it is not signed"),
            std::string::npos)
      << result.err;
  EXPECT_EQ(check(config("off")).err, "");
}

TEST_F(Signatures, TheLogTellsTheStateOfEachPluginThatStarts) {
  ASSERT_EQ(sign({file("transport-mqtt")}).code, 0);
  std::string text = config("warn");
  text.replace(text.find("k.pub"), 5, key_ + ".pub");
  const auto broker = Broker::with_config(text);
  broker->process().stop();
  const std::string log = broker->output();
  EXPECT_NE(log.find("transport-mqtt: signature of the plugin state=valid key="), std::string::npos) << log;
  EXPECT_NE(log.find("authorizer-allow-all: signature of the plugin state=unsigned"), std::string::npos) << log;
}

TEST_F(Signatures, RevokedKeysCountNoLonger) {
  ASSERT_EQ(sign(files()).code, 0);
  const auto listed = trellis({"plugin", "verify", "-p", key_ + ".pub", "-o", "json", files()[0]});
  const std::string id = parse_json(listed.out)[0]["key"].asString();
  const auto result = check(config("require", R"(, "revoked": [")" + id + R"("])"));
  EXPECT_EQ(result.code, kWrongConfiguration);
  EXPECT_NE(result.err.find("it is signed by key " + id + ", which was revoked"), std::string::npos) << result.err;
}

TEST_F(Signatures, NothingIsLoadedWhileItIsInDoubtWhatMayBe) {
  // Text that is no library: whoever opened it would say so.
  std::ofstream(file("transport-mqtt"), std::ios::trunc) << "no library";
  auto result = check(config("requre"));
  EXPECT_EQ(result.code, kWrongConfiguration);
  EXPECT_NE(result.err.find("did you mean \"require\"?"), std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("cannot load plugin"), std::string::npos) << result.err;
  fs::remove(key_ + ".pub");
  result = check(config("require"));
  EXPECT_NE(result.err.find("/plugin_signatures/keys/0: the key \""), std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("cannot load plugin"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace trellis::testing
