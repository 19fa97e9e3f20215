// What is published, and who the broker says it is.
#include "fixture.hpp"

namespace nats {
namespace {

using namespace nats::testing;

TEST_F(NatsTest, AnEventIsAMessageThatAStreamConfirms) {
  const auto destination = open();
  const auto watch = destination.deliver({event()}).front();
  auto made = server();
  const std::string headers =
      "NATS/1.0\r\nNats-Msg-Id: /shop a-1\r\ncontent-type: application/cloudevents+json\r\n\r\n";
  const std::string payload = event().payload;
  EXPECT_EQ(made.received(), "HPUB orders " + inbox_ + "1 " + std::to_string(headers.size()) + " " +
                                 std::to_string(headers.size() + payload.size()) + "\r\n" + headers + payload + "\r\n");
  made.send(ack(1));
  EXPECT_EQ(watch.outcome(), Settled::delivered);
  EXPECT_EQ(host_.metric("trellis_handler_nats_deliveries_total", R"(outcome="delivered")"), 1);
}

TEST_F(NatsTest, OrItsAttributesAreHeaders) {
  const auto destination = open(R"(, "mode": "binary")");
  destination.deliver({event("b", R"(,"subject":"a b","data":{"n":1})")});
  auto made = server();
  EXPECT_THAT(
      made.received(),
      HasSubstr("NATS/1.0\r\nNats-Msg-Id: /shop b\r\nce-specversion: 1.0\r\nce-id: b\r\nce-source: /shop\r\n"
                "ce-type: order.created\r\nce-subject: a%20b\r\ncontent-type: application/json\r\n\r\n{\"n\":1}"));
}

TEST_F(NatsTest, NoTwoEventsHaveOneIdForTheStream) {
  const auto destination = open();
  destination.deliver({{.payload = R"({"specversion":"1.0","id":"b c","source":"a","type":"t"})"},
                       {.payload = R"({"specversion":"1.0","id":"c","source":"a%20b","type":"t"})"}});
  const std::string sent = server().received();
  EXPECT_THAT(sent, HasSubstr("Nats-Msg-Id: a b%20c\r\n"));
  EXPECT_THAT(sent, HasSubstr("Nats-Msg-Id: a%2520b c\r\n"));
}

TEST_F(NatsTest, SubjectsAreNamedAfterAttributes) {
  const auto destination = open({}, "shop.{type}.{subject|none}");
  const auto watches =
      destination.deliver({event("a", R"(,"subject":"x y>*")"), event("b"), event("c", R"(,"subject":".")")});
  const std::string sent = server().received();
  EXPECT_THAT(sent, HasSubstr("HPUB shop.order.created.x_y__ "));
  EXPECT_THAT(sent, HasSubstr("HPUB shop.order.created.none "));
  EXPECT_EQ(watches[2].outcome(), Settled::refused) << "names may not be empty";
  EXPECT_THAT(watches[2].reason(), HasSubstr("which is no subject"));
}

TEST_F(NatsTest, AttributesDoNotLeadToTheServersOwnSubjects) {
  const auto destination = open({}, "{subject}");
  const auto watch = destination.deliver({event("a", R"(,"subject":"$JS.API.STREAM.DELETE.ORDERS")")}).front();
  EXPECT_EQ(watch.outcome(), Settled::refused);
}

TEST_F(NatsTest, TheGreetingSaysWhoTheBrokerIs) {
  const auto destination = open(R"(, "user": "broker", "password": "se\"same")");
  const auto consent = destination.check();
  server();
  EXPECT_THAT(greeting_, StartsWith("CONNECT {\"verbose\":false,"));
  EXPECT_THAT(greeting_, HasSubstr(R"("tls_required":false,"user":"broker","pass":"se\"same"})"));
  EXPECT_THAT(greeting_, HasSubstr("\r\nSUB " + inbox_ + "* 1\r\nPING\r\n"));
  EXPECT_EQ(inbox_.size(), std::string("_INBOX.").size() + 33);
  EXPECT_EQ(consent.outcome(), Settled::delivered);
}

TEST_F(NatsTest, ATokenIsOneOfTheWays) {
  const auto destination = open(R"(, "token": "sesame")");
  destination.check();
  server();
  EXPECT_THAT(greeting_, HasSubstr(R"("auth_token":"sesame"})"));
}

TEST_F(NatsTest, WithoutAStreamASignOfLifeConfirmsWhatWasBeforeIt) {
  const auto destination = open(R"(, "confirmation": "core")");
  const auto watches = destination.deliver({event("a"), event("b")});
  auto made = server();
  EXPECT_THAT(greeting_, Not(HasSubstr("SUB")));
  const std::string sent = made.received();
  EXPECT_THAT(sent, StartsWith("HPUB orders "));
  EXPECT_THAT(sent, Not(HasSubstr("Nats-Msg-Id")));
  EXPECT_THAT(sent, HasSubstr("PING\r\nHPUB")) << "the second is not waited for";
  made.send("PONG\r\n");
  EXPECT_EQ(watches[0].outcome(), Settled::delivered);
  EXPECT_EQ(watches[1].outcome(), Settled::waiting);
  EXPECT_EQ(made.received(), "PING\r\n");
  made.send("PONG\r\n");
  EXPECT_EQ(watches[1].outcome(), Settled::delivered);
  EXPECT_EQ(made.received(), "");
}

TEST_F(NatsTest, WhatTheServerDoesNotTakeIsNotSent) {
  const auto destination = open();
  const auto watches = destination.deliver({event("a", R"(,"data":")" + std::string(2000, 'x') + "\""), event("b")});
  auto made = host_.answer_dial();
  made.send("INFO {\"headers\":true,\"max_payload\":1000}\r\nPONG\r\n");
  EXPECT_EQ(watches[0].outcome(), Settled::refused);
  EXPECT_EQ(watches[0].cause(), Cause::too_large);
  EXPECT_THAT(watches[0].reason(), HasSubstr("takes messages of 1000 bytes, this one has 2"));
  EXPECT_EQ(watches[1].outcome(), Settled::waiting);
  EXPECT_THAT(made.received(), HasSubstr("Nats-Msg-Id: /shop b"));
}

}  // namespace
}  // namespace nats
