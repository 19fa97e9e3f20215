// Reading metrics and turning them into the figures of $SYS.
#include <gtest/gtest.h>

#include "figures.hpp"

namespace sys_topics {
namespace {

std::string value(const std::vector<Figure>& figures, std::string_view topic) {
  for (const Figure& figure : figures)
    if (figure.topic == topic) return figure.value;
  return "(none)";
}

TEST(MetricText, AddsUpTheLabelSetsThatMatch) {
  const MetricText text(
      "# HELP a_total words 7\n# TYPE a_total counter\na_total{reason=\"x\",by=\"y z\"} 2\na_total{reason=\"w\"} 40\n"
      "b -3\nbroken\nalso broken x\n");
  EXPECT_EQ(text.sum("a_total"), 42);
  EXPECT_EQ(text.sum("a_total", "reason=\"x\""), 2);
  EXPECT_EQ(text.sum("a_total", "reason=\"v\""), std::nullopt);
  EXPECT_EQ(text.sum("b"), -3);
  EXPECT_EQ(text.sum("c"), std::nullopt);
}

TEST(Figures, UseMosquittosNames) {
  Figures figures("trellis version 1.2.3");
  const MetricText metrics(
      "trellis_connections 8\ntrellis_mqtt_connections{version=\"5.0\"} 2\n"
      "trellis_mqtt_connections{version=\"3.1.1\"} 1\ntrellis_subscribers 5\ntrellis_messages_published_total 10\n"
      "trellis_messages_dropped_total{reason=\"overflow\"} 1\ntrellis_messages_dropped_total{reason=\"expired\"} 2\n"
      "trellis_retained_messages 4\ntrellis_queue_messages 6\ntrellis_subscriptions 9\n"
      "trellis_retained_bytes 70\ntrellis_queue_bytes 30\ntrellis_queue_leased 2\ntrellis_shared_subscriptions 3\n"
      "trellis_subscribers_ended_total{reason=\"expired\"} 8\ntrellis_subscribers_ended_total{reason=\"removed\"} 1\n"
      "trellis_mqtt_publish_bytes_received_total 11\ntrellis_mqtt_publish_bytes_sent_total 12\n");
  const auto made = figures.update(metrics, 1000, 5000);
  EXPECT_EQ(value(made, "version"), "trellis version 1.2.3");
  EXPECT_EQ(value(made, "uptime"), "0 seconds");
  EXPECT_EQ(value(made, "clients/connected"), "3");
  EXPECT_EQ(value(made, "clients/disconnected"), "2");
  EXPECT_EQ(value(made, "clients/total"), "5");
  EXPECT_EQ(value(made, "publish/messages/received"), "10");
  EXPECT_EQ(value(made, "publish/messages/dropped"), "3");
  EXPECT_EQ(value(made, "retained messages/count"), "4");
  EXPECT_EQ(value(made, "messages/stored"), "10");
  EXPECT_EQ(value(made, "store/messages/bytes"), "100");
  EXPECT_EQ(value(made, "messages/inflight"), "2");
  EXPECT_EQ(value(made, "subscriptions/count"), "9");
  EXPECT_EQ(value(made, "shared_subscriptions/count"), "3");
  EXPECT_EQ(value(made, "clients/expired"), "8");
  EXPECT_EQ(value(made, "publish/bytes/received"), "11");
  EXPECT_EQ(value(made, "publish/bytes/sent"), "12");
  EXPECT_EQ(value(made, "heap/current"), "1000");
}

TEST(Figures, WhatNobodyCountsIsLeftOut) {
  Figures figures("v");
  const auto made = figures.update(MetricText(""), std::nullopt, 0);
  EXPECT_EQ(made.size(), 2u);
  EXPECT_EQ(value(made, "bytes/sent"), "(none)");
}

TEST(Figures, MaximaStayAndUptimeGrows) {
  Figures figures("v");
  figures.update(MetricText("trellis_mqtt_connections 7\n"), 500, 1000);
  const auto made = figures.update(MetricText("trellis_mqtt_connections 2\n"), 300, 62'500);
  EXPECT_EQ(value(made, "clients/maximum"), "7");
  EXPECT_EQ(value(made, "clients/connected"), "2");
  EXPECT_EQ(value(made, "heap/maximum"), "500");
  EXPECT_EQ(value(made, "uptime"), "61 seconds");
}

TEST(Figures, LoadsApproachTheRatePerMinute) {
  Figures figures("v");
  figures.update(MetricText("trellis_bytes_sent_total 1000\n"), {}, 0);
  auto made = figures.update(MetricText("trellis_bytes_sent_total 1060\n"), {}, 60'000);
  EXPECT_EQ(value(made, "load/bytes/sent/1min"), "37.93");  // 60 * (1 - 1/e)
  EXPECT_EQ(value(made, "load/bytes/sent/15min"), "3.87");  // 60 * (1 - e^(-1/15))
  for (int minute = 2; minute < 20; ++minute)
    made = figures.update(MetricText("trellis_bytes_sent_total " + std::to_string(1000 + 60 * minute) + "\n"), {},
                          static_cast<uint64_t>(minute) * 60'000);
  EXPECT_EQ(value(made, "load/bytes/sent/1min"), "60.00");
}

TEST(Figures, AsJson) {
  EXPECT_EQ(to_json({{"version", "a \"b\"", false}, {"clients/total", "5", true}}),
            "{\"version\":\"a \\\"b\\\"\",\"clients/total\":5}\n");
}

}  // namespace
}  // namespace sys_topics
