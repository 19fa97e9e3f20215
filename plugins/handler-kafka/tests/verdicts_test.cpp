// What errors of the library and of clusters mean for the event.
#include <set>

#include "fake_server.hpp"
#include "fixture.hpp"

namespace kafka {
namespace {

using namespace kafka::testing;

class Verdicts : public ClusterTest {
 protected:
  Verdicts() : ClusterTest(TestHostOptions{.log_level = trellis::Level::trace}) {}

  /// What comes of one event where requests are answered so.
  DeliveryWatch after(const std::vector<rd_kafka_resp_err_t>& errors) {
    if (!destination_) destination_.emplace(open(R"(, "messageTimeout": "3s")"));
    cluster_.fail(errors);
    const auto watch = destination_->deliver({event()}).front();
    EXPECT_TRUE(settled(watch));
    return watch;
  }
  std::optional<OpenDestination> destination_;
};

TEST(VerdictTable, SaysWhatIsTriedAgainAndWhy) {
  using common::Outcome;
  struct Row {
    rd_kafka_resp_err_t error;
    Outcome outcome;
    Cause cause;
  };
  Target target;
  target.topic = "orders";
  target.servers = "b1:9092";
  for (const Row& row :
       std::vector<Row>{{RD_KAFKA_RESP_ERR_NO_ERROR, Outcome::delivered, Cause::none},
                        {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, Outcome::retry, Cause::timed_out},
                        {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, Outcome::retry, Cause::timed_out},
                        {RD_KAFKA_RESP_ERR__QUEUE_FULL, Outcome::later, Cause::busy},
                        {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, Outcome::retry, Cause::busy},
                        {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, Outcome::retry, Cause::full},
                        {RD_KAFKA_RESP_ERR__TRANSPORT, Outcome::retry, Cause::socket},
                        {RD_KAFKA_RESP_ERR__SSL, Outcome::retry, Cause::socket},
                        {RD_KAFKA_RESP_ERR__RESOLVE, Outcome::retry, Cause::resolution},
                        {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, Outcome::retry, Cause::not_found},
                        {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, Outcome::retry, Cause::not_found},
                        {RD_KAFKA_RESP_ERR__AUTHENTICATION, Outcome::retry, Cause::unauthorized},
                        {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, Outcome::retry, Cause::unauthorized},
                        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, Outcome::retry, Cause::forbidden},
                        {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, Outcome::retry, Cause::forbidden},
                        {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, Outcome::retry, Cause::bad_request},
                        {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, Outcome::refused, Cause::too_large},
                        {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, Outcome::refused, Cause::too_large},
                        {RD_KAFKA_RESP_ERR_INVALID_RECORD, Outcome::refused, Cause::bad_request},
                        {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, Outcome::refused, Cause::bad_request},
                        {RD_KAFKA_RESP_ERR__PURGE_QUEUE, Outcome::later, Cause::canceled},
                        {RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, Outcome::retry, Cause::canceled},
                        {RD_KAFKA_RESP_ERR__FATAL, Outcome::retry, Cause::aborted},
                        {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, Outcome::retry, Cause::aborted},
                        {RD_KAFKA_RESP_ERR_UNKNOWN, Outcome::retry, Cause::other}}) {
    const auto verdict = judge(row.error, target, {});
    EXPECT_EQ(verdict.outcome, row.outcome) << rd_kafka_err2name(row.error);
    EXPECT_EQ(verdict.cause, row.cause) << rd_kafka_err2name(row.error);
    const bool mended =
        row.cause == Cause::unauthorized || row.cause == Cause::forbidden || row.cause == Cause::not_found;
    EXPECT_EQ(verdict.wait, row.outcome == Outcome::later ? 1s : mended ? 5min : 0s) << rd_kafka_err2name(row.error);
    if (row.outcome == Outcome::delivered) continue;
    EXPECT_THAT(verdict.reason, StartsWith("Kafka topic 'orders' at b1:9092: "));
  }
}

TEST(VerdictTable, WhatOnlySaysThatTimeIsOverHasTheClientsTrouble) {
  const Target target;
  const Trouble trouble{Cause::resolution, "no such name"};
  EXPECT_EQ(judge(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, target, trouble).cause, Cause::resolution);
  EXPECT_THAT(judge(RD_KAFKA_RESP_ERR__PURGE_QUEUE, target, trouble).reason, HasSubstr("no such name"));
  EXPECT_EQ(judge(RD_KAFKA_RESP_ERR__PURGE_QUEUE, target, trouble).outcome, common::Outcome::retry);
  EXPECT_EQ(judge(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, target, trouble).cause, Cause::too_large);
  EXPECT_EQ(judge(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, target, trouble).wait, 0s);
}

TEST(VerdictTable, WhatHasToBeMendedWaitsForIt) {
  const Target target;
  const Trouble trouble{Cause::unauthorized, "who are you"};
  EXPECT_EQ(judge(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, target, trouble).wait, 5min);
  EXPECT_EQ(judge(RD_KAFKA_RESP_ERR__PURGE_QUEUE, target, trouble).wait, 5min) << "it is told at once that way";
  EXPECT_EQ(judge(RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, target, {}).wait, 0s);
  EXPECT_EQ(judge(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, target, trouble).wait, 0s) << "it is never tried again";
}

TEST_F(Verdicts, WhatPassesIsTriedAgainByTheLibrary) {
  const auto watch = after({RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION});
  EXPECT_EQ(watch.outcome(), Settled::delivered) << watch.reason();
  EXPECT_EQ(cluster_.read("orders", 2, 1s).size(), 1u);
}

TEST_F(Verdicts, ARecordTheClusterFindsTooLargeIsRefused) {
  const auto watch = after({RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  EXPECT_EQ(watch.outcome(), Settled::refused);
  EXPECT_EQ(watch.cause(), Cause::too_large);
  EXPECT_EQ(watch.code(), 10u);
  EXPECT_EQ(failures("too_large"), 1);
}

TEST_F(Verdicts, ARecordLongerThanTheDestinationAllowsIsRefused) {
  const auto watch = open(R"(, "maxMessageBytes": "1KiB")")
                         .deliver({event("a", R"(,"data":")" + std::string(2000, 'x') + "\"")})
                         .front();
  ASSERT_TRUE(settled(watch));
  EXPECT_EQ(watch.outcome(), Settled::refused);
  EXPECT_EQ(watch.cause(), Cause::too_large);
}

TEST_F(Verdicts, WhoMayNotWriteToTheTopicIsForbidden) {
  const auto watch = after({RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  EXPECT_EQ(watch.outcome(), Settled::retry);
  EXPECT_EQ(watch.cause(), Cause::forbidden);
}

TEST_F(Verdicts, ATopicThatIsNotThereIsNotFound) {
  cluster_.topic_fails("orders", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  const auto watch = after({});
  EXPECT_EQ(watch.outcome(), Settled::retry);
  EXPECT_EQ(watch.cause(), Cause::not_found) << watch.reason();
  EXPECT_EQ(watch.retry_after(), 5min);
}

TEST_F(Verdicts, WithoutAClusterTheSocketIsTheCause) {
  cluster_.stop();
  const auto watch = after({});
  EXPECT_EQ(watch.outcome(), Settled::retry);
  EXPECT_EQ(watch.cause(), Cause::socket) << watch.reason();
  EXPECT_TRUE(host_.logged("trouble with a Kafka cluster"));
  cluster_.start();
  EXPECT_EQ(after({}).outcome(), Settled::delivered);
  EXPECT_TRUE(host_.logged("a Kafka cluster takes events again"));
}

TEST_F(Verdicts, AnAddressThatIsNotAllowedIsNotConnectedTo) {
  const auto destination =
      host_.load<KafkaHandler>("{}").open(block(cluster_.servers(), R"(, "messageTimeout": "1s")"));
  const auto watch = destination.deliver({event()}).front();
  ASSERT_TRUE(settled(watch));
  EXPECT_EQ(watch.outcome(), Settled::retry);
  EXPECT_EQ(watch.cause(), Cause::forbidden);
  EXPECT_THAT(watch.reason(), HasSubstr("it is this machine, and the plugin's setting allow does not have it"));
  EXPECT_GT(metric("addresses_refused_total"), 0);
}

TEST_F(Verdicts, WrongCredentialsAreToldAtOnce) {
  const FakeServer server;
  const auto destination = load().open(
      block(server.address(), R"(, "sasl": {"mechanism": "PLAIN", "username": "ada", "password": "SECRET"})"));
  const auto watch = destination.deliver({event()}).front();
  ASSERT_TRUE(settled(watch, 5s)) << "the time of the message is 30 s";
  EXPECT_EQ(watch.outcome(), Settled::retry);
  EXPECT_EQ(watch.cause(), Cause::unauthorized);
  EXPECT_EQ(watch.retry_after(), 5min);
  EXPECT_THAT(watch.reason(), HasSubstr("who are you"));
  for (const auto& line : host_.logs()) {
    EXPECT_THAT(line.text, Not(HasSubstr("SECRET")));
    for (const auto& [name, value] : line.fields) EXPECT_THAT(value, Not(HasSubstr("SECRET")));
  }
}

TEST_F(Verdicts, ACertificateThatIsNoneIsSaid) {
  const auto destination = load().open(
      R"({"properties": {"bootstrapServers": ")" + cluster_.servers() +
      R"(", "topic": "orders", "caCertificates": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}})");
  const auto watch = destination.deliver({event()}).front();
  ASSERT_TRUE(settled(watch));
  EXPECT_EQ(watch.outcome(), Settled::later) << "the cluster was not asked";
  EXPECT_EQ(watch.retry_after(), 5s);
  EXPECT_THAT(watch.reason(), HasSubstr("the Kafka library makes no client"));
  EXPECT_EQ(metric("client_failures_total"), 1);
}

}  // namespace
}  // namespace kafka
