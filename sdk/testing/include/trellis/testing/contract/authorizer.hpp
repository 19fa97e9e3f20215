// The suite of every authorizer.
#pragma once

#include <trellis/testing/contract/plugin.hpp>

namespace trellis::testing {

struct AccessQuestion {
  Authenticated who = {};
  Action action = Action::publish;
  std::string topic = {};
};

struct AuthorizerSamples : PluginSamples {
  /// What it allows, to clients it lets in.
  static std::vector<AccessQuestion> allowed() { return {}; }
  /// What it does not: it denies it, or leaves it to others.
  static std::vector<AccessQuestion> denied() { return {}; }
};

namespace contract {

template <class Samples>
class AuthorizerContract : public ::testing::Test {
 protected:
  static std::vector<AccessQuestion> all() {
    std::vector<AccessQuestion> out = Samples::allowed();
    const std::vector<AccessQuestion> denied = Samples::denied();
    out.insert(out.end(), denied.begin(), denied.end());
    return out;
  }
  static Access ask(Instance& instance, const AccessQuestion& question, std::uint32_t shard = 0) {
    return AuthorizerDriver(instance).may(question.who, {{question.action, question.topic}}, shard).front();
  }
};

TYPED_TEST_SUITE_P(AuthorizerContract);

TYPED_TEST_P(AuthorizerContract, AllowsWhatItShould) {
  Running<TypeParam> plugin;
  for (const AccessQuestion& question : TypeParam::allowed()) {
    EXPECT_EQ(AuthorizerDriver(plugin.instance).admit(question.who).status, Status::ok) << question.who.name;
    EXPECT_EQ(this->ask(plugin.instance, question, 1), Access::allow) << question.who.name << " " << question.topic;
  }
}

TYPED_TEST_P(AuthorizerContract, DoesNotAllowTheRest) {
  Running<TypeParam> plugin;
  for (const AccessQuestion& question : TypeParam::denied()) {
    EXPECT_NE(this->ask(plugin.instance, question), Access::allow) << question.who.name << " " << question.topic;
  }
}

TYPED_TEST_P(AuthorizerContract, AnswersABatchAsItAnswersOneByOne) {
  Running<TypeParam> plugin;
  for (const AccessQuestion& about : this->all()) {
    std::vector<std::pair<Action, std::string>> questions;
    std::vector<Access> expected;
    for (const AccessQuestion& one : this->all()) {
      questions.emplace_back(one.action, one.topic);
      expected.push_back(this->ask(plugin.instance, {about.who, one.action, one.topic}));
    }
    EXPECT_EQ(AuthorizerDriver(plugin.instance).may(about.who, questions, 1), expected) << about.who.name;
  }
}

TYPED_TEST_P(AuthorizerContract, TakesAnyTopicOfAnybody) {
  Running<TypeParam> plugin;
  for (const std::string& topic : {std::string(), std::string("#"), std::string("/"), std::string(65'535, 't'),
                                   std::string("\xFF\xFE"), std::string("$share/a/b"), std::string("a/+/+/#")}) {
    for (const Action action : {Action::publish, Action::subscribe, Action::receive}) {
      this->ask(plugin.instance, {{.name = ""}, action, topic});
      this->ask(plugin.instance, {{.name = std::string(1000, 'n'), .attributes = {{"a", "no JSON"}}}, action, topic});
    }
  }
}

TYPED_TEST_P(AuthorizerContract, ExplainsInStepsThatHaveAName) {
  Running<TypeParam> plugin;
  if (plugin.instance.template table<trellis_authorizer>()->explain == nullptr) return;  // it cannot tell
  for (const AccessQuestion& question : this->all()) {
    for (const auto& [what, found] :
         AuthorizerDriver(plugin.instance).explain(question.who, question.action, question.topic)) {
      EXPECT_NE(what, "") << "found: " << found;
    }
  }
}

TYPED_TEST_P(AuthorizerContract, AnswersSeveralShardsAtOnce) {
  Running<TypeParam> plugin(3);
  std::vector<Access> expected;
  for (const AccessQuestion& question : this->all()) expected.push_back(this->ask(plugin.instance, question));
  plugin.host.at_once([&](std::uint32_t shard) {
    for (int round = 0; round < 50; ++round) {
      std::vector<Access> answers;
      for (const AccessQuestion& question : this->all()) answers.push_back(this->ask(plugin.instance, question, shard));
      EXPECT_EQ(answers, expected);
    }
  });
}

REGISTER_TYPED_TEST_SUITE_P(AuthorizerContract, AllowsWhatItShould, DoesNotAllowTheRest,
                            AnswersABatchAsItAnswersOneByOne, TakesAnyTopicOfAnybody, ExplainsInStepsThatHaveAName,
                            AnswersSeveralShardsAtOnce);

}  // namespace contract
}  // namespace trellis::testing
