// POST /api/events: publishing as custom topics of Event Grid's basic tier have it.
#include "events_bench.hpp"

namespace events_service::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

/// With the topics "orders" of Event Grid's schema, "clouds" of CloudEvents, and "own" of a custom one.
struct BasicBench : EventsBench {
  explicit BasicBench(std::string_view settings = R"({"api_events": {"default_topic": "orders"}})",
                      std::uint32_t shards = 1)
      : EventsBench(settings, shards) {
    put("topics", "orders", R"({"inputSchema":"EventGridSchema"})");
    put("topics", "clouds");
    put("eventSubscriptions", "clouds/audit");
  }
  ResponseWatch send(std::string_view body, std::string_view path = "/api/events",
                     std::string_view type = "application/json", trellis::testing::TextPairs headers = {},
                     std::string host_name = {}, std::uint32_t shard = 0) {
    RequestSample request{.method = "POST", .path = std::string(path), .query = "api-version=2018-01-01"};
    request.body = body;
    request.headers = std::move(headers);
    if (!type.empty()) request.headers.emplace_back("content-type", std::string(type));
    request.host = std::move(host_name);
    auto watch = service.request(request, shard);
    host.turn();
    return watch;
  }
  /// What one event is kept as; or why it is refused.
  std::string kept(std::string_view body, std::string_view topic = "orders") {
    const auto watch = send(body, "/topics/" + std::string(topic) + "/api/events");
    if (watch.status() != 200) return std::to_string(watch.status()) + ' ' + message(watch);
    const auto all = of(topic);
    return all.size() == 1 ? all[0].event : std::to_string(all.size()) + " events";
  }
  std::vector<Received> of(std::string_view topic) {
    const auto watch = post("/topics/" + std::string(topic) + "/eventsubscriptions/audit:receive", "maxEvents=100", "");
    return watch.answered() ? read(watch) : std::vector<Received>();
  }
  static std::string message(const ResponseWatch& watch) {
    return trellis::Config::parse(watch.body())->object("error").text("message");
  }
};

constexpr std::string_view kOne =
    R"({"id":"1","subject":"eu/7","eventType":"order.made","eventTime":"2026-01-02T03:04:05.1234567Z",)"
    R"("dataVersion":"2.0","data":{"total": 12.50}})";

std::string list(std::string_view one) { return '[' + std::string(one) + ']'; }

TEST(BasicPublish, EventsOfEventGridsSchemaBecomeCloudEvents) {
  BasicBench bench;
  const auto watch = bench.send(list(kOne));
  EXPECT_EQ(watch.status(), 200u);
  EXPECT_EQ(watch.body(), "");
  EXPECT_EQ(watch.header("content-type"), "");
  const auto all = bench.of("orders");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].event,
            R"({"specversion":"1.0","id":"1","source":"/topics/orders","type":"order.made",)"
            R"("time":"2026-01-02T03:04:05.1234567Z","subject":"eu/7","dataversion":"2.0","data":{"total": 12.50}})");
  EXPECT_EQ(bench.host.metric("trellis_events_published_total", R"(outcome="success")"), 1);
}

TEST(BasicPublish, WhatMayBeMissingMayBe) {
  BasicBench bench;
  EXPECT_EQ(bench.kept(R"([ {"data" : null, "topic": "/subscriptions/1/topics/t", "metadataVersion":"1", "more":[{}],
      "eventTime":"2026-01-02T03:04:05+01:00", "eventType":"a \"b\" \u00e4", "subject":"", "id":"1"} ])"),
            R"({"specversion":"1.0","id":"1","source":"/subscriptions/1/topics/t","type":"a \"b\" \u00e4",)"
            R"("time":"2026-01-02T03:04:05+01:00","data":null})");
  EXPECT_EQ(bench.kept(R"([{"id":"1","subject":"s","eventType":"t","eventTime":"2026-01-02T03:04:05Z","topic":null,)"
                       R"("dataVersion":""}])"),
            R"({"specversion":"1.0","id":"1","source":"/topics/orders","type":"t","time":"2026-01-02T03:04:05Z",)"
            R"("subject":"s"})");
}

TEST(BasicPublish, WhatIsWrongWithAnEventIsSaidInItsOwnTerms) {
  BasicBench bench;
  const auto refused = [&](std::string_view from, std::string_view to) {
    std::string event(kOne);
    event.replace(event.find(from), from.size(), to);
    return bench.kept('[' + std::string(kOne) + ',' + event + ']');
  };
  EXPECT_EQ(refused(R"("id":"1",)", ""), "400 event 1: member 'id': found none, expected a text");
  EXPECT_EQ(refused(R"("subject":"eu/7",)", ""), "400 event 1: member 'subject': found none, expected a text");
  EXPECT_EQ(refused(R"("eventType")", R"("type")"), "400 event 1: member 'eventType': found none, expected a text");
  EXPECT_EQ(refused("order.made", ""), "400 event 1: member 'eventType': found an empty text, expected some");
  EXPECT_EQ(refused("Z\"", "\""),
            "400 event 1: member 'eventTime': found \"2026-01-02T03:04:05.1234567\", expected a time with a zone such "
            "as \"2026-01-02T03:04:05Z\" (RFC 3339)");
  EXPECT_EQ(refused(R"("2.0")", "2.0"), "400 event 1: member 'dataVersion': found \"2.0\", expected a text");
  EXPECT_EQ(refused(R"("1")", "{}"), "400 event 1: member 'id': found no text, expected a text");
  EXPECT_EQ(refused(R"("id")", R"("id":"0","id")"), "400 event 1: member 'id': found it twice, expected it once");
  EXPECT_EQ(refused(R"("id")", R"("data":1,"id")"), "400 event 1: member 'data': found it twice, expected it once");
  EXPECT_EQ(refused(R"("id")", R"("topic":"a b","id")"),
            "400 event 1: member 'topic': found \"a b\", expected a URI reference, or none");
  EXPECT_TRUE(bench.of("orders").empty()) << "nothing of a batch that is refused is kept";
}

TEST(BasicPublish, WhatIsNoArrayOfEventsIsRefused) {
  BasicBench bench;
  EXPECT_EQ(bench.kept(kOne), "400 the body: found \"{\" at its beginning, expected an array of events");
  EXPECT_EQ(bench.kept(""), "400 the body: found nothing at its beginning, expected an array of events");
  EXPECT_EQ(bench.kept("[1]"), "400 event 0: found \"1\", expected an object");
  for (const std::string& body :
       std::vector<std::string>{"[", "[{]", list(kOne) + "x", '[' + std::string(kOne) + ",]",
                                '[' + std::string(kOne).replace(kOne.find("12.50"), 5, "012.5") + ']',
                                '[' + std::string(kOne).replace(1, 0, R"("more":tru,)") + ']',
                                '[' + std::string(kOne).replace(1, 0, R"("more":"\x",)") + ']'})
    EXPECT_THAT(bench.kept(body), ::testing::StartsWith("400 the body is not JSON")) << body;
  EXPECT_THAT(bench.kept('[' + std::string(kOne).replace(1, 0, "\"more\":" + std::string(500, '[')) + ']'),
              ::testing::StartsWith("400 "));
  const std::string whole = list(kOne);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THAT(bench.kept(whole.substr(0, size)), ::testing::StartsWith("400 ")) << size;
  EXPECT_EQ(bench.kept("[]"), "0 events");
}

TEST(BasicPublish, ErrorsAreThoseOfTheBasicTier) {
  BasicBench bench(R"({"event_bytes": "1KiB", "request_bytes": "2KiB", "api_events": {"events_per_request": 2}})");
  const auto answered = [](const ResponseWatch& watch) {
    const auto error = trellis::Config::parse(watch.body())->object("error");
    EXPECT_EQ(watch.header("x-ms-error-code"), error.text("code"));
    const auto details = error.list("details");
    EXPECT_EQ(details.size(), 1u);
    if (!details.empty()) {
      EXPECT_EQ(details[0].text("code"), error.text("code"));
      EXPECT_EQ(details[0].text("message"), error.text("message"));
    }
    return std::to_string(watch.status()) + ' ' + error.text("code");
  };
  constexpr std::string_view kPath = "/topics/orders/api/events";
  EXPECT_EQ(answered(bench.send("{}", kPath)), "400 BadRequest");
  EXPECT_EQ(answered(bench.send("[]", "/topics/nothing/api/events")), "404 NotFound");
  EXPECT_EQ(answered(bench.send("[]")), "404 NotFound") << "no topic is named";
  EXPECT_EQ(answered(bench.send(std::string(2049, ' '), kPath)), "413 RequestEntityTooLarge");
  const std::string padded = list(std::string(kOne).replace(kOne.find("12.50"), 5, '"' + std::string(1000, 'x') + '"'));
  EXPECT_EQ(answered(bench.send(padded, kPath)), "413 RequestEntityTooLarge");
  const std::string one(kOne);
  EXPECT_EQ(answered(bench.send('[' + one + ',' + one + ',' + one + ']', kPath)), "413 RequestEntityTooLarge");
  EXPECT_EQ(answered(bench.send("[]", kPath, "text/plain")), "400 BadRequest");
  EXPECT_EQ(answered(bench.request("GET", kPath, "", "")), "405 MethodNotAllowed");
  EXPECT_EQ(answered(bench.send("hello", kPath, "application/json",
                                {{"ce-id", "1"}, {"ce-specversion", "1.0"}, {"ce-source", "/"}, {"ce-type", "t"}})),
            "400 BadRequest")
      << "binary mode";
  EXPECT_TRUE(bench.of("orders").empty());
}

TEST(BasicPublish, CloudEventsAreTakenByEveryTopic) {
  BasicBench bench;
  for (const char* topic : {"orders", "clouds"}) {
    const std::string path = "/topics/" + std::string(topic) + "/api/events";
    const std::string batch = list(bench.event("a", R"(,"myext":"x","data":"y")"));
    EXPECT_EQ(bench.send(batch, path, "application/cloudevents-batch+json; charset=utf-8").status(), 200u);
    EXPECT_EQ(bench.send(bench.event("b"), path, "application/cloudevents+json").status(), 200u);
    const auto all = bench.of(topic);
    ASSERT_EQ(all.size(), 2u) << topic;
    EXPECT_EQ(all[0].event, bench.event("a", R"(,"myext":"x","data":"y")"));
  }
  EXPECT_EQ(bench.send(list(bench.event("c")), "/topics/clouds/api/events").status(), 200u);
  EXPECT_EQ(bench.of("clouds").size(), 1u);
  const auto own = bench.send(list(kOne), "/topics/clouds/api/events");
  EXPECT_EQ(own.status(), 400u);
  EXPECT_THAT(BasicBench::message(own), HasSubstr("eventType"));
}

TEST(BasicPublish, EventsOfACustomSchemaAreDataAsAWhole) {
  BasicBench bench;
  bench.put("topics", "own", R"({"inputSchema":"CustomInputSchema","inputSchemaMapping":{"properties":{
      "id":{"sourceField":"key"},"eventType":{"sourceField":"kind","defaultValue":"thing"},
      "subject":{"sourceField":"key","defaultValue":"nothing"},"dataVersion":{"defaultValue":"1"},
      "eventTime":{"sourceField":"at"},"topic":{"sourceField":"from"}}}})");
  bench.put("eventSubscriptions", "own/audit");
  EXPECT_EQ(
      bench.kept(R"([{"key": 17, "kind":"k","at":"2026-01-02T03:04:05Z","from":"/press","n":{"a":[1, 2]}}])", "own"),
      R"({"specversion":"1.0","id":"17","source":"/press","type":"k","time":"2026-01-02T03:04:05Z","subject":"17",)"
      R"("dataversion":"1","data":{"key": 17, "kind":"k","at":"2026-01-02T03:04:05Z","from":"/press",)"
      R"("n":{"a":[1, 2]}}})");
  EXPECT_THAT(bench.kept(R"([ [1, 2] ])", "own"),
              MatchesRegex(R"(\{"specversion":"1.0","id":"[0-9a-f-]{36}","source":"/topics/own","type":"thing",)"
                           R"("time":"[0-9T:.-]*Z","subject":"nothing","dataversion":"1","data":\[1, 2\]\})"));
  EXPECT_THAT(bench.kept(R"(["text"])", "own"), HasSubstr(R"("data":"text"})"));
  EXPECT_EQ(bench.kept(R"([{"kind":{}}])", "own"), "400 event 0: member 'kind': found no text, expected a text");
  bench.put("topics", "own", R"({"inputSchema":"CustomInputSchema"})");
  EXPECT_THAT(bench.kept(R"([{"a":1}])", "own"), HasSubstr(R"("type":"CustomEvent")"));
}

TEST(BasicPublish, AMappingIsOfACustomSchema) {
  BasicBench bench;
  EXPECT_THAT(bench.host.put_resource("topics", "own", R"({"inputSchema":"EventGridSchema","inputSchemaMapping":{}})"),
              HasSubstr("/inputSchemaMapping: expected none, for inputSchema is EventGridSchema"));
  EXPECT_THAT(bench.host.put_resource("topics", "own",
                                      R"({"inputSchema":"CustomInputSchema","inputSchemaMapping":{"properties":{
                                          "subject":{"defaultValue":"a\u0001"}}}})"),
              HasSubstr("/subject/defaultValue: expected a text without control characters"));
}

TEST(BasicPublish, TheTopicIsThatOfThePathOrTheHostOrTheUsualOne) {
  BasicBench bench(R"({"api_events": {"default_topic": "orders", "topic_by_host": true}})");
  const std::string batch = list(bench.event("a"));
  const auto sent = [&](std::string_view path, const std::string& host_name) {
    return bench.send(batch, path, "application/cloudevents-batch+json", {}, host_name).status();
  };
  EXPECT_EQ(sent("/api/events", "Clouds.events.example.com"), 200u);
  EXPECT_EQ(bench.of("clouds").size(), 1u);
  EXPECT_EQ(sent("/topics/orders/api/events", "clouds.events.example.com"), 200u);
  EXPECT_EQ(sent("/API/events", "other.example.com"), 200u);
  EXPECT_EQ(sent("/base/api/events", "other.example.com"), 404u);
  EXPECT_EQ(sent("/api/events", "127.0.0.1"), 200u);
  EXPECT_EQ(bench.of("orders").size(), 3u);
  EXPECT_TRUE(bench.of("clouds").empty());
  EXPECT_EQ(sent("/topics/clouds/topics/orders/api/events", ""), 404u);
  BasicBench by_path;
  EXPECT_EQ(by_path.send(batch, "/api/events", "application/cloudevents-batch+json", {}, "clouds.example.com").status(),
            200u);
  EXPECT_TRUE(by_path.of("clouds").empty()) << "host names count where they are told to";
}

TEST(BasicPublish, FiltersSeeWhatItWasConvertedTo) {
  BasicBench bench;
  bench.put("eventSubscriptions", "orders/big",
            R"({"filtersConfiguration":{"includedEventTypes":["ORDER.made"],"filters":[
      {"operatorType":"NumberGreaterThan","key":"data.total","value":12},
      {"operatorType":"StringBeginsWith","key":"subject","values":["eu/"]},
      {"operatorType":"StringIn","key":"dataversion","values":["2.0"]}]}})");
  bench.send(list(kOne));
  EXPECT_EQ(bench.read(bench.start_receive(10, "", 0, "big")).size(), 1u);
}

TEST(BasicPublish, ComesInOnAnyShardAndWaitsUntilItIsKept) {
  BasicBench bench(R"({"api_events": {"default_topic": "orders"}})", 3);
  for (std::uint32_t shard = 0; shard < 3; ++shard) {
    bench.host.hold_kept();
    const auto watch = bench.send(list(kOne), "/api/events", "application/json", {}, "", shard);
    EXPECT_FALSE(watch.answered());
    bench.host.release_kept();
    bench.host.turn();
    EXPECT_EQ(watch.status(), 200u);
    EXPECT_EQ(watch.body(), "");
  }
  EXPECT_EQ(bench.of("orders").size(), 3u);
}

TEST(BasicPublish, TakesTheTraceContextOfTheRequest) {
  BasicBench bench;
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  bench.send(list(kOne), "/api/events", "application/json", {{"traceparent", trace}});
  EXPECT_THAT(bench.of("orders").at(0).event, HasSubstr(R"("traceparent":")" + trace));
}

TEST(BasicPublish, KeysOfTheNamespaceOpenIt) {
  trellis::testing::TestHost host;
  auto service = host.load<Events>(R"({"api_events": {"default_topic": "orders"}})");
  ASSERT_EQ(host.put_resource("topics", "orders", R"({"inputSchema":"EventGridSchema"})"), "");
  ASSERT_EQ(host.put_resource("topics", "other", "{}"), "");
  ASSERT_EQ(host.put_resource("accessKeys", "key1", R"({"key":"c2l4dGVlbiBieXRlcyBvciBtb3Jl"})"), "");
  host.turn();
  const auto status = [&](const std::string& field, const std::string& value, const std::string& path = "/api/events") {
    RequestSample request{.method = "POST", .path = path, .query = "api-version=2018-01-01", .body = "[]"};
    request.headers = {{"content-type", "application/json"}, {field, value}};
    request.host = "localhost";
    const auto watch = service.request(request);
    host.turn();
    return watch.status();
  };
  EXPECT_EQ(status("aeg-sas-key", "c2l4dGVlbiBieXRlcyBvciBtb3Jl"), 200u);
  EXPECT_EQ(status("aeg-sas-key", "c2l4dGVlbiBieXRlcyBvciBtb3Jm"), 401u);
  EXPECT_EQ(status("accept", "application/json"), 401u);
  EXPECT_EQ(status("aeg-sas-key", "c2l4dGVlbiBieXRlcyBvciBtb3Jl", "/topics/other/api/events"), 200u);
}

}  // namespace
}  // namespace events_service::testing
