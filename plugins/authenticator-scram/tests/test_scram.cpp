// The plugin as the broker sees it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <trellis/testing/test_host.hpp>

#include "scram.hpp"
#include "scram_client.hpp"

namespace scram {
namespace {

using namespace std::chrono_literals;
using testing::ScramClient;
using trellis::AuthVerdict;
using trellis::Status;
using trellis::testing::AuthClient;
using trellis::testing::TestHost;

class Scram : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "trellis-scram-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    file_ = directory_ + "/users";
    write(line("ada") + line("bob"));
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  static std::string line(const std::string& user, const std::string& password = "secret") {
    return user + ":" + format_stored_key(*make_stored_key(password, "0123456789abcdef", 4096)) + "\n";
  }
  void write(const std::string& text) const { write(file_, text); }
  static void write(const std::string& file, const std::string& text) {
    std::ofstream(file + ".new") << text;
    std::filesystem::rename(file + ".new", file);
  }
  /// Another instance, by a file of its own, as a changed configuration makes it.
  trellis::testing::AuthenticatorDriver replaced_by(const std::string& users) {
    write(directory_ + "/other", users);
    return host_.load<ScramAuthenticator>(R"({"file": ")" + directory_ + R"(/other"})");
  }
  std::string settings(const std::string& more = {}) const { return R"({"file": ")" + file_ + "\"" + more + "}"; }

  static trellis::testing::Client client(const std::string& data, std::uint32_t flags = 0) {
    return {.client_id = "c1", .method = "SCRAM-SHA-256", .data = data, .flags = flags};
  }
  /// The whole exchange.
  static AuthClient prove(trellis::testing::AuthenticatorDriver& plugin, ScramClient& side, std::uint32_t flags = 0) {
    auto asked = plugin.connect(client(side.first(), flags));
    EXPECT_EQ(asked.verdict(), AuthVerdict::challenge) << asked.outcome().reason;
    if (asked.verdict() == AuthVerdict::challenge) asked.answer(side.final(asked.outcome().data));
    return asked;
  }
  std::int64_t count(const std::string& result) const {
    return host_.metric("trellis_scram_exchanges_total", "result=\"" + result + "\"");
  }
  std::int64_t under_way() const { return host_.metric("trellis_scram_exchanges"); }

  TestHost host_;
  std::string directory_, file_;
};

TEST_F(Scram, AllowsWhoKnowsThePasswordAndProvesItself) {
  auto plugin = host_.load<ScramAuthenticator>(settings());
  ScramClient side("ada", "secret");
  const auto ada = prove(plugin, side);
  EXPECT_EQ(ada.verdict(), AuthVerdict::allow) << ada.outcome().reason;
  EXPECT_EQ(ada.outcome().name, "ada");
  EXPECT_EQ(ada.outcome().data, side.signature());
  EXPECT_EQ(count("right"), 1);
  EXPECT_EQ(under_way(), 0);
}

TEST_F(Scram, DeniesAWrongPasswordAndAnUnknownUserAlike) {
  auto plugin = host_.load<ScramAuthenticator>(settings());
  for (const auto& [user, password] : {std::pair("ada", "Secret"), {"eve", "secret"}, {"zo\xc3\xab", "secret"}}) {
    ScramClient side(user, password);
    const auto asked = prove(plugin, side);
    EXPECT_EQ(asked.verdict(), AuthVerdict::deny);
    EXPECT_EQ(asked.outcome().status, Status::bad_credentials);
    EXPECT_EQ(asked.outcome().reason, "user name or password is wrong");
  }
  EXPECT_EQ(count("wrong"), 3);
}

TEST_F(Scram, ASaltTellsNotWhetherTheNameExists) {
  auto plugin = host_.load<ScramAuthenticator>(settings());
  const auto salt_of = [&](const std::string& user) {
    const auto asked = plugin.connect(client(ScramClient(user, "x").first()));
    return ScramClient::part(asked.outcome().data, 's') + "/" + ScramClient::part(asked.outcome().data, 'i');
  };
  EXPECT_EQ(salt_of("ada"), salt_of("ada"));
  EXPECT_EQ(salt_of("eve"), salt_of("eve"));
  EXPECT_NE(salt_of("eve"), salt_of("dan"));
  EXPECT_EQ(salt_of("eve").size(), salt_of("ada").size());
  EXPECT_TRUE(salt_of("eve").ends_with("/4096"));
}

TEST_F(Scram, NoncesAreNeverTheSame) {
  auto plugin = host_.load<ScramAuthenticator>(settings());
  const auto nonce = [&] {
    return ScramClient::part(plugin.connect(client(ScramClient("ada", "x").first())).outcome().data, 'r');
  };
  const std::string first = nonce();
  EXPECT_TRUE(first.starts_with("client-nonce"));
  EXPECT_EQ(first.size(), 12u + 32u);
  EXPECT_NE(first, nonce());
}

TEST_F(Scram, LeavesOtherMethodsToTheNext) {
  auto plugin = host_.load<ScramAuthenticator>(settings());
  EXPECT_EQ(plugin.connect({}).verdict(), AuthVerdict::defer);
  EXPECT_EQ(plugin.connect({.username = "ada", .password = "secret"}).verdict(), AuthVerdict::defer);
  for (const char* method : {"SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "scram-sha-256", "", "OAUTH2-JWT"}) {
    EXPECT_EQ(plugin.connect({.method = method, .data = "n,,n=ada,r=1"}).verdict(), AuthVerdict::defer) << method;
  }
}

TEST_F(Scram, RefusesMessagesThatAreNone) {
  auto plugin = host_.load<ScramAuthenticator>(settings());
  for (const std::string& data : {std::string(), std::string("p=tls-exporter,,n=ada,r=1"), std::string("n,,n=ada"),
                                  "n,,n=ada,r=" + std::string(300, 'x'), "n,,n=ada,r=1,x=" + std::string(1010, 'x')}) {
    const auto asked = plugin.connect(client(data));
    EXPECT_EQ(asked.verdict(), AuthVerdict::deny);
    EXPECT_EQ(asked.outcome().status, Status::not_authorized);
  }
  EXPECT_EQ(count("malformed"), 5);
  EXPECT_EQ(under_way(), 0);
}

TEST_F(Scram, AReplayedProofIsWorthNothing) {
  auto plugin = host_.load<ScramAuthenticator>(settings());
  ScramClient side("ada", "secret");
  auto first = plugin.connect(client(side.first()));
  const std::string proof = side.final(first.outcome().data);
  EXPECT_EQ(first.answer(proof), AuthVerdict::allow);
  auto second = plugin.connect(client(side.first()));
  EXPECT_EQ(second.answer(proof), AuthVerdict::deny);
  EXPECT_EQ(second.outcome().reason, "the nonce is not the one of this exchange");
}

TEST_F(Scram, StepsOutOfTurnAreDenied) {
  auto plugin = host_.load<ScramAuthenticator>(settings());
  ScramClient side("ada", "secret");
  const auto early = plugin.connect(client("c=biws,r=x,p=AAAA", TRELLIS_CREDENTIALS_CONTINUES));
  EXPECT_EQ(early.outcome().reason, "there is no exchange to go on with, or it took too long");
  EXPECT_EQ(count("out_of_turn"), 1);
  EXPECT_EQ(plugin.connect(client("c=biws,r=x,p=AAAA")).verdict(), AuthVerdict::deny) << "the second before the first";
  auto twice = plugin.connect(client(side.first()));
  EXPECT_EQ(twice.answer(side.first()), AuthVerdict::deny) << "the first for the second";
  EXPECT_EQ(under_way(), 0);
}

TEST_F(Scram, WhoBeginsAndNeverGoesOnKeepsNobodyOut) {
  auto plugin = host_.load<ScramAuthenticator>(settings(R"(, "exchanges": 2)"));
  ScramClient idle("eve", "x");
  auto first = plugin.connect(client(idle.first()));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(plugin.connect(client(idle.first())).verdict(), AuthVerdict::challenge);
  EXPECT_EQ(under_way(), 2);
  EXPECT_EQ(count("overloaded"), 2);
  ScramClient side("ada", "secret");
  EXPECT_EQ(prove(plugin, side).verdict(), AuthVerdict::allow);
  EXPECT_EQ(first.answer(idle.final(first.outcome().data)), AuthVerdict::deny);
  EXPECT_EQ(first.outcome().reason, "there is no exchange to go on with, or it took too long");
}

TEST_F(Scram, AnExchangeEndsWithTheClientOrItsTime) {
  auto plugin = host_.load<ScramAuthenticator>(settings(R"(, "exchange_time": "10s")"));
  ScramClient side("ada", "secret");
  auto gone = plugin.connect(client(side.first()));
  auto slow = plugin.connect(client(side.first()));
  EXPECT_EQ(under_way(), 2);
  gone.leave();
  EXPECT_EQ(under_way(), 1);
  host_.advance(10s);
  EXPECT_EQ(slow.answer(side.final(slow.outcome().data)), AuthVerdict::deny);
  EXPECT_EQ(slow.outcome().reason, "there is no exchange to go on with, or it took too long");
}

TEST_F(Scram, WhoFailsToProveItselfAgainIsNotAuthorizedWhateverTheReason) {
  using Result = ScramAuthenticator::Result;
  EXPECT_EQ(ScramAuthenticator::status_of(Result::overloaded, false), Status::unavailable);
  EXPECT_EQ(ScramAuthenticator::status_of(Result::overloaded, true), Status::not_authorized);
  EXPECT_EQ(ScramAuthenticator::status_of(Result::out_of_turn, true), Status::not_authorized);
}

TEST_F(Scram, ProvesItselfAgain) {
  auto plugin = host_.load<ScramAuthenticator>(settings());
  ScramClient side("ada", "secret");
  const auto again = prove(plugin, side, TRELLIS_CREDENTIALS_REAUTHENTICATES);
  EXPECT_EQ(again.verdict(), AuthVerdict::allow);
  EXPECT_EQ(again.outcome().name, "ada");
}

TEST_F(Scram, TheRegisteredClientOfThatNameCounts) {
  auto plugin = host_.load<ScramAuthenticator>(settings());
  ASSERT_EQ(host_.put_resource("clients", "a", R"({"authenticationName": "Ada"})"), "");
  ASSERT_EQ(host_.put_resource("clients", "b", R"({"authenticationName": "bob", "state": "Disabled"})"), "");
  ScramClient ada("ada", "secret");
  EXPECT_EQ(prove(plugin, ada).outcome().name, "Ada") << "as it is spelled there";
  ScramClient bob("bob", "secret");
  const auto refused = prove(plugin, bob);
  EXPECT_EQ(refused.verdict(), AuthVerdict::deny);
  EXPECT_EQ(refused.outcome().status, Status::not_authorized);
  EXPECT_EQ(count("disabled"), 1);
}

TEST_F(Scram, WhoIsDisabledOrRemovedIsCutOff) {
  host_.load<ScramAuthenticator>(settings());
  ASSERT_EQ(host_.put_resource("clients", "a", R"({"authenticationName": "ada"})"), "");
  ASSERT_EQ(host_.put_resource("clients", "b", R"({"authenticationName": "bob"})"), "");
  ASSERT_EQ(host_.put_resource("clients", "a", R"({"authenticationName": "ada", "description": "x"})"), "");
  EXPECT_TRUE(host_.revoked().empty());
  ASSERT_EQ(host_.put_resource("clients", "a", R"({"authenticationName": "ada", "state": "Disabled"})"), "");
  ASSERT_EQ(host_.remove_resource("clients", "b"), "");
  ASSERT_EQ(host_.put_resource("clients", "e", R"({"authenticationName": "eve", "state": "Disabled"})"), "");
  const auto cut_off = [&](const std::string& name) {
    const auto revoked = host_.revoked();
    return std::find(revoked.begin(), revoked.end(), trellis::testing::Revoked{"default", name}) != revoked.end();
  };
  EXPECT_TRUE(cut_off("ada"));
  EXPECT_TRUE(cut_off("bob"));
  EXPECT_TRUE(cut_off("eve")) << "who was not registered before";
}

TEST_F(Scram, TakesOverAChangedFileAndCutsOffWhomItChanged) {
  auto plugin = host_.load<ScramAuthenticator>(settings(R"(, "watch_interval": "1ms")"));
  ScramClient side("eve", "secret");
  EXPECT_EQ(prove(plugin, side).verdict(), AuthVerdict::deny);
  write(line("ada", "other") + line("eve"));
  EXPECT_TRUE(host_.wait([&] { return host_.revoked().size() == 2; }));
  EXPECT_EQ(prove(plugin, side).verdict(), AuthVerdict::allow);
  EXPECT_EQ(host_.revoked()[0].name, "ada");
  EXPECT_EQ(host_.revoked()[1].name, "bob");
  write("eve:secret\n");
  EXPECT_TRUE(host_.wait([&] { return host_.logged("users:1: user \"eve\": these are no keys"); }));
  EXPECT_EQ(prove(plugin, side).verdict(), AuthVerdict::allow) << "the users of before stay";
}

TEST_F(Scram, AnotherFileCutsOffWhomItDoesNotHave) {
  auto plugin = host_.load<ScramAuthenticator>(settings());
  replaced_by(line("bob", "other") + line("eve"));
  EXPECT_TRUE(host_.revoked().empty()) << "the old one still answers";
  plugin.instance().drain(1s);
  ASSERT_EQ(host_.revoked().size(), 2u);
  EXPECT_EQ(host_.revoked()[0].name, "ada");
  EXPECT_EQ(host_.revoked()[1].name, "bob") << "who has other keys there";
}

TEST_F(Scram, AnInstanceThatWasReplacedLooksAtItsFileNoMore) {
  auto plugin = host_.load<ScramAuthenticator>(settings(R"(, "watch_interval": "1ms")"));
  replaced_by(line("ada") + line("bob"));
  plugin.instance().drain(1s);
  write(line("eve"));
  EXPECT_FALSE(host_.wait([&] { return host_.logged("the file of users was read again"); }, 50ms));
  EXPECT_TRUE(host_.revoked().empty());
}

TEST_F(Scram, AnExchangeThatAReloadOvertakesEndsByTheNewFile) {
  auto plugin = host_.load<ScramAuthenticator>(settings());
  ScramClient ada("ada", "secret");
  ScramClient bob("bob", "secret");
  auto gone = plugin.connect(client(ada.first()));
  auto stays = plugin.connect(client(bob.first()));
  replaced_by(line("bob"));
  plugin.instance().drain(1s);
  EXPECT_EQ(gone.answer(ada.final(gone.outcome().data)), AuthVerdict::deny);
  EXPECT_EQ(stays.answer(bob.final(stays.outcome().data)), AuthVerdict::allow);
}

TEST_F(Scram, WhoIsStoppedWithTheBrokerCutsNobodyOff) {
  auto plugin = host_.load<ScramAuthenticator>(settings());
  ScramClient side("ada", "secret");
  auto asked = plugin.connect(client(side.first()));
  plugin.instance().drain(1s);
  EXPECT_EQ(asked.answer(side.final(asked.outcome().data)), AuthVerdict::allow);
  EXPECT_TRUE(host_.revoked().empty());
}

TEST_F(Scram, RefusesToStartWithoutAGoodFile) {
  write("ada\n");
  EXPECT_EQ(host_.refusal<ScramAuthenticator>(settings()), file_ +
                                                               ":1: the ':' is missing, expected user:keys; "
                                                               "`trellis scram " +
                                                               file_ + " USER` makes and manages it");
}

TEST_F(Scram, NothingSecretIsLogged) {
  TestHost host({.log_level = trellis::Level::trace});
  auto plugin = host.load<ScramAuthenticator>(settings());
  ScramClient side("ada", "secret");
  auto asked = plugin.connect(client(side.first()));
  const std::string proof = side.final(asked.outcome().data);
  asked.answer(proof + "x");
  for (const auto& logged : host.logs()) {
    std::string text = logged.text;
    for (const auto& [name, value] : logged.fields) text += value;
    EXPECT_EQ(text.find(ScramClient::part(proof, 'p')), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace scram
