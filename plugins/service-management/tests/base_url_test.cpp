// What answers show of a webhook's URL.
#include "base_url.hpp"

#include <gtest/gtest.h>

namespace management {
namespace {

std::string hook(const std::string& url, const std::string& more = "") {
  return R"({"deliveryConfiguration":{"deliveryMode":"Push","push":{"destination":{"endpointType":"WebHook","properties":{)"
         R"("endpointUrl":")" +
         url + '"' + more + R"(,"maxEventsPerBatch":5}},"maxDeliveryCount":3}},"x":1})";
}

std::string shown(const std::string& base) {
  return R"({"deliveryConfiguration":{"deliveryMode":"Push","push":{"destination":{"endpointType":"WebHook","properties":{)"
         R"("endpointUrl":"***","maxEventsPerBatch":5,"endpointBaseUrl":")" +
         base + R"("}},"maxDeliveryCount":3}},"x":1})";
}

TEST(BaseUrl, IsTheUrlWithoutWhatMayBeSecret) {
  const std::string hidden = hook("***");
  const auto of = [&](const std::string& url) { return with_base_url("eventSubscriptions", hidden, hook(url)); };
  EXPECT_EQ(of("https://a.example/in?code=secret#x"), shown("https://a.example/in"));
  EXPECT_EQ(of("https://ada:pass@a.example:8443/in@home?x"), shown("https://a.example:8443/in@home"));
  EXPECT_EQ(of("https://a.example"), shown("https://a.example"));
  EXPECT_EQ(of("https://a.example?code=a@b"), shown("https://a.example"));
}

TEST(BaseUrl, ReplacesWhatSomebodyPutThere) {
  const std::string stale = R"(,"endpointBaseUrl":"https://old.example")";
  EXPECT_EQ(with_base_url("eventSubscriptions", hook("***", stale), hook("https://a.example/in?c", stale)),
            shown("https://a.example/in"));
}

TEST(BaseUrl, OthersAreLeftAsTheyAre) {
  const std::string pulled = R"({"deliveryConfiguration": {"queue": {}}, "note": "\"endpointUrl\""})";
  EXPECT_EQ(with_base_url("eventSubscriptions", pulled, pulled), pulled);
  const std::string topic = hook("***");
  EXPECT_EQ(with_base_url("topics", topic, hook("https://a.example")), topic);
}

}  // namespace
}  // namespace management
