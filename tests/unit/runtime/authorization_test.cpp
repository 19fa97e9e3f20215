// Authorizers asked in order; nobody answering means no.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <trellis/runtime/authorization.hpp>
#include <trellis/runtime/views.hpp>
#include <vector>

namespace trellis::runtime {
namespace {

struct FakeAuthorizer {
  std::function<std::uint32_t(const trellis_access&)> judge;
  std::uint32_t flags = 0;
  int asked = 0;
  trellis_authorizer table{};

  std::function<trellis_status(const trellis_access&, trellis_client_limits&)> admission = {};

  static trellis_status admit(void* shard, const trellis_access* client, trellis_client_limits* limits,
                              trellis_error*) {
    auto& self = *static_cast<FakeAuthorizer*>(shard);
    return self.admission ? self.admission(*client, *limits) : TRELLIS_OK;
  }
  static void explain(void*, const trellis_access* question, void* user, trellis_step_fn sink) {
    sink(user, view_of("topic"), question->topic);
  }

  AuthorizerBinding binding() {
    table = {sizeof table, flags,
             [](void* shard, const trellis_access* questions, std::uint32_t* answers, std::uint32_t count) {
               auto& self = *static_cast<FakeAuthorizer*>(shard);
               for (std::uint32_t i = 0; i < count; ++i) {
                 EXPECT_EQ(answers[i], std::uint32_t{TRELLIS_ACCESS_UNSET});
                 answers[i] = self.judge(questions[i]);
                 ++self.asked;
               }
             },
             &admit, &explain};
    return {"fake", &table, this};
  }
};

std::function<std::uint32_t(const trellis_access&)> always(std::uint32_t answer) {
  return [answer](const trellis_access&) { return answer; };
}

const IdentityPtr& ada() {
  static const IdentityPtr identity(new Identity("ada", "x", nullptr, 0, 0));
  return identity;
}

bool may_publish(Authorization& authorization, std::string_view topic = "a/b") {
  return authorization.allowed(TRELLIS_ACTION_PUBLISH, *ada(), "client", topic);
}

TEST(Authorization, NobodyAnsweringMeansNo) {
  Authorization nobody;
  EXPECT_FALSE(nobody.allows_all());
  EXPECT_FALSE(may_publish(nobody));

  FakeAuthorizer deferring{always(TRELLIS_ACCESS_DEFER)};
  Authorization chain("default", {deferring.binding()});
  EXPECT_FALSE(may_publish(chain));
}

TEST(Authorization, TheFirstWhoDecidesDecides) {
  FakeAuthorizer deferring{always(TRELLIS_ACCESS_DEFER)};
  FakeAuthorizer allowing{always(TRELLIS_ACCESS_ALLOW)};
  FakeAuthorizer denying{always(TRELLIS_ACCESS_DENY)};
  Authorization allows("default", {deferring.binding(), allowing.binding(), denying.binding()});
  EXPECT_TRUE(may_publish(allows));
  EXPECT_EQ(denying.asked, 0);
  Authorization denies("default", {deferring.binding(), denying.binding(), allowing.binding()});
  EXPECT_FALSE(may_publish(denies));
}

TEST(Authorization, AnUnansweredQuestionDenies) {
  for (const std::uint32_t answer : {std::uint32_t{TRELLIS_ACCESS_UNSET}, 77u}) {
    FakeAuthorizer silent{always(answer)};
    FakeAuthorizer allowing{always(TRELLIS_ACCESS_ALLOW)};
    Authorization chain("default", {silent.binding(), allowing.binding()});
    EXPECT_FALSE(may_publish(chain));
    EXPECT_EQ(allowing.asked, 0);
  }
}

TEST(Authorization, TheQuestionTellsWhoWhatAndWhere) {
  FakeAuthorizer curious{[](const trellis_access& access) {
    EXPECT_EQ(access.action, std::uint32_t{TRELLIS_ACTION_SUBSCRIBE});
    EXPECT_EQ(text_of(access.identity->name), "ada");
    EXPECT_EQ(text_of(access.client_id), "sensor-7");
    EXPECT_EQ(text_of(access.topic), "a/#");
    return std::uint32_t{TRELLIS_ACCESS_ALLOW};
  }};
  Authorization chain("default", {curious.binding()});
  EXPECT_TRUE(chain.allowed(TRELLIS_ACTION_SUBSCRIBE, *ada(), "sensor-7", "a/#"));
}

TEST(Authorization, WhoAllowsAllNeedNotBeAsked) {
  FakeAuthorizer open{always(TRELLIS_ACCESS_DENY), TRELLIS_AUTHORIZER_ALLOWS_ALL};
  Authorization chain("default", {open.binding()});
  EXPECT_TRUE(chain.allows_all());
  EXPECT_TRUE(may_publish(chain));
  EXPECT_EQ(open.asked, 0);
}

TEST(Authorization, WhoAllowsAllButComesSecondIsAsked) {
  FakeAuthorizer strict{[](const trellis_access& access) {
    return std::uint32_t{text_of(access.topic) == "secret" ? TRELLIS_ACCESS_DENY : TRELLIS_ACCESS_DEFER};
  }};
  FakeAuthorizer open{always(TRELLIS_ACCESS_ALLOW), TRELLIS_AUTHORIZER_ALLOWS_ALL};
  Authorization chain("default", {strict.binding(), open.binding()});
  EXPECT_FALSE(chain.allows_all());
  EXPECT_FALSE(may_publish(chain, "secret"));
  EXPECT_TRUE(may_publish(chain, "public"));
}

TEST(Authorization, DeliveriesAreJudgedByThoseWhoAskToOnly) {
  FakeAuthorizer plain{always(TRELLIS_ACCESS_DENY)};
  Authorization without("default", {plain.binding()});
  EXPECT_FALSE(without.judges_receive());
  EXPECT_TRUE(without.allowed(TRELLIS_ACTION_RECEIVE, *ada(), "client", "a"));
  EXPECT_EQ(plain.asked, 0);

  FakeAuthorizer judging{always(TRELLIS_ACCESS_DENY), TRELLIS_AUTHORIZER_JUDGES_RECEIVE};
  Authorization with("default", {judging.binding()});
  EXPECT_TRUE(with.judges_receive());
  EXPECT_FALSE(with.allowed(TRELLIS_ACTION_RECEIVE, *ada(), "client", "a"));
}

TEST(Authorization, TellsTheNamespace) {
  FakeAuthorizer asked{[](const trellis_access& question) {
    return text_of(question.name_space) == "plant" ? TRELLIS_ACCESS_ALLOW : TRELLIS_ACCESS_DENY;
  }};
  Authorization chain("plant", {asked.binding()});
  EXPECT_TRUE(may_publish(chain));
}

TEST(Authorization, WhoeverRefusesRefuses) {
  FakeAuthorizer admitting{always(TRELLIS_ACCESS_ALLOW)};
  FakeAuthorizer refusing{always(TRELLIS_ACCESS_ALLOW)};
  refusing.admission = [](const trellis_access&, trellis_client_limits&) { return TRELLIS_QUOTA; };
  Authorization chain("default", {admitting.binding(), refusing.binding()});
  trellis_client_limits limits{};
  trellis_error error{sizeof(trellis_error), 0, {}};
  EXPECT_EQ(chain.admit(*ada(), "client", limits, error), TRELLIS_QUOTA);
}

TEST(Authorization, TheStrictestLimitsCount) {
  FakeAuthorizer first{always(TRELLIS_ACCESS_ALLOW)};
  FakeAuthorizer second{always(TRELLIS_ACCESS_ALLOW)};
  first.admission = [](const trellis_access&, trellis_client_limits& limits) {
    limits.sessions = 3;
    limits.bytes_per_s = 100;
    return TRELLIS_OK;
  };
  second.admission = [](const trellis_access& client, trellis_client_limits& limits) {
    EXPECT_EQ(text_of(client.client_id), "client");
    EXPECT_EQ(limits.sessions, 0u) << "each says its own";
    limits.sessions = 2;
    limits.subscriptions = 7;
    return TRELLIS_OK;
  };
  Authorization chain("default", {first.binding(), second.binding()});
  trellis_client_limits limits{};
  trellis_error error{sizeof(trellis_error), 0, {}};
  EXPECT_EQ(chain.admit(*ada(), "client", limits, error), TRELLIS_OK);
  EXPECT_EQ(limits.sessions, 2u);
  EXPECT_EQ(limits.subscriptions, 7u);
  EXPECT_EQ(limits.bytes_per_s, 100u);
  EXPECT_EQ(limits.publishes_per_s, 0u);
}

TEST(Authorization, ExplainsEachAnswerUntilTheLast) {
  FakeAuthorizer deferring{always(TRELLIS_ACCESS_DEFER)};
  FakeAuthorizer denying{always(TRELLIS_ACCESS_DENY)};
  FakeAuthorizer never{always(TRELLIS_ACCESS_ALLOW)};
  Authorization chain("default", {deferring.binding(), denying.binding(), never.binding()});
  std::vector<std::string> steps;
  EXPECT_FALSE(chain.explain(TRELLIS_ACTION_PUBLISH, *ada(), "client", "a/b", steps));
  EXPECT_EQ(steps, (std::vector<std::string>{"topic", "a/b", "authorizer fake", "asks the next one", "topic", "a/b",
                                             "authorizer fake", "denied"}));
  EXPECT_EQ(never.asked, 0);
}

TEST(Authorization, ExplainsThatNobodyAllowedIt) {
  Authorization nobody;
  std::vector<std::string> steps;
  EXPECT_FALSE(nobody.explain(TRELLIS_ACTION_PUBLISH, *ada(), "client", "a/b", steps));
  EXPECT_EQ(steps, (std::vector<std::string>{"authorizers", "none of the namespace allows it"}));
}

}  // namespace
}  // namespace trellis::runtime
