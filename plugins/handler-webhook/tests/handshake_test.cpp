// Endpoints are asked whether they want events.
#include "fixture.hpp"

namespace hooks {
namespace {

using namespace hooks::testing;

class Handshake : public HandlerTest {
 protected:
  DeliveryWatch asked(const OpenDestination& destination, const std::string& answer) {
    const DeliveryWatch watch = destination.check();
    auto peer = server();
    request_ = Asked::of(peer.received());
    peer.send(answer);
    if (peer.open()) peer.disconnect();
    return watch;
  }
  std::int64_t checks(const std::string& verdict) const {
    return host_.metric("trellis_webhook_checks_total", "verdict=\"" + verdict + "\"");
  }

  Asked request_;
};

constexpr const char* kConsent = "WebHook-Allowed-Origin: trellis\r\n";

TEST_F(Handshake, AsksByOptions) {
  const auto destination = open(R"(, "bearerToken": "t", "deliveryAttributeMappings": [
      {"name": "X-Tenant", "type": "Static", "properties": {"value": "acme"}}])");
  EXPECT_EQ(asked(destination, http(200, {}, kConsent)).outcome(), Settled::delivered);
  EXPECT_THAT(request_.head, StartsWith("OPTIONS /in?k=v HTTP/1.1\r\n"));
  EXPECT_EQ(request_.header("webhook-request-origin"), "trellis");
  EXPECT_EQ(request_.header("webhook-request-rate"), "none");
  EXPECT_EQ(request_.header("webhook-request-callback"), "none");
  EXPECT_EQ(request_.header("authorization"), "Bearer t");
  EXPECT_EQ(request_.header("X-Tenant"), "acme");
  EXPECT_EQ(request_.header("aeg-delivery-count"), "none");
  EXPECT_EQ(request_.body, "");
  EXPECT_EQ(checks("consent"), 1);
  EXPECT_EQ(deliveries("delivered"), 0);
}

TEST_F(Handshake, Verdicts) {
  const auto destination = open();
  const auto outcome = [&](std::uint32_t status, const std::string& fields) {
    return asked(destination, http(status, {}, fields)).outcome();
  };
  EXPECT_EQ(outcome(200, "WebHook-Allowed-Origin: *\r\n"), Settled::delivered);
  EXPECT_EQ(outcome(200, "webhook-allowed-origin: TRELLIS \r\n"), Settled::delivered);
  EXPECT_EQ(outcome(404, kConsent), Settled::delivered) << "the header counts, not the status";
  EXPECT_EQ(outcome(200, {}), Settled::refused);
  EXPECT_EQ(outcome(204, {}), Settled::refused);
  EXPECT_EQ(outcome(200, "WebHook-Allowed-Origin: other\r\n"), Settled::refused);
  EXPECT_EQ(outcome(500, {}), Settled::refused);
  EXPECT_EQ(outcome(405, kConsent), Settled::refused);
  EXPECT_EQ(checks("refused"), 5);
}

TEST_F(Handshake, SaysWhyNot) {
  const auto destination = open();
  const auto reason = [&](const std::string& answer) { return asked(destination, answer).reason(); };
  const std::string who = "https://hooks.example.org does not consent to deliveries: ";
  EXPECT_EQ(reason(http(200)), who + "its answer to OPTIONS has no WebHook-Allowed-Origin");
  EXPECT_EQ(reason(http(405)), who + "it does not know OPTIONS (status 405)");
  EXPECT_EQ(reason(http(200, {}, "WebHook-Allowed-Origin: other\r\n")),
            who + R"(its WebHook-Allowed-Origin names another origin than "trellis")");
}

TEST_F(Handshake, WhoCannotBeReachedMayBeAskedAgain) {
  const auto destination = open();
  const auto watch = destination.check();
  host_.fail_dial(TRELLIS_DIAL_CONNECT, "connection refused");
  EXPECT_EQ(watch.outcome(), Settled::retry);
  EXPECT_EQ(watch.cause(), Cause::socket);
  const auto silent = destination.check();
  server();
  host_.advance(30s);
  EXPECT_EQ(silent.outcome(), Settled::retry);
  EXPECT_EQ(silent.cause(), Cause::timed_out);
}

TEST_F(Handshake, NoneIsMadeWhereNoneIsWanted) {
  EXPECT_EQ(open(R"(, "validation": "none")").check().outcome(), Settled::delivered);
  EXPECT_TRUE(host_.dials().empty());
}

TEST_F(Handshake, RateAndCallbackAreAskedForWhereTheyAreSet) {
  const auto destination = open(R"(, "requestRate": 120, "requestCallback": "https://broker.example.org/consent")");
  const auto watch = asked(destination, http(202));
  EXPECT_EQ(request_.header("webhook-request-rate"), "120");
  EXPECT_EQ(request_.header("webhook-request-callback"), "https://broker.example.org/consent");
  EXPECT_EQ(watch.outcome(), Settled::retry);
  EXPECT_THAT(watch.reason(), StartsWith("awaiting manual action: "));
  EXPECT_EQ(asked(destination, http(200, {}, "WebHook-Allowed-Origin: other\r\n")).outcome(), Settled::refused);
  EXPECT_EQ(asked(destination, http(403)).outcome(), Settled::refused);
}

TEST_F(Handshake, AGrantedRateIsObeyedWhereThatIsSet) {
  const auto plugin = load();
  const std::string more = R"(, "obeyAllowedRate": true, "timeout": "10s")";
  EXPECT_EQ(
      asked(plugin.open(block(more)), http(200, {}, std::string(kConsent) + "WebHook-Allowed-Rate: 30\r\n")).outcome(),
      Settled::delivered);
  const auto destination = plugin.open(block(more));
  destination.deliver({event("a"), event("b")});
  EXPECT_EQ(host_.dials().size(), 1u) << "what was granted to the one that asked holds for the one that delivers";
  host_.advance(2s);
  EXPECT_EQ(host_.dials().size(), 2u);
}

TEST_F(Handshake, AGrantedRateIsIgnoredOtherwise) {
  const auto destination = open();
  asked(destination, http(200, {}, std::string(kConsent) + "WebHook-Allowed-Rate: 1\r\n"));
  destination.deliver({event("a"), event("b")});
  EXPECT_EQ(host_.dials().size(), 2u);
}

class ValidationByCode : public Handshake {
 protected:
  static constexpr const char* kMode = R"(, "mode": "eventgrid")";

  std::string code() const {
    static constexpr std::string_view kName = R"("validationCode":")";
    return request_.body.substr(request_.body.find(kName) + kName.size(), 36);
  }
};

TEST_F(ValidationByCode, SendsACodeThatComesBack) {
  const auto destination = open(kMode);
  const auto watch = destination.check();
  auto peer = server();
  request_ = Asked::of(peer.received());
  EXPECT_THAT(request_.head, StartsWith("POST /in?k=v HTTP/1.1\r\n"));
  EXPECT_EQ(request_.header("aeg-event-type"), "SubscriptionValidation");
  EXPECT_EQ(request_.header("aeg-subscription-name"), "ORDERS-HOOK");
  EXPECT_EQ(request_.header("content-type"), "application/json; charset=utf-8");
  const auto body = trellis::json::parse(request_.body).value();
  ASSERT_EQ(body.items.size(), 1u);
  const auto& validation = body.items[0];
  EXPECT_EQ(validation.find("eventType")->text, "Microsoft.EventGrid.SubscriptionValidationEvent");
  EXPECT_EQ(validation.find("subject")->text, "");
  EXPECT_EQ(validation.find("topic")->text, "/namespaces/plant/topics/orders");
  EXPECT_EQ(validation.find("dataVersion")->text, "1");
  EXPECT_EQ(validation.find("metadataVersion")->text, "1");
  EXPECT_EQ(validation.find("data")->find("validationCode")->text, code());
  peer.send(http(200, R"({"validationResponse": ")" + code() + "\"}"));
  EXPECT_EQ(watch.outcome(), Settled::delivered);
}

TEST_F(ValidationByCode, TheCodeIsTheSameWhenItIsAskedAgain) {
  const auto destination = open(kMode);
  EXPECT_EQ(asked(destination, http(200, "{}")).outcome(), Settled::retry);
  const std::string first = code();
  EXPECT_EQ(asked(destination, http(200, R"({"validationResponse": ")" + first + "\"}")).outcome(), Settled::delivered);
}

TEST_F(ValidationByCode, Verdicts) {
  const auto destination = open(kMode);
  const auto later = asked(destination, http(200));
  EXPECT_EQ(later.outcome(), Settled::retry);
  EXPECT_THAT(later.reason(), StartsWith("awaiting manual action: "));
  const auto wrong = asked(destination, http(200, R"({"validationResponse": "guessed"})"));
  EXPECT_EQ(wrong.outcome(), Settled::refused);
  EXPECT_THAT(wrong.reason(), HasSubstr("is not the code it was sent"));
  EXPECT_THAT(wrong.reason(), Not(HasSubstr(code())));
  const auto accepted = asked(destination, http(202, R"({"validationResponse": ")" + code() + "\"}"));
  EXPECT_EQ(accepted.outcome(), Settled::refused) << "202 is not accepted";
  EXPECT_EQ(asked(destination, http(400)).outcome(), Settled::refused);
}

}  // namespace
}  // namespace hooks
