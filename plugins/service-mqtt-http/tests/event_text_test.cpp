#include "event_text.hpp"

#include <gtest/gtest.h>

#include <trellis/view.hpp>

namespace mqtt_http {
namespace {

using trellis::view;

TEST(MqttHttpEvent, IsOneLineWhateverTheMessageHolds) {
  const trellis_pair properties[] = {{view("k"), view("\n")}};
  trellis_message message{};
  message.flags = TRELLIS_MESSAGE_HAS_CONTENT_TYPE | TRELLIS_MESSAGE_HAS_EXPIRY | TRELLIS_MESSAGE_HAS_FORMAT;
  message.topic = view("a\nb\r");
  message.payload = view("data: x\n\nid: 7");
  message.content_type = view("text/plain");
  message.user_properties = properties;
  message.user_property_count = 1;
  message.expires_at_ms = 2500;
  std::string out;
  append_message(out, message, 1, true, 1000);
  EXPECT_EQ(out,
            R"({"topic":"a\nb\u000d","qos":1,"retain":true,"payload":"data: x\n\nid: 7","contentType":"text/plain",)"
            R"("payloadFormatIndicator":0,"messageExpiry":2,"userProperties":[{"k":"\n"}]})");
}

TEST(MqttHttpEvent, BytesAreBase64) {
  trellis_message message{};
  message.topic = view("a");
  message.payload = view("\xff");
  std::string out;
  append_message(out, message, 0, false, 0);
  EXPECT_EQ(out, R"({"topic":"a","qos":0,"retain":false,"payloadBase64":"/w=="})");
}

}  // namespace
}  // namespace mqtt_http
