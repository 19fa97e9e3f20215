#include "settings.hpp"

#include <gtest/gtest.h>

namespace mqtt_http {
namespace {

TEST(MqttHttpResponseTopic, KeepsAClientToOneLevel) {
  EXPECT_EQ(response_topic_of("responses/{client}/{id}", "press-04", "7"), "responses/press-04/7");
  EXPECT_EQ(response_topic_of("r/{client}/{id}", "a/b+#%", "7"), "r/a%2Fb%2B%23%25/7");
  EXPECT_EQ(response_topic_of("r/{id}/{client}", "{id}", "7"), "r/7/{id}") << "a name is no pattern";
}

}  // namespace
}  // namespace mqtt_http
