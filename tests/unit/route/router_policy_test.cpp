// Who may publish and receive, what stages do to it, and what becomes of what nobody takes.
#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <string>

#include "connections/fake_endpoint.hpp"
#include "route/router_bench.hpp"

namespace trellis::kernel {
namespace {

using testing::Client;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::limits;
using testing::publication;
using testing::RouterBench;
using testing::subscription;

/// Denies whatever concerns a topic that begins with "secret".
const trellis_authorizer& secretive(std::uint32_t flags) {
  static trellis_authorizer tables[2];
  trellis_authorizer& table = tables[flags == 0 ? 0 : 1];
  table = {sizeof table, flags,
           [](void*, const trellis_access* questions, std::uint32_t* answers, std::uint32_t count) {
             for (std::uint32_t i = 0; i < count; ++i) {
               answers[i] =
                   text_of(questions[i].topic).starts_with("secret") ? TRELLIS_ACCESS_DENY : TRELLIS_ACCESS_ALLOW;
             }
           },
           nullptr, nullptr};
  return table;
}

void authorize(RouterBench& bench, std::uint32_t flags = 0) {
  bench.set_policies([&](Policies& policies) {
    policies.authorization = Authorization("default", {{"secretive", &secretive(flags), nullptr}});
  });
}

const Identity& ada_identity() {
  static const IdentityPtr identity(new Identity("ada", "x", nullptr, 0, 0));
  return *identity;
}

/// Attaches a subscriber to a connection, whose identity is then asked about.
class Attached {
 public:
  Attached(RouterBench& bench, Client& client)
      : bench_(bench), counted_(testing::connection_metrics(bench.shards.metrics)) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    peer_ = testing::Peer(ends[1]);
    endpoint_ = std::make_shared<testing::FakeEndpoint>(*bench.shards[0], counted_, protocol_);
    bench.on(client, [&](Subscriber& subscriber) {
      endpoint_->listener->own.enter();
      endpoint_->listener->all->enter();
      Connection::open(endpoint_, ends[0], 0);
      protocol_.connection->set_identity(IdentityPtr(&ada_identity()));
      subscriber.attach(protocol_.connection, 0);
    });
  }
  ~Attached() {
    bench_.shards[0].call([this] { protocol_.connection->close_now(TRELLIS_CLOSE_SHUTDOWN); });
    bench_.shards[0].turn();
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;
  void authenticate_again(Client& client, const IdentityPtr& identity) {
    bench_.on(client, [&](Subscriber& subscriber) {
      endpoint_->on_reidentified = [&](Connection&) {
        subscriber.follow_identity();
        bench_.routers[0]->identity_changed(subscriber);
      };
      protocol_.connection->set_identity(identity);
    });
  }

 private:
  RouterBench& bench_;
  ConnectionMetrics counted_;
  testing::FakeProtocol protocol_;
  std::shared_ptr<testing::FakeEndpoint> endpoint_;
  testing::Peer peer_;
};

TEST(RouterPolicy, AsksAuthorizersAboutClientsButNotAboutTheBroker) {
  RouterBench bench;
  authorize(bench);
  Client& client = bench.open("c");
  bench.subscribe(client, subscription("#"));
  const Publisher ada{.name = "m1", .identity = &ada_identity()};
  const auto results =
      bench.publish({publication("public", "1"), publication("secret/x", "2"), publication("public", "3")}, 0, ada);
  EXPECT_THAT(results, ElementsAre(TRELLIS_OK, TRELLIS_NOT_AUTHORIZED, TRELLIS_OK));
  EXPECT_EQ(bench.publish("secret/x", "4", 0), TRELLIS_OK);
  EXPECT_THAT(bench.payloads(client), ElementsAre("1", "3", "4"));
}

TEST(RouterPolicy, TopicsOfTheBrokersOwnAreNotForClients) {
  RouterBench bench;
  authorize(bench);
  const Publisher ada{.name = "m1", .identity = &ada_identity()};
  const Publisher nobody{.name = "m2"};
  EXPECT_THAT(bench.publish({publication("$SYS/x", "1")}, 0, ada), ElementsAre(TRELLIS_NOT_AUTHORIZED));
  EXPECT_THAT(bench.publish({publication("public", "1")}, 0, nobody), ElementsAre(TRELLIS_NOT_AUTHORIZED));
  EXPECT_EQ(bench.publish("$SYS/x", "1"), TRELLIS_NO_MATCH);
}

TEST(RouterPolicy, MayPublishAnswersWithoutPublishing) {
  RouterBench bench;
  authorize(bench);
  const Publisher ada{.name = "m1", .identity = &ada_identity()};
  const auto may = [&](const char* topic) {
    return bench.shards[0].call([&] { return bench.routers[0]->may_publish(0, ada, topic); });
  };
  EXPECT_EQ(may("public"), TRELLIS_OK);
  EXPECT_EQ(may("secret"), TRELLIS_NOT_AUTHORIZED);
  EXPECT_EQ(may("wild/#"), TRELLIS_INVALID);
  EXPECT_EQ(bench.read(bench.space().published), 0);
}

TEST(RouterPolicy, SubscribingNeedsPermission) {
  RouterBench bench;
  authorize(bench);
  Client& client = bench.open("c");
  const Attached attached(bench, client);
  EXPECT_EQ(bench.subscribe(client, subscription("secret/#")), TRELLIS_NOT_AUTHORIZED);
  EXPECT_EQ(bench.subscribe(client, subscription("public/#")), TRELLIS_OK);
}

TEST(RouterPolicy, DeliveriesAreJudgedWhereAnAuthorizerAsksToAndAgainAfterAChange) {
  RouterBench bench;
  authorize(bench, TRELLIS_AUTHORIZER_JUDGES_RECEIVE);
  Client& client = bench.open("c");
  const Attached attached(bench, client);
  bench.subscribe(client, subscription("#"));
  bench.publish("secret/x", "1");
  bench.publish("public", "2");
  EXPECT_THAT(bench.payloads(client), ElementsAre("2"));
  authorize(bench, 0);  // nobody judges deliveries any more: what was remembered must not stay
  bench.publish("secret/x", "3");
  EXPECT_THAT(bench.payloads(client), ElementsAre("3"));
}

TEST(RouterPolicy, DeliveriesAreJudgedAgainWhenTheClientAuthenticatesAnew) {
  RouterBench bench(2);
  static const trellis_authorizer kCleared{
      sizeof kCleared, TRELLIS_AUTHORIZER_JUDGES_RECEIVE,
      [](void*, const trellis_access* questions, std::uint32_t* answers, std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
          const bool cleared = questions[i].identity->attribute_count > 0;
          answers[i] =
              cleared || questions[i].action != TRELLIS_ACTION_RECEIVE ? TRELLIS_ACCESS_ALLOW : TRELLIS_ACCESS_DENY;
        }
      },
      nullptr, nullptr};
  bench.set_policies([](Policies& policies) {
    policies.authorization = Authorization("default", {{"cleared", &kCleared, nullptr}});
  });
  Client& client = bench.open("c");
  Attached attached(bench, client);
  bench.subscribe(client, subscription("a"));
  const trellis_pair clearance{view_of("clearance"), view_of("high")};
  const auto publish_from_both = [&] {
    for (const std::uint32_t shard : {0u, 1u}) bench.publish("a", "x", 1, 0, shard);
    return bench.payloads(client).size();
  };
  EXPECT_EQ(publish_from_both(), 0u);
  attached.authenticate_again(client, IdentityPtr(new Identity("ada", "x", &clearance, 1, 0)));
  EXPECT_EQ(publish_from_both(), 2u);
  attached.authenticate_again(client, IdentityPtr(new Identity("ada", "x", nullptr, 0, 0)));
  EXPECT_EQ(publish_from_both(), 0u);
}

TEST(RouterPolicy, WhoMayNotReceiveATopicDoesNotRefuseItsPublishers) {
  RouterBench bench;
  authorize(bench, TRELLIS_AUTHORIZER_JUDGES_RECEIVE);
  Client& client = bench.open("c", 0, testing::limits(1, TRELLIS_OVERFLOW_REJECT));
  const Attached attached(bench, client);
  bench.subscribe(client, subscription("#"));
  bench.subscribe(client, subscription("#", 1, "g"));
  bench.on(client, [](Subscriber& away) { away.detach(UINT64_MAX); });
  EXPECT_EQ(bench.publish("public", "1"), TRELLIS_OK);
  EXPECT_EQ(bench.publish("public", "2"), TRELLIS_QUOTA);
  EXPECT_EQ(bench.publish("secret/x", "3"), TRELLIS_NO_MATCH);
}

TEST(RouterPolicy, DeliveriesToMembersOfASharedSubscriptionAreJudgedToo) {
  RouterBench bench(2);
  authorize(bench, TRELLIS_AUTHORIZER_JUDGES_RECEIVE);
  Client& judged = bench.open("judged");
  Client& trusted = bench.open("trusted", 1);  // has no identity: the broker's own
  const Attached attached(bench, judged);
  bench.subscribe(judged, subscription("#", 1, "g"));
  for (const std::uint32_t shard : {0u, 1u}) {
    EXPECT_EQ(bench.publish("secret/x", "1", 1, 0, shard), TRELLIS_NO_MATCH);
    EXPECT_EQ(bench.publish("public", "2", 1, 0, shard), TRELLIS_OK);
  }
  EXPECT_THAT(bench.payloads(judged), ElementsAre("2", "2"));
  bench.subscribe(trusted, subscription("#", 1, "g"));
  for (int i = 0; i < 4; ++i) bench.publish("secret/x", "3", 1, 0, static_cast<std::uint32_t>(i % 2));
  EXPECT_THAT(bench.payloads(trusted), ElementsAre("3", "3", "3", "3"));
  EXPECT_THAT(bench.payloads(judged), IsEmpty());
  bench.expect_account();
}

TEST(RouterPolicy, WhatALeavingMemberHadGoesOnlyToWhoMayReceiveIt) {
  RouterBench bench;
  authorize(bench, TRELLIS_AUTHORIZER_JUDGES_RECEIVE);
  Client& leaving = bench.open("leaving");
  leaving.settles = false;
  bench.subscribe(leaving, subscription("#", 1, "g"));
  bench.publish("secret/x", "1");
  bench.publish("public", "2");
  Client& judged = bench.open("judged");
  const Attached attached(bench, judged);
  bench.subscribe(judged, subscription("#", 1, "g"));
  bench.close(leaving);
  EXPECT_THAT(bench.payloads(judged), ElementsAre("2"));
  bench.expect_account();
}

TEST(RouterPolicy, AuthorizersAreAskedOncePerTopicUntilDecisionsAreForgottenOnAllShards) {
  RouterBench bench(2);
  static std::atomic<int> asked;
  static std::atomic<bool> allow;
  asked = 0;
  allow = true;
  static const trellis_authorizer table{sizeof table, TRELLIS_AUTHORIZER_JUDGES_RECEIVE,
                                        [](void*, const trellis_access*, std::uint32_t* answers, std::uint32_t) {
                                          ++asked;
                                          answers[0] = allow ? TRELLIS_ACCESS_ALLOW : TRELLIS_ACCESS_DENY;
                                        },
                                        nullptr, nullptr};
  bench.set_policies([](Policies& policies) {
    policies.authorization = Authorization("default", {{"counting", &table, nullptr}});
  });
  Client& client = bench.open("c");
  const Attached attached(bench, client);
  bench.subscribe(client, subscription("t"));
  bench.subscribe(client, subscription("t", 1, "g"));
  asked = 0;
  for (int i = 0; i < 5; ++i) bench.publish("t", "x");
  EXPECT_EQ(asked, 2) << "for itself and as a member";
  for (int i = 0; i < 5; ++i) bench.publish("t", "x", 1, 0, 1);
  EXPECT_EQ(asked, 3) << "the other shard decides about the member, this one about the receiver";
  EXPECT_EQ(bench.take(client).size(), 20u);
  allow = false;
  bench.publish("t", "remembered");
  EXPECT_THAT(bench.payloads(client), ElementsAre("remembered", "remembered"));
  bench.routers[1]->forget_decisions();
  for (const std::uint32_t shard : {0u, 1u}) bench.publish("t", "x", 1, 0, shard);
  EXPECT_THAT(bench.payloads(client), IsEmpty());
}

/// Drops "drop", answers "edit" by another payload, copies "copy" to another topic.
const trellis_stage& busy_stage() {
  static const trellis_stage table{
      sizeof table, [](void*, trellis_batch* batch, const trellis_message* const* messages, std::uint32_t* verdicts,
                       std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
          const std::string_view payload = text_of(messages[i]->payload);
          verdicts[i] = payload == "drop" ? TRELLIS_VERDICT_DROP : TRELLIS_VERDICT_PASS;
          if (payload == "edit") {
            const trellis_publication edited = publication("a", "edited", messages[i]->qos);
            stage_table().replace(batch, i, &edited);
            verdicts[i] = TRELLIS_VERDICT_REPLACED;
          } else if (payload == "copy") {
            const trellis_publication copied = publication("copies", "copied", messages[i]->qos);
            stage_table().copy(batch, &copied);
          }
        }
      }};
  return table;
}

TEST(RouterPolicy, StagesSeeWhatIsPublished) {
  RouterBench bench;
  bench.set_policies([](Policies& policies) {
    policies.on_publish = FilterChain("n", {{"busy", &busy_stage(), nullptr}});
  });
  Client& client = bench.open("c");
  bench.subscribe(client, subscription("#"));
  const auto results = bench.publish({publication("a", "drop", 1), publication("a", "edit", 1),
                                      publication("a", "copy", 1), publication("a", "pass", 1)});
  EXPECT_THAT(results, ElementsAre(TRELLIS_DROPPED, TRELLIS_OK, TRELLIS_OK, TRELLIS_OK));
  EXPECT_THAT(bench.payloads(client), ElementsAre("edited", "copy", "pass", "copied"));
  EXPECT_EQ(bench.read(bench.space().published), 4) << "for the sender dropping on purpose is success";
  bench.expect_account();
}

TEST(RouterPolicy, StagesSeeWhatIsDelivered) {
  RouterBench bench;
  bench.set_policies([](Policies& policies) {
    policies.on_deliver = FilterChain("n", {{"busy", &busy_stage(), nullptr}});
  });
  Client& client = bench.open("c");
  bench.subscribe(client, subscription("a"));
  bench.publish({publication("a", "drop", 1), publication("a", "edit", 1), publication("a", "pass", 1)});
  EXPECT_THAT(bench.payloads(client), ElementsAre("edited", "pass"));
  bench.expect_account();
}

TEST(RouterPolicy, RefusesPublishersWhileAQueueWithThatPolicyIsFull) {
  RouterBench bench;
  Client& full = bench.open("full", 0, limits(2, TRELLIS_OVERFLOW_REJECT));
  Client& other = bench.open("other");
  for (Client* client : {&full, &other}) bench.subscribe(*client, subscription("a"));
  bench.on(full, [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); });
  EXPECT_EQ(bench.publish("a", "1"), TRELLIS_OK);
  EXPECT_EQ(bench.publish("a", "2"), TRELLIS_OK);
  EXPECT_EQ(bench.publish("a", "3"), TRELLIS_QUOTA);
  EXPECT_EQ(bench.publish("b", "4"), TRELLIS_NO_MATCH) << "other topics go on";
  EXPECT_THAT(bench.payloads(other), ElementsAre("1", "2")) << "nobody gets what was refused";
  bench.on(full, [](Subscriber& subscriber) { subscriber.attach(nullptr, 0); });
  EXPECT_THAT(bench.payloads(full), ElementsAre("1", "2"));
  EXPECT_EQ(bench.publish("a", "5"), TRELLIS_OK);
  bench.close(full);
  EXPECT_EQ(bench.space().refusing.load(), 0u);
  bench.expect_account();
}

// What is on its way counts: a burst that comes before the other shard looked is not promised the same room twice.
TEST(RouterPolicy, RefusesWhatAFullQueueOnAnotherShardHasNoRoomFor) {
  RouterBench bench(2);
  Client& full = bench.open("full", 1, limits(10, TRELLIS_OVERFLOW_REJECT));
  bench.subscribe(full, subscription("a/#"));
  bench.subscribe(full, subscription("a/+"));
  bench.on(full, [](Subscriber& subscriber) { subscriber.detach(UINT64_MAX); });
  std::latch go(1);
  bench.shards[1]->post([&] { go.wait(); });  // it takes nothing meanwhile
  std::size_t taken = 0;
  bench.shards[0].call([&] {
    for (int burst = 0; burst < 4; ++burst) {
      const std::vector<trellis_publication> messages(6, publication(burst % 2 == 0 ? "a/b" : "a/c", "x", 1));
      std::vector<trellis_status> results(messages.size(), TRELLIS_STATUS_UNSET);
      bench.routers[0]->publish(0, testing::broker(), messages.data(), results.data(), 6);
      for (const trellis_status one : results) {
        taken += one == TRELLIS_OK;
        EXPECT_TRUE(one == TRELLIS_OK || one == TRELLIS_QUOTA) << one;
      }
    }
  });
  EXPECT_EQ(taken, 10u);
  go.count_down();
  bench.shards.settle();
  EXPECT_EQ(bench.read(bench.space().queue_metrics.queued), 10);
  EXPECT_EQ(bench.dropped(DropReason::queue_full), 0);
  bench.on(full, [](Subscriber& subscriber) {
    EXPECT_EQ(subscriber.promise({}).messages, 0u) << "all promises were kept";
    EXPECT_EQ(subscriber.promise({}).bytes, 0u);
    subscriber.attach(nullptr, 0);
  });
  EXPECT_EQ(bench.take(full).size(), 10u);
  EXPECT_EQ(bench.publish("a/b", "y"), TRELLIS_OK);
  bench.expect_account();
}

TEST(RouterPolicy, StagesSeeWhatMembersOfASharedSubscriptionGetOnce) {
  RouterBench bench(2);
  static std::atomic<int> seen;
  seen = 0;
  static const trellis_stage counting{
      sizeof counting, [](void*, trellis_batch* batch, const trellis_message* const* messages, std::uint32_t* verdicts,
                          std::uint32_t count) {
        seen += static_cast<int>(count);
        busy_stage().on_messages(nullptr, batch, messages, verdicts, count);
      }};
  bench.set_policies([](Policies& policies) {
    policies.on_deliver = FilterChain("n", {{"busy", &counting, nullptr}});
  });
  for (const std::uint32_t shard : {0u, 1u}) {
    Client& member = bench.open("m" + std::to_string(shard), shard);
    bench.subscribe(member, subscription("a", 1, "g"));
    bench.publish({publication("a", "drop", 1), publication("a", "edit", 1), publication("a", "pass", 1)});
    EXPECT_THAT(bench.payloads(member), ElementsAre("edited", "pass"));
    bench.close(member);
  }
  EXPECT_EQ(seen.load(), 6);
  bench.expect_account();
}

TEST(RouterPolicy, StagesSeeRetainedMessagesOnSubscribing) {
  RouterBench bench;
  bench.set_policies([](Policies& policies) {
    policies.on_deliver = FilterChain("n", {{"busy", &busy_stage(), nullptr}});
  });
  for (const char* payload : {"drop", "edit", "pass"}) {
    bench.publish("r/" + std::string(payload), payload, 1, TRELLIS_MESSAGE_RETAIN);
  }
  Client& client = bench.open("c");
  auto options = subscription("r/#");
  options.flags |= TRELLIS_SUBSCRIBE_RETAINED;
  bench.subscribe(client, options);
  EXPECT_THAT(bench.payloads(client), ElementsAre("edited", "pass"));
  bench.expect_account();
}

TEST(RouterPolicy, RetainedMessagesOfOnesOwnAreNotForALocalSubscription) {
  RouterBench bench;
  Publisher self = testing::broker();
  self.name = "c";
  Publisher other = testing::broker();
  other.name = "d";
  bench.publish({publication("r/1", "own", 1, TRELLIS_MESSAGE_RETAIN)}, 0, self);
  bench.publish({publication("r/2", "other's", 1, TRELLIS_MESSAGE_RETAIN)}, 0, other);
  Client& client = bench.open("c");
  auto options = subscription("r/#");
  options.flags |= TRELLIS_SUBSCRIBE_RETAINED | TRELLIS_SUBSCRIBE_NO_LOCAL;
  bench.subscribe(client, options);
  EXPECT_THAT(bench.payloads(client), ElementsAre("other's"));
}

}  // namespace
}  // namespace trellis::kernel
