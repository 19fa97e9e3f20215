// SAS tokens: of the namespace, of a topic, of a subscription.
#include <ctime>

#include "fixture.hpp"

namespace events_service {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Vectors made by other implementations, with the key whose bytes are "KEY".
constexpr std::string_view kOfLibrary =
    "r=https%3A%2F%2Ft.r-1.eventgrid.azure.net%2Fapi%2Fevents%3FapiVersion%3D2018-01-01&e=1%2F2%2F2030%203%3A04%3A05%"
    "20PM&s=BqAN82hcQ1tgi9%2B4ADr25WwTrNSytofeY3Atiz2syFw%3D";
constexpr std::string_view kOfTopic =
    "r=https%3A%2F%2Flocalhost%3A8443%2Ftopics%2Forders&e=2030-01-02T15%3A04%3A05"
    "&s=p7v21rZZ6%2F9a6SII3rKRZVMp0FkOrzSScjUwOXbO6Ts%3D";

class SasTest : public AccessTest {
 protected:
  explicit SasTest(std::string_view settings = "{}") : AccessTest(settings) { EXPECT_EQ(put_key("key2", kKey2), ""); }

  Answer show(const std::string& resource, std::string_view path, std::string_view expiry = kLater,
              std::string_view key = kKey2) {
    return ask(path, "aeg-sas-token", sas_token(key, resource, expiry));
  }
};

TEST_F(SasTest, OpensInBothPlaces) {
  const std::string token = sas_token(kKey2, "https://localhost/topics/orders", kLater);
  EXPECT_EQ(ask(kPublish, "aeg-sas-token", token), (Answer{200, "sas 'sas'"}));
  EXPECT_EQ(ask(kReceive, "authorization", "SharedAccessSignature " + token), (Answer{200, "sas 'sas'"}));
  EXPECT_EQ(count("sas", "allowed"), 2);
}

// Their key is shorter than any that a namespace takes.
TEST_F(SasTest, TakesTheTokensOfOtherImplementations) {
  const auto keys = http_credentials::AccessKeys::make({"S0VZ"}).value();
  const auto old = keys.check_sas(kOfLibrary);
  ASSERT_TRUE(old);
  EXPECT_TRUE(old->is_for("t.r-1.eventgrid.azure.net") && old->covers("/api/events") && !old->covers(kPublish));
  const auto topic = keys.check_sas(kOfTopic);
  ASSERT_TRUE(topic);
  EXPECT_TRUE(topic->is_for("localhost") && topic->covers(kPublish) && topic->covers(kReceive));
  EXPECT_FALSE(topic->covers("/topics/orders2:publish"));
  EXPECT_EQ(status(kPublish, "aeg-sas-token", kOfTopic), 401u) << "another key";
}

TEST_F(SasTest, OpensWhatItsResourceCovers) {
  for (const std::string resource : {"https://localhost", "https://localhost/", "http://LOCALHOST:8443/?x=1"}) {
    EXPECT_EQ(show(resource, kPublish).status, 200u) << resource;
    EXPECT_EQ(show(resource, kReceive).status, 200u) << resource;
  }
  const std::string topic = "https://localhost/topics/orders";
  EXPECT_EQ(show(topic, kPublish).status, 200u);
  EXPECT_EQ(show(topic, kReceive).status, 200u);
  EXPECT_EQ(show(topic, "/topics/orders2:publish").status, 403u);
  EXPECT_EQ(show(topic, "/topics/order:publish").status, 403u);
  EXPECT_EQ(show(topic, "/topics/orders2/eventsubscriptions/s:receive").status, 403u);
  const std::string subscription = topic + "/eventsubscriptions/s";
  EXPECT_EQ(show(subscription, kReceive).status, 200u);
  EXPECT_EQ(show(subscription, "/topics/orders/eventsubscriptions/s:acknowledge").status, 200u);
  EXPECT_EQ(show(subscription, "/topics/orders/eventsubscriptions/s2:receive").status, 403u);
  EXPECT_EQ(show(subscription, kPublish),
            (Answer{403, R"(sas 'sas' Forbidden: the SAS token is for "/topics/orders/eventsubscriptions/s" and what )"
                         R"(is below it, not for "/topics/orders:publish")"}));
}

TEST_F(SasTest, CoversAddressesWithThePrefixOfTheService) {
  RequestSample request =
      sample(kPublish, "aeg-sas-token", sas_token(kKey2, "https://localhost/base/topics/orders", kLater));
  EXPECT_EQ(ask(request).status, 403u);
  request.mount = "/base";
  EXPECT_EQ(ask(request).status, 200u);
  request.mount = "/";
  request.path = "/base" + std::string(kPublish);
  EXPECT_EQ(ask(request).status, 200u);
}

TEST_F(SasTest, IsForTheHostTheClientAsked) {
  EXPECT_EQ(show("https://elsewhere/topics/orders", kPublish),
            (Answer{403, R"(sas 'sas' Forbidden: the SAS token is for the host "elsewhere", expected "localhost")"}));
  RequestSample request = sample(kPublish, "aeg-sas-token", sas_token(kKey2, "https://localhost", kLater));
  request.host.clear();
  EXPECT_EQ(ask(request).status, 403u);
}

class SasWithHostsTest : public SasTest {
 protected:
  SasWithHostsTest() : SasTest(R"({"hosts": ["events.example.com", "Elsewhere"]})") {}
};

TEST_F(SasWithHostsTest, IsForTheHostsOfTheSettings) {
  EXPECT_EQ(show("https://elsewhere", kPublish).status, 200u);
  EXPECT_EQ(show("https://EVENTS.example.com:8443", kPublish).status, 200u);
  EXPECT_THAT(show("https://localhost", kPublish).text, HasSubstr("expected one of access.hosts"));
}

TEST_F(SasWithHostsTest, TheSettingsNameHostsOnly) {
  TestHost host;
  for (const std::string wrong : {"https://a", "a:8443", "a/", ""}) {
    EXPECT_THAT(host.refusal<Gatekeeper>(R"({"access": {"hosts": [")" + wrong + "\"]}}"),
                HasSubstr("/access/hosts/0: found \"" + wrong + "\", expected a host name without scheme"));
  }
}

TEST_F(SasTest, HoldsUntilItExpires) {
  const auto in = [&](std::chrono::seconds time, const char* format) {
    const std::time_t moment = std::chrono::duration_cast<std::chrono::seconds>(host_->wall() + time).count();
    std::tm parts{};
    gmtime_r(&moment, &parts);
    char text[64];
    EXPECT_GT(std::strftime(text, sizeof text, format, &parts), 0u);
    return std::string(text);
  };
  for (const char* format :
       {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.123456", "%Y-%m-%dT%H:%M:%SZ", "%m/%d/%Y %I:%M:%S %p"}) {
    const std::string token = sas_token(kKey2, "https://localhost", in(60s, format));
    EXPECT_EQ(status(kPublish, "aeg-sas-token", token), 200u) << token;
    EXPECT_EQ(status(kPublish, "aeg-sas-token", sas_token(kKey2, "https://localhost", in(-1s, format))), 401u)
        << format;
    host_->advance(58s);
    EXPECT_EQ(status(kPublish, "aeg-sas-token", token), 200u) << token;
    host_->advance(3s);
    EXPECT_EQ(ask(kPublish, "aeg-sas-token", token), (Answer{401, "sas '' Unauthorized: the SAS token is expired"}));
  }
}

TEST_F(SasTest, OpensNothingOnceItsKeyIsAnotherOne) {
  const std::string token = sas_token(kKey2, "https://localhost", kLater);
  for (const std::uint32_t shard : {0U, 1U}) EXPECT_EQ(status(kPublish, "aeg-sas-token", token, shard), 200u);
  ASSERT_EQ(put_key("key1", kKey1), "");
  EXPECT_EQ(status(kPublish, "aeg-sas-token", token), 200u);
  ASSERT_EQ(put_key("key2", "MTIzNDU2Nzg5MDEyMzQ1Ng=="), "");
  for (const std::uint32_t shard : {0U, 1U}) {
    EXPECT_EQ(ask(kPublish, "aeg-sas-token", token, shard),
              (Answer{401, "sas '' Unauthorized: the signature of the SAS token is wrong"}));
  }
}

TEST_F(SasTest, OpensNothingInANamespaceOfOtherKeys) {
  ASSERT_EQ(put_key("key1", kKey1, "other"), "");
  RequestSample request = sample(kPublish, "aeg-sas-token", sas_token(kKey2, "https://localhost", kLater));
  EXPECT_EQ(ask(request).status, 200u);
  request.name_space = other_;
  EXPECT_EQ(ask(request).status, 401u) << "although it was found good elsewhere a moment ago";
  request.name_space = 0;
  EXPECT_EQ(ask(request).status, 200u);
}

TEST_F(SasTest, IsRefusedWhereItIsNone) {
  const Answer answer = ask(kPublish, "aeg-sas-token", kKey2);
  EXPECT_EQ(answer.status, 401u);
  EXPECT_THAT(answer.text, HasSubstr("the SAS token is not of the form"));
  EXPECT_THAT(answer.text, Not(HasSubstr(std::string(kKey2))));
  std::string altered = sas_token(kKey2, "https://localhost", kLater);
  EXPECT_EQ(status(kPublish, "aeg-sas-token", altered), 200u);
  altered[altered.size() - 5] = altered[altered.size() - 5] == 'A' ? 'B' : 'A';
  EXPECT_EQ(status(kPublish, "aeg-sas-token", altered), 401u);
}

}  // namespace
}  // namespace events_service
