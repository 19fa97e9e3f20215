// Authorizers asked in order; nobody answering means no.
#include "identity/authorization.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "message/message.hpp"

namespace trellis::kernel {
namespace {

struct FakeAuthorizer {
  std::function<std::uint32_t(const trellis_access&)> judge;
  std::uint32_t flags = 0;
  int asked = 0;
  trellis_authorizer table{};

  AuthorizerBinding binding() {
    table = {sizeof table, flags,
             [](void* shard, const trellis_access* questions, std::uint32_t* answers, std::uint32_t count) {
               auto& self = *static_cast<FakeAuthorizer*>(shard);
               for (std::uint32_t i = 0; i < count; ++i) {
                 EXPECT_EQ(answers[i], std::uint32_t{TRELLIS_ACCESS_UNSET});
                 answers[i] = self.judge(questions[i]);
                 ++self.asked;
               }
             }};
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
  Authorization chain({deferring.binding()});
  EXPECT_FALSE(may_publish(chain));
}

TEST(Authorization, TheFirstWhoDecidesDecides) {
  FakeAuthorizer deferring{always(TRELLIS_ACCESS_DEFER)};
  FakeAuthorizer allowing{always(TRELLIS_ACCESS_ALLOW)};
  FakeAuthorizer denying{always(TRELLIS_ACCESS_DENY)};
  Authorization allows({deferring.binding(), allowing.binding(), denying.binding()});
  EXPECT_TRUE(may_publish(allows));
  EXPECT_EQ(denying.asked, 0);
  Authorization denies({deferring.binding(), denying.binding(), allowing.binding()});
  EXPECT_FALSE(may_publish(denies));
}

TEST(Authorization, AnUnansweredQuestionDenies) {
  for (const std::uint32_t answer : {std::uint32_t{TRELLIS_ACCESS_UNSET}, 77u}) {
    FakeAuthorizer silent{always(answer)};
    FakeAuthorizer allowing{always(TRELLIS_ACCESS_ALLOW)};
    Authorization chain({silent.binding(), allowing.binding()});
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
  Authorization chain({curious.binding()});
  EXPECT_TRUE(chain.allowed(TRELLIS_ACTION_SUBSCRIBE, *ada(), "sensor-7", "a/#"));
}

TEST(Authorization, WhoAllowsAllNeedNotBeAsked) {
  FakeAuthorizer open{always(TRELLIS_ACCESS_DENY), TRELLIS_AUTHORIZER_ALLOWS_ALL};
  Authorization chain({open.binding()});
  EXPECT_TRUE(chain.allows_all());
  EXPECT_TRUE(may_publish(chain));
  EXPECT_EQ(open.asked, 0);
}

TEST(Authorization, WhoAllowsAllButComesSecondIsAsked) {
  FakeAuthorizer strict{[](const trellis_access& access) {
    return std::uint32_t{text_of(access.topic) == "secret" ? TRELLIS_ACCESS_DENY : TRELLIS_ACCESS_DEFER};
  }};
  FakeAuthorizer open{always(TRELLIS_ACCESS_ALLOW), TRELLIS_AUTHORIZER_ALLOWS_ALL};
  Authorization chain({strict.binding(), open.binding()});
  EXPECT_FALSE(chain.allows_all());
  EXPECT_FALSE(may_publish(chain, "secret"));
  EXPECT_TRUE(may_publish(chain, "public"));
}

TEST(Authorization, DeliveriesAreJudgedByThoseWhoAskToOnly) {
  FakeAuthorizer plain{always(TRELLIS_ACCESS_DENY)};
  Authorization without({plain.binding()});
  EXPECT_FALSE(without.judges_receive());
  EXPECT_TRUE(without.allowed(TRELLIS_ACTION_RECEIVE, *ada(), "client", "a"));
  EXPECT_EQ(plain.asked, 0);

  FakeAuthorizer judging{always(TRELLIS_ACCESS_DENY), TRELLIS_AUTHORIZER_JUDGES_RECEIVE};
  Authorization with({judging.binding()});
  EXPECT_TRUE(with.judges_receive());
  EXPECT_FALSE(with.allowed(TRELLIS_ACTION_RECEIVE, *ada(), "client", "a"));
}

}  // namespace
}  // namespace trellis::kernel
