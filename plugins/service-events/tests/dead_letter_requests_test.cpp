#include "letters_bench.hpp"

namespace events_service::testing {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr std::string_view kLetters = "/topics/orders/eventsubscriptions/audit/deadletters";
constexpr std::string_view kRedrive = "/topics/dead/eventsubscriptions/all:redrive";

// One file each.
void reject_all(LettersBench& it, const Ids& all) {
  std::int64_t count = it.success();
  for (const std::string& id : all) {
    it.reject(id);
    it.kept(++count);
    it.bench.host.advance(hours(5));
  }
}

std::string path_of(const std::string& id, std::string_view more) {
  return std::string(kLetters) + "/" + id + std::string(more);
}

// The ids of files, in the order they are listed.
Ids listed(LettersBench& it, std::string_view query = "") {
  const auto watch = it.ask("GET", kLetters, query);
  EXPECT_EQ(watch.status(), 200u) << watch.body();
  Ids out;
  const auto body = trellis::Config::parse(watch.body());
  for (const trellis::Config& one : body->list("value")) out.push_back(one.text("id"));
  return out;
}

TEST(DeadLetterRequests, ListTheOldestFirstAndPageByPage) {
  LettersBench it;
  reject_all(it, {"a", "b", "c"});
  const auto first = it.ask("GET", kLetters, "maxEvents=2");
  const auto body = trellis::Config::parse(first.body()).value();
  const auto page = body.list("value");
  ASSERT_EQ(page.size(), 2u);
  EXPECT_EQ(page[0].object("event").json(), R"({"id":"a","source":"/shop","type":"order.created"})");
  EXPECT_EQ(page[0].integer("index"), 0);
  EXPECT_EQ(page[0].object("deadLetterProperties").text("deadletterreason"), "Event was rejected.");
  EXPECT_EQ(page[0].object("deadLetterProperties").integer("deliveryattempts"), 1);
  const auto second = it.ask("GET", kLetters, "maxEvents=2&marker=" + body.text("marker"));
  const auto rest = trellis::Config::parse(second.body()).value();
  ASSERT_EQ(rest.list("value").size(), 1u);
  EXPECT_EQ(rest.list("value")[0].object("event").text("id"), "c");
  EXPECT_FALSE(rest.contains("marker"));
  EXPECT_EQ(it.ask("GET", kLetters, "marker=x").status(), 400u);
  EXPECT_EQ(it.ask("GET", kLetters, "marker=" + page[0].text("id") + "/-1").status(), 400u);
}

TEST(DeadLetterRequests, PagesEndWithinAFile) {
  LettersBench it;
  reject_all(it, {"a"});
  const std::string file = it.files()[0];
  const std::string record = LettersBench::text_of(file);
  const std::string element = record.substr(2, record.size() - 5);
  std::ofstream(file) << "[" << element << "," << element << "," << element << "]";
  const auto first = trellis::Config::parse(it.ask("GET", kLetters, "maxEvents=2").body()).value();
  ASSERT_EQ(first.list("value").size(), 2u);
  const auto second =
      trellis::Config::parse(it.ask("GET", kLetters, "maxEvents=2&marker=" + first.text("marker")).body());
  ASSERT_EQ(second->list("value").size(), 1u);
  EXPECT_EQ(second->list("value")[0].integer("index"), 2);
}

TEST(DeadLetterRequests, ShowOneWithAllItHas) {
  LettersBench it;
  reject_all(it, {"a"});
  const std::string id = listed(it).at(0);
  const auto watch = it.ask("GET", path_of(id, "/0"));
  EXPECT_EQ(watch.status(), 200u) << watch.body();
  const auto body = trellis::Config::parse(watch.body()).value();
  EXPECT_EQ(body.object("event").json(), EventsBench::event("a"));
  EXPECT_EQ(body.object("deadLetterProperties").text("deliveryresult"), "Event was rejected.");
  EXPECT_EQ(it.ask("GET", path_of(id, "/1")).status(), 404u);
  EXPECT_EQ(it.ask("GET", path_of("018f338c-3c7b-7000-8000-000000000000", "/0")).status(), 404u);
  EXPECT_EQ(it.ask("GET", path_of("..", "/0")).status(), 404u);
  EXPECT_EQ(it.ask("POST", path_of(id, "/0")).status(), 405u);
  EXPECT_EQ(it.ask("GET", "/topics/orders/eventsubscriptions/nobody/deadletters").status(), 404u);
}

TEST(DeadLetterRequests, PutTheEventsOfOneFileBack) {
  LettersBench it;
  reject_all(it, {"a", "b"});
  const std::string id = listed(it).at(1);
  const auto watch = it.ask("POST", path_of(id, ":redrive"));
  EXPECT_EQ(watch.body(), R"({"redriven":1,"failed":0,"skipped":0,"more":false})");
  const auto all = it.bench.receive();
  ASSERT_EQ(ids(all), (Ids{"b"}));
  EXPECT_EQ(all[0].count, 1);
  EXPECT_EQ(all[0].event, EventsBench::event("b"));
  EXPECT_EQ(listed(it).size(), 1u);
  const auto again = it.ask("POST", path_of(id, ":redrive"));
  EXPECT_EQ(again.status(), 404u);
  EXPECT_THAT(again.body(), HasSubstr(id + "\\\" of dead letters here; it may be back already"));
  const auto shown = it.ask("GET", path_of(id, "/0"));
  EXPECT_EQ(shown.status(), 404u);
  for (const auto& gone : {again, shown})
    EXPECT_THAT(gone.body(), ::testing::Not(HasSubstr(it.folder.path())))
        << "where the broker has them is its own affair";
  EXPECT_EQ(it.bench.host.metric("trellis_events_redriven_total", R"(outcome="success")"), 1);
}

TEST(DeadLetterRequests, PutAllBackSomeAtATime) {
  LettersBench it(To::file, "", 3);
  reject_all(it, {"a", "b", "c"});
  const std::string all = std::string(kLetters) + ":redrive";
  EXPECT_EQ(it.ask("POST", all, "maxEvents=2", 1).body(), R"({"redriven":2,"failed":0,"skipped":0,"more":true})");
  EXPECT_EQ(it.ask("POST", all, "maxEvents=2", 2).body(), R"({"redriven":1,"failed":0,"skipped":0,"more":false})");
  EXPECT_EQ(it.ask("POST", all).body(), R"({"redriven":0,"failed":0,"skipped":0,"more":false})");
  EXPECT_EQ(ids(it.bench.receive()), (Ids{"a", "b", "c"}));
  EXPECT_TRUE(it.files().empty());
}

TEST(DeadLetterRequests, KeepTheFileUntilItsEventsAreKept) {
  LettersBench it;
  reject_all(it, {"a"});
  const std::string all = std::string(kLetters) + ":redrive";
  it.bench.host.refuse_offers(true);
  EXPECT_EQ(it.ask("POST", all).status(), 503u);
  it.bench.host.refuse_offers(false);
  EXPECT_EQ(it.files().size(), 1u);
  it.bench.host.hold_kept();
  const auto watch = it.bench.request("POST", all, "", "");
  const auto second = it.bench.request("POST", all, "", "");
  EXPECT_TRUE(it.bench.host.wait([&] { return second.answered(); }));
  EXPECT_EQ(second.body(), R"({"redriven":0,"failed":0,"skipped":1,"more":false})") << "the first has the file";
  EXPECT_FALSE(watch.answered());
  EXPECT_EQ(it.files().size(), 1u);
  it.bench.host.release_kept();
  EXPECT_TRUE(it.bench.host.wait([&] { return watch.answered(); }));
  EXPECT_EQ(watch.body(), R"({"redriven":1,"failed":0,"skipped":0,"more":false})");
  EXPECT_TRUE(it.files().empty());
}

TEST(DeadLetterRequests, PassOverFilesThatSomebodyDamaged) {
  LettersBench it;
  reject_all(it, {"a", "b", "c"});
  std::ofstream(it.files()[0]) << "[{\"event\":";
  std::ofstream(it.files()[1])
      << R"([{"event":{"specversion":"1.0","id":"b"},"deadLetterProperties":{"publishutc":{}}}])";
  const auto list = trellis::Config::parse(it.ask("GET", kLetters).body()).value().list("value");
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0].text("error"), "it is no array of JSON");
  EXPECT_EQ(list[1].object("event").json(), R"({"id":"b"})");
  EXPECT_EQ(list[1].object("deadLetterProperties").json(), "{}");
  const auto shown = it.ask("GET", path_of(list[1].text("id"), "/0"));
  EXPECT_EQ(shown.status(), 500u);
  EXPECT_THAT(shown.body(), HasSubstr("element 0: the event: attribute 'source': found none"));
  EXPECT_EQ(it.ask("POST", std::string(kLetters) + ":redrive").body(),
            R"({"redriven":1,"failed":0,"skipped":2,"more":false})");
  EXPECT_TRUE(it.bench.host.logged("a file with dead letters is passed over"));
  EXPECT_EQ(ids(it.bench.receive()), (Ids{"c"}));
  EXPECT_EQ(it.files().size(), 2u);
}

TEST(DeadLetterRequests, FindNothingWhereNothingWasGivenUp) {
  EventsBench bench;
  const auto watch = bench.request("GET", kLetters, "", "");
  EXPECT_TRUE(bench.host.wait([&] { return watch.answered(); }));
  EXPECT_EQ(watch.status(), 200u);
  EXPECT_EQ(watch.body(), R"({"value":[]})");
}

TEST(DeadLetterRequests, PutLettersOfATopicBackWhereTheyAreFrom) {
  for (const std::uint32_t shard : {0u, 1u, 2u}) {
    LettersBench it(To::topic, "", 3);
    it.bench.put("topics", "bills");
    it.bench.put("eventSubscriptions", "bills/tax",
                 R"({"deliveryConfiguration":{"queue":{)" + destination(To::topic) + "}}}");
    it.reject("a");
    it.bench.post("/topics/bills:publish", "", EventsBench::event("b"), "application/cloudevents+json");
    const auto tax = it.receive("bills", "tax");
    ASSERT_EQ(tax.size(), 1u);
    it.bench.post("/topics/bills/eventsubscriptions/tax:reject", "", R"({"lockTokens":[")" + tax[0].token + "\"]}");
    it.kept(2);
    const auto watch = it.ask("POST", kRedrive, "", shard);
    EXPECT_EQ(watch.body(), R"({"redriven":2,"failed":0,"skipped":0,"more":false})");
    const auto all = it.bench.receive();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].event, EventsBench::event("a"));
    EXPECT_EQ(all[0].count, 1);
    EXPECT_EQ(ids(it.receive("bills", "tax")), (Ids{"b"}));
    EXPECT_TRUE(it.receive("dead", "all").empty());
  }
}

TEST(DeadLetterRequests, LeaveWhatIsNoLetterWhereItIs) {
  LettersBench it(To::topic);
  const auto publish = [&](std::string_view id, std::string_view more) {
    it.bench.post("/topics/dead:publish", "", EventsBench::event(id, more), "application/cloudevents+json");
  };
  publish("x", "");
  publish("y", R"(,"deadlettersource":"orders/gone")");
  it.reject("a");
  it.kept(1);
  it.reject("b");
  it.kept(2);
  EXPECT_EQ(it.ask("POST", kRedrive, "maxEvents=1").body(), R"({"redriven":1,"failed":0,"skipped":2,"more":true})");
  EXPECT_EQ(ids(it.bench.receive()), (Ids{"a"}));
  const auto left = it.receive("dead", "all");
  EXPECT_EQ(ids(left), (Ids{"x", "y", "b"}));
  EXPECT_EQ(left[0].count, 1);
}

TEST(DeadLetterRequests, LeaveLettersThatCannotGoBack) {
  LettersBench it(To::topic, "", 1, R"(,"queued_events":1)");
  it.reject("a");
  it.kept(1);
  it.bench.publish(EventsBench::event("b"));
  EXPECT_EQ(it.ask("POST", kRedrive).body(), R"({"redriven":0,"failed":1,"skipped":0,"more":false})");
  EXPECT_EQ(it.bench.host.metric("trellis_events_redriven_total", R"(outcome="failure")"), 1);
  EXPECT_EQ(it.receive("dead", "all").size(), 1u);
}

}  // namespace
}  // namespace events_service::testing
