#include "draft.hpp"

#include <gtest/gtest.h>

#include "common/base64/base64.hpp"

namespace mqtt_http {
namespace {

struct Fields {
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<trellis_pair> pairs{};
  trellis::Pairs get() {
    pairs.clear();
    for (const auto& [name, value] : fields) pairs.push_back({trellis::view(name), trellis::view(value)});
    return {pairs.data(), pairs.size()};
  }
};

std::uint32_t status(std::string_view query_text, Fields fields, std::string_view body = "x", Draft* out = nullptr) {
  Query query;
  Draft draft;
  auto problem = Query::read(query_text, {"topic", "qos", "retain"}, {}, query);
  if (!problem) problem = read_message(fields.get(), body, query, {}, draft);
  if (out != nullptr) *out = std::move(draft);
  return problem ? problem->status : 200;
}

TEST(MqttHttpMessage, SaysWhatTheRequestSays) {
  Draft draft;
  EXPECT_EQ(status("topic=a%2Fb&retain=1",
                   {{{"content-type", "text/plain"},
                     {"mqtt-qos", "0"},
                     {"mqtt-retain", "0"},
                     {"mqtt-response-topic", "r%2F1"},
                     {"mqtt-correlation-data", "AAE"},
                     {"mqtt-message-expiry", "7"},
                     {"mqtt-payload-format-indicator", "1"},
                     {"mqtt-user-properties", common::to_base64(R"([{"a":"1"},{"a":"2"}])")}}},
                   "body", &draft),
            200U);
  EXPECT_EQ(draft.topic, "a/b");
  EXPECT_TRUE(draft.retain()) << "the query comes first";
  EXPECT_EQ(draft.qos, 0U);
  EXPECT_EQ(draft.response_topic, "r/1");
  EXPECT_EQ(draft.correlation_data, std::string("\0\1", 2));
  EXPECT_EQ(draft.expiry_s, 7U);
  const trellis_publication made = draft.publication();
  EXPECT_EQ(made.user_property_count, 2U);
  EXPECT_EQ(trellis::text(made.user_properties[1].value), "2");
  EXPECT_EQ(made.flags, TRELLIS_MESSAGE_RETAIN | TRELLIS_MESSAGE_HAS_CONTENT_TYPE | TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC |
                            TRELLIS_MESSAGE_HAS_CORRELATION | TRELLIS_MESSAGE_HAS_EXPIRY | TRELLIS_MESSAGE_HAS_FORMAT |
                            TRELLIS_MESSAGE_TEXT);
}

TEST(MqttHttpMessage, IsSentAtQos1WhereNothingIsSaid) {
  Draft draft;
  EXPECT_EQ(status("topic=a", {}, "", &draft), 200U);
  EXPECT_EQ(draft.qos, 1U);
  EXPECT_EQ(draft.flags, 0U);
}

TEST(MqttHttpMessage, HasItsLimits) {
  EXPECT_EQ(status("topic=a", {}, std::string(512 * 1024 + 1, 'x')), 413U);
  EXPECT_EQ(status("topic=a&retain=1", {}, std::string(64 * 1024 + 1, 'x')), 413U);
  EXPECT_EQ(status("topic=" + std::string(257, 'a'), {}), 403U);
  EXPECT_EQ(status("topic=1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", {}), 403U);
  EXPECT_EQ(status("topic=a", {{{"content-type", std::string(257, 'a')}}}), 413U);
  EXPECT_EQ(status("topic=a", {{{"mqtt-user-properties", "[{\"a\":\"" + std::string(32 * 1024, 'x') + "\"}]"}}}), 413U);
  EXPECT_EQ(status("topic=a", {{{"mqtt-payload-format-indicator", "1"}}}, "\xff"), 400U);
  EXPECT_EQ(status("topic=a", {{{"mqtt-response-topic", "a/%23"}}}), 400U);
  EXPECT_EQ(status("topic=a", {{{"mqtt-message-expiry", "4294967296"}}}), 400U);
}

TEST(MqttHttpMessage, DoesNotChooseBetweenTwoHeaders) {
  EXPECT_EQ(status("topic=a", {{{"mqtt-retain", "0"}, {"mqtt-retain", "1"}}}), 400U);
  EXPECT_EQ(status("topic=a", {{{"content-type", "a"}, {"content-type", "b"}}}), 400U);
}

TEST(MqttHttpBatch, CountsValuesBeforeItMakesThem) {
  Settings settings;
  settings.batch_messages = 2;
  std::vector<Draft> drafts;
  EXPECT_EQ(read_batch("[" + std::string(100000, '[') + "]", settings, drafts)->status, 413U);
  const std::string payload(100000, ',');
  EXPECT_FALSE(read_batch(R"([{"topic": "a", "payload": ")" + payload + "\"}]", settings, drafts))
      << "letters are none";
}

TEST(MqttHttpFilter, OfASharedSubscriptionIsNone) {
  EXPECT_TRUE(check_filter("$share/g/a", {}));
  EXPECT_TRUE(check_filter("a/#/b", {}));
  EXPECT_TRUE(check_filter("", {}));
  EXPECT_FALSE(check_filter("$SYS/#", {})) << "whether that may be read is for the authorizers to say";
}

}  // namespace
}  // namespace mqtt_http
