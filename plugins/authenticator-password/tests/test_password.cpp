// The plugin as the broker sees it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <trellis/testing/test_host.hpp>

#include "password.hpp"

namespace password {
namespace {

using trellis::AuthVerdict;
using trellis::Status;
using trellis::testing::TestHost;

// The password is "secret"; cheap to check.
constexpr std::string_view kSecret =
    ":$6$DvCfhLgj+bwZlA0S$E0ytQRxbPVzhHBQBYx19blc7Pnq+K/68IsyhzdOVDmKJCUHtGiPA/VSKtG7I0xlucjztaR7dZgYxqCJfo+fs4w==\n";

/// A hash no password is known for, which takes four times as long as usual: long enough for a test to do something
/// meanwhile, also on a busy machine.
constexpr std::string_view kSlow = ":$scrypt$ln=14,r=8,p=4$c2FsdA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";

class Password : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "trellis-password-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    file_ = (directory_ / "users").string();
    write("ada" + std::string(kSecret));
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& text) {
    std::ofstream(file_ + ".new") << text;
    std::filesystem::rename(file_ + ".new", file_);
  }

  std::string settings(const std::string& more = {}) const { return R"({"file": ")" + file_ + "\"" + more + "}"; }

  static trellis::testing::Client client(std::string_view user, std::string_view password) {
    return {.client_id = "c1", .username = std::string(user), .password = std::string(password)};
  }

  /// The answer, however long the plugin's threads take.
  static AuthVerdict verdict(TestHost& host, const trellis::testing::AuthClient& asked) {
    host.wait([&] { return asked.verdict() != AuthVerdict::pending; });
    return asked.verdict();
  }

  std::filesystem::path directory_;
  std::string file_;
};

TEST_F(Password, AllowsWhoKnowsThePasswordUnderTheUserName) {
  TestHost host;
  auto plugin = host.load<PasswordAuthenticator>(settings());
  auto ada = plugin.connect(client("ada", "secret"));
  EXPECT_EQ(verdict(host, ada), AuthVerdict::allow);
  EXPECT_EQ(ada.outcome().name, "ada");
  EXPECT_EQ(host.metric("trellis_password_checks_total", "result=\"right\""), 1);
}

TEST_F(Password, DeniesAWrongPasswordAndAnUnknownUserAlike) {
  TestHost host;
  auto plugin = host.load<PasswordAuthenticator>(settings());
  for (const auto& wrong :
       {client("ada", "Secret"), client("ada", ""), client("eve", "secret"), client("", "secret")}) {
    auto asked = plugin.connect(wrong);
    EXPECT_EQ(verdict(host, asked), AuthVerdict::deny);
    EXPECT_EQ(asked.outcome().status, Status::bad_credentials);
    EXPECT_EQ(asked.outcome().reason, "user name or password is wrong");
  }
}

TEST_F(Password, LeavesClientsWithoutBothToTheNext) {
  TestHost host;
  auto plugin = host.load<PasswordAuthenticator>(settings());
  EXPECT_EQ(plugin.connect({}).verdict(), AuthVerdict::defer);
  EXPECT_EQ(plugin.connect({.username = "ada"}).verdict(), AuthVerdict::defer);
  EXPECT_EQ(plugin.connect({.password = "secret"}).verdict(), AuthVerdict::defer);
  EXPECT_EQ(plugin.connect({.username = "ada", .password = "secret", .method = "SCRAM-SHA-256"}).verdict(),
            AuthVerdict::defer);
}

TEST_F(Password, AnswersWhoComesBackAtOnce) {
  TestHost host;
  auto plugin = host.load<PasswordAuthenticator>(settings());
  EXPECT_EQ(verdict(host, plugin.connect(client("ada", "secret"))), AuthVerdict::allow);
  EXPECT_EQ(plugin.connect(client("ada", "secret")).verdict(), AuthVerdict::allow);
  EXPECT_EQ(host.metric("trellis_password_checks_total", "result=\"remembered\""), 1);
}

TEST_F(Password, RemembersNobodyWhenToldSo) {
  TestHost host;
  auto plugin = host.load<PasswordAuthenticator>(settings(R"(, "remembered_clients": 0)"));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(verdict(host, plugin.connect(client("ada", "secret"))), AuthVerdict::allow);
  EXPECT_EQ(host.metric("trellis_password_checks_total", "result=\"right\""), 2);
}

TEST_F(Password, RefusesAsUnavailableBeyondTheQueue) {
  write("ada" + std::string(kSlow));
  TestHost host;
  auto plugin = host.load<PasswordAuthenticator>(settings(R"(, "queue": 1)"));
  auto first = plugin.connect(client("ada", "one"));
  auto second = plugin.connect(client("ada", "two"));
  EXPECT_EQ(second.verdict(), AuthVerdict::deny);
  EXPECT_EQ(second.outcome().status, Status::unavailable);
  EXPECT_EQ(verdict(host, first), AuthVerdict::deny);
  EXPECT_EQ(first.outcome().status, Status::bad_credentials);
}

TEST_F(Password, AnswersNothingForAClientThatLeft) {
  write("ada" + std::string(kSlow));
  TestHost host;
  auto plugin = host.load<PasswordAuthenticator>(settings(R"(, "queue": 1)"));
  auto gone = plugin.connect(client("ada", "one"));
  gone.leave();
  auto next = plugin.connect(client("ada", "two"));
  EXPECT_EQ(next.verdict(), AuthVerdict::pending) << "there is room again";
  EXPECT_EQ(verdict(host, next), AuthVerdict::deny);
  EXPECT_EQ(host.late_answers(), 0u);
}

TEST_F(Password, StopAnswersWhoStillWaits) {
  write("ada" + std::string(kSlow));
  TestHost host;
  auto plugin = host.load<PasswordAuthenticator>(settings());
  auto first = plugin.connect(client("ada", "one"));
  auto second = plugin.connect(client("ada", "two"));
  plugin.as<PasswordAuthenticator>().stop();
  host.turn();
  EXPECT_EQ(first.verdict(), AuthVerdict::deny) << "under way: ended first";
  EXPECT_EQ(second.verdict(), AuthVerdict::deny);
  EXPECT_EQ(second.outcome().status, Status::unavailable);
}

TEST_F(Password, TakesOverAChangedFileAndKeepsTheUsersWhenItIsBroken) {
  TestHost host;
  auto plugin = host.load<PasswordAuthenticator>(settings(R"(, "watch_interval": "1ms")"));
  EXPECT_EQ(verdict(host, plugin.connect(client("bob", "secret"))), AuthVerdict::deny);
  write("bob" + std::string(kSecret));
  EXPECT_TRUE(host.wait([&] { return host.logged("was read again"); }));
  EXPECT_EQ(verdict(host, plugin.connect(client("bob", "secret"))), AuthVerdict::allow);
  EXPECT_EQ(verdict(host, plugin.connect(client("ada", "secret"))), AuthVerdict::deny);
  write("bob:secret\n");
  EXPECT_TRUE(host.wait([&] { return host.logged("users:1: user \"bob\": this is not a hash"); }));
  EXPECT_EQ(verdict(host, plugin.connect(client("bob", "secret"))), AuthVerdict::allow);
}

TEST_F(Password, RefusesToStartWithoutAGoodFile) {
  TestHost host;
  write("ada\n");
  EXPECT_EQ(
      host.refusal<PasswordAuthenticator>(settings()),
      file_ + ":1: the ':' is missing, expected user:hash; `trellis passwd " + file_ + " USER` makes and manages it");
  std::filesystem::remove(file_);
  EXPECT_EQ(
      host.refusal<PasswordAuthenticator>(settings()),
      "cannot open " + file_ + ": No such file or directory; `trellis passwd " + file_ + " USER` makes and manages it");
}

}  // namespace
}  // namespace password
