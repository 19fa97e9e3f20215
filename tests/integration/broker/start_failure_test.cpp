// A start that cannot succeed says who, where and why, and leaves nothing behind.
#include "support/command.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongConfiguration = 3;

class StartFailure : public SiteTest {
 protected:
  CommandResult run(const std::string& config) {
    return trellis({"run", "--config", folder_.write("trellis.json", config)});
  }
  static std::string with_address(const std::string& address) {
    auto config = Site{}.config();
    config.replace(config.find("127.0.0.1:0"), 11, address);
    return config;
  }

  TemporaryDirectory folder_;
};

TEST_F(StartFailure, PortInUseNamesListenerAndAddress) {
  start({});
  const auto address = "127.0.0.1:" + std::to_string(broker().port());
  const auto result = run(with_address(address));
  EXPECT_EQ(result.code, kFailed);
  EXPECT_NE(result.err.find("listener 'mqtt'"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find(address), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("another process listens there"), std::string::npos) << result.err;
  EXPECT_EQ(result.out.find("ready"), std::string::npos);
  connected().expect_nothing();
}

TEST_F(StartFailure, AddressOfNoInterfaceIsNamed) {
  const auto result = run(with_address("192.0.2.1:0"));
  EXPECT_EQ(result.code, kFailed);
  EXPECT_NE(result.err.find("listener 'mqtt'"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("192.0.2.1"), std::string::npos) << result.err;
}

TEST_F(StartFailure, NameThatCannotBeResolvedIsNamed) {
  const auto result = run(with_address("no-such-host.invalid:0"));
  EXPECT_EQ(result.code, kFailed);
  EXPECT_NE(result.err.find("no-such-host.invalid"), std::string::npos) << result.err;
}

TEST_F(StartFailure, OneBadListenerLeavesNoOtherOpen) {
  start({});
  const auto taken = "127.0.0.1:" + std::to_string(broker().port());
  const auto result = run(with_address(taken));
  EXPECT_EQ(result.out, "") << "no listener is announced when one cannot be opened";
}

TEST_F(StartFailure, PasswordFileThatIsMissingIsNamed) {
  const auto result = run(Site{.plugins = R"("authenticator-password": {"config": {"file": "nowhere/users"}})",
                               .authenticators = R"("authenticator-password")"}
                              .config());
  EXPECT_EQ(result.code, kFailed);
  EXPECT_NE(result.err.find("nowhere/users"), std::string::npos) << result.err;
}

TEST_F(StartFailure, AclFileWithAMistakeIsNamedWithTheLine) {
  folder_.write("acl", "topic read a/#\ntopic sometimes b/#\n");
  const auto result =
      run(Site{.plugins = R"("authorizer-acl": {"config": {"file": "acl"}})", .authorizers = R"("authorizer-acl")"}
              .config());
  EXPECT_EQ(result.code, kFailed);
  EXPECT_NE(result.err.find("acl:2"), std::string::npos) << result.err;
}

TEST_F(StartFailure, SecretIsNotEchoed) {
  for (const auto& config :
       {Site{.plugins = R"("authenticator-password": {"config": {"file": "${env:TRELLIS_TEST_SECRET}/users"}})",
       .authenticators = R"("authenticator-password")"}
            .config(),
        with_address("${env:TRELLIS_TEST_SECRET}.invalid:0")}) {
    const auto result =
        trellis({"run", "--config", folder_.write("trellis.json", config)}, "", {"TRELLIS_TEST_SECRET=hush-hush"});
    EXPECT_EQ(result.code, kFailed) << result.describe();
    EXPECT_EQ((result.out + result.err).find("hush"), std::string::npos) << result.describe();
  }
}

TEST_F(StartFailure, LibraryThatIsNoPluginIsNamed) {
  const auto file = folder_.write("fake.so", "no ELF");
  const auto result = run(Site{.plugins = R"("fake": {"file": "fake.so"})"}.config());
  EXPECT_EQ(result.code, kWrongConfiguration);
  EXPECT_NE(result.err.find(file), std::string::npos) << result.err;
}

TEST_F(StartFailure, FolderInsteadOfAFileIsRefused) {
  const auto result = trellis({"run", "--config", folder_.path()});
  EXPECT_EQ(result.code, kWrongConfiguration);
  EXPECT_NE(result.err.find(folder_.path()), std::string::npos) << result.err;
}

TEST_F(StartFailure, ClosedStandardOutputDoesNotStopTheBroker) {
  start({});
  const auto file = folder_.write("trellis.json", Site{}.config());
  ChildProcess process({"/bin/sh", "-c", "exec '" + trellis_program() + "' run --config '" + file + "' >&-"});
  const auto listening = [](const std::string& text) { return text.find("listener=admin") != std::string::npos; };
  EXPECT_TRUE(process.wait_for_output(listening, kPatience)) << process.output();
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(kPatience), 0) << process.output();
}

}  // namespace
}  // namespace trellis::testing
