// trellis ctl record: what becomes of a message.
#include <gtest/gtest.h>

#include "ctl/record.hpp"

namespace management::ctl {
namespace {

TEST(CtlRecord, WritesCallsOfScripts) {
  EXPECT_EQ(record_line(R"({"topic":"a/b","qos":1,"retain":false,"payload":"x\n","contentType":"text/plain",)"
                        R"("responseTopic":"r","correlationData":"aGk=","messageExpiry":60,)"
                        R"("userProperties":[{"a":"1"},{"b":"2"},{"a":"3"}]})",
                        1500),
            R"({"at": 1.500, "message": {"topic": "a/b", "payload": "x\n", "qos": 1, "retain": false, )"
            R"("content_type": "text/plain", "expiry": 60, "response_topic": "r", "correlation_data": "hi", )"
            R"("user_properties": {"a": "1", "b": "2"}}})");
  EXPECT_EQ(record_line(R"({"topic":"a","payloadBase64":"AQI="})", 0),
            R"({"at": 0.000, "message": {"topic": "a", "payload_base64": "AQI="}})");
  EXPECT_EQ(record_line("{}", 0), "");
  EXPECT_EQ(record_line("", 0), "");
}

}  // namespace
}  // namespace management::ctl
