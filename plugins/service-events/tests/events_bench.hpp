// The plugin in a kernel in miniature, with a topic "orders" and what clients do with it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <trellis/json.hpp>
#include <trellis/testing/test_host.hpp>
#include <vector>

#include "events_service.hpp"
#include "topics_here.hpp"

namespace events_service::testing {

using trellis::testing::RequestSample;
using trellis::testing::ResponseWatch;

/// What was received.
struct Received {
  std::string token;
  std::int64_t count = 0;
  std::string id;
  std::string event;
};

inline std::vector<std::string> ids(const std::vector<Received>& all) {
  std::vector<std::string> out;
  for (const Received& one : all) out.push_back(one.id);
  return out;
}
using Ids = std::vector<std::string>;

class EventsBench {
 public:
  /// settings: beside `access`, which lets everybody in.
  /// before: loads plugins that outlive this one.
  explicit EventsBench(
      std::string_view settings = "{}", std::uint32_t shards = 1,
      const std::function<void(trellis::testing::TestHost&)>& before = [](auto&) {})
      : host(trellis::testing::TestHostOptions{.shards = shards}),
        service((before(host), host.load<Events>(open_to_all(settings)))) {
    put("topics", "orders");
    put("eventSubscriptions", "orders/audit");
  }

  static std::string open_to_all(std::string_view settings) {
    const std::string rest(settings.substr(1));
    return R"({"access": {"anonymous": true})" + std::string(rest == "}" ? "" : ", ") + rest;
  }

  void put(std::string_view type, std::string_view name, std::string_view properties = "{}") {
    ASSERT_EQ(host.put_resource(type, name, properties), "");
    host.turn();
  }

  ResponseWatch post(std::string_view path, std::string_view query, std::string_view body,
                     std::string_view type = "application/json", trellis::testing::TextPairs headers = {},
                     std::uint32_t shard = 0) {
    return request("POST", path, query, body, type, std::move(headers), shard);
  }
  ResponseWatch request(std::string_view method, std::string_view path, std::string_view query, std::string_view body,
                        std::string_view type = "application/json", trellis::testing::TextPairs headers = {},
                        std::uint32_t shard = 0) {
    RequestSample request{.method = std::string(method), .path = std::string(path)};
    request.query = "api-version=2024-06-01";
    if (!query.empty()) request.query += "&" + std::string(query);
    request.headers = std::move(headers);
    request.headers.emplace_back("content-type", std::string(type));
    request.body = body;
    auto watch = service.request(request, shard);
    host.turn();
    return watch;
  }
  ResponseWatch publish(std::string_view events, std::string_view type = "application/cloudevents+json; charset=utf-8",
                        std::uint32_t shard = 0) {
    return post("/topics/orders:publish", "", events, type, {}, shard);
  }
  static std::string event(std::string_view id, std::string_view more = "") {
    return R"({"specversion":"1.0","id":")" + std::string(id) + R"(","source":"/shop","type":"order.created")" +
           std::string(more) + "}";
  }
  ResponseWatch start_receive(std::uint32_t most = 100, std::string_view more = "", std::uint32_t shard = 0,
                              std::string_view subscription = "audit") {
    return post("/topics/orders/eventsubscriptions/" + std::string(subscription) + ":receive",
                "maxEvents=" + std::to_string(most) + std::string(more), "", "application/json", {}, shard);
  }
  std::vector<Received> receive(std::uint32_t most = 100) {
    const auto watch = start_receive(most, "&maxWaitTime=10");
    if (!watch.answered()) host.advance(std::chrono::seconds(11));
    EXPECT_EQ(watch.status(), 200u) << watch.body();
    return read(watch);
  }
  static std::vector<Received> read(const ResponseWatch& watch) {
    std::vector<Received> all;
    const auto body = trellis::Config::parse(watch.body());
    if (!body) {
      ADD_FAILURE() << watch.body();
      return all;
    }
    for (const trellis::Config& one : body->list("value")) {
      const auto broker = one.object("brokerProperties");
      const auto event = one.object("event");
      all.push_back(
          {broker.text("lockToken"), broker.integer("deliveryCount"), event.text("id"), std::string(event.json())});
    }
    return all;
  }
  ResponseWatch settle(std::string_view operation, const std::vector<std::string>& tokens, std::string_view query = "",
                       std::uint32_t shard = 0) {
    std::string body = R"({"lockTokens":[)";
    for (const std::string& token : tokens) body += (body.ends_with('[') ? "" : ",") + trellis::json::quote(token);
    return post("/topics/orders/eventsubscriptions/audit:" + std::string(operation), query, body + "]}",
                "application/json", {}, shard);
  }
  /// How many succeeded.
  std::size_t settled(std::string_view operation, const std::vector<std::string>& tokens, std::string_view query = "") {
    const auto watch = settle(operation, tokens, query);
    EXPECT_EQ(watch.status(), 200u) << watch.body();
    return trellis::Config::parse(watch.body())->list("succeededLockTokens").size();
  }

  trellis::testing::TestHost host;
  trellis::testing::ServiceDriver service;
};

}  // namespace events_service::testing
