// The suite of every authenticator.
#pragma once

#include <trellis/testing/contract/plugin.hpp>

namespace trellis::testing {

struct AuthenticatorSamples : PluginSamples {
  /// Clients that it allows.
  static std::vector<Client> allowed() { return {}; }
  /// Clients that it does not allow: it denies them, or leaves them to others.
  static std::vector<Client> denied() { return {}; }
  /// What such a client says to a challenge, where it proves itself step by step.
  static std::string respond(const Client& /*client*/, const std::string& /*challenge*/) { return {}; }
};

namespace contract {

template <class Samples>
class AuthenticatorContract : public ::testing::Test {
 protected:
  /// The answer, also where it comes from a thread of the plugin's, from others, or in steps.
  static AuthOutcome judged(Running<Samples>& plugin, const Client& client, std::uint32_t shard = 0) {
    AuthClient asked = AuthenticatorDriver(plugin.instance).connect(client, shard);
    plugin.wait([&] { return asked.verdict() != AuthVerdict::pending; });
    for (int step = 0; step < 10 && asked.verdict() == AuthVerdict::challenge; ++step) {
      asked.answer(Samples::respond(client, asked.outcome().data));
      plugin.wait([&] { return asked.verdict() != AuthVerdict::pending; });
    }
    return asked.outcome();
  }
  /// Clients that tell no authenticator anything, or too much.
  static std::vector<Client> strange() {
    return {{},
            {.username = ""},
            {.username = std::string("a\0b", 3), .password = std::string(70'000, '\xFF')},
            {.client_id = std::string(65'535, 'c'), .password = ""},
            {.method = "NO-SUCH-METHOD", .data = "\x01\x02"},
            {.method = "", .data = std::string(5000, '=')},
            {.certificates = {"this is no certificate", ""}, .user_properties = {{"", ""}}}};
  }
};

TYPED_TEST_SUITE_P(AuthenticatorContract);

TYPED_TEST_P(AuthenticatorContract, AllowsWhomItShould) {
  Running<TypeParam> plugin;
  for (const Client& client : TypeParam::allowed()) {
    const AuthOutcome outcome = this->judged(plugin, client, 1);
    EXPECT_EQ(outcome.verdict, AuthVerdict::allow)
        << client.username.value_or(client.client_id) << ": " << outcome.reason;
  }
}

TYPED_TEST_P(AuthenticatorContract, DoesNotAllowOthers) {
  Running<TypeParam> plugin;
  for (const Client& client : TypeParam::denied()) {
    const AuthOutcome outcome = this->judged(plugin, client);
    EXPECT_TRUE(outcome.verdict == AuthVerdict::deny || outcome.verdict == AuthVerdict::defer)
        << client.username.value_or(client.client_id);
    EXPECT_TRUE(outcome.verdict != AuthVerdict::deny || outcome.status >= Status::not_authorized);
  }
}

TYPED_TEST_P(AuthenticatorContract, AnswersTheSameInsideTheCallOrAfterIt) {
  for (const bool eager : {false, true}) {
    Running<TypeParam> plugin(1, eager);
    for (const Client& client : TypeParam::allowed()) {
      EXPECT_EQ(this->judged(plugin, client).verdict, AuthVerdict::allow);
    }
  }
}

TYPED_TEST_P(AuthenticatorContract, TakesWhateverAClientShows) {
  Running<TypeParam> plugin;
  for (const Client& client : this->strange()) {
    AuthClient asked = AuthenticatorDriver(plugin.instance).connect(client);
    if (asked.verdict() == AuthVerdict::challenge) asked.answer("nothing that was asked for");
  }
  plugin.host.advance(std::chrono::minutes(1));
}

TYPED_TEST_P(AuthenticatorContract, ForgetsClientsThatLeave) {
  Running<TypeParam> plugin;
  for (const auto& clients : {TypeParam::allowed(), TypeParam::denied(), this->strange()}) {
    for (const Client& client : clients) {
      AuthClient asked = AuthenticatorDriver(plugin.instance).connect(client);
      if (asked.verdict() == AuthVerdict::pending || asked.verdict() == AuthVerdict::challenge) asked.leave();
    }
  }
  plugin.host.advance(std::chrono::minutes(1));
}

TYPED_TEST_P(AuthenticatorContract, AnswersSeveralShardsAtOnce) {
  Running<TypeParam> plugin(3);
  plugin.host.at_once([&](std::uint32_t shard) {
    for (int round = 0; round < 5; ++round) {
      for (const auto& clients : {TypeParam::allowed(), TypeParam::denied()}) {
        for (const Client& client : clients) AuthenticatorDriver(plugin.instance).connect(client, shard);
      }
    }
  });
}

REGISTER_TYPED_TEST_SUITE_P(AuthenticatorContract, AllowsWhomItShould, DoesNotAllowOthers,
                            AnswersTheSameInsideTheCallOrAfterIt, TakesWhateverAClientShows, ForgetsClientsThatLeave,
                            AnswersSeveralShardsAtOnce);

}  // namespace contract
}  // namespace trellis::testing
