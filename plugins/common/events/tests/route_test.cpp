#include "common/events/route.hpp"

#include <gtest/gtest.h>

#include <string>

namespace events {
namespace {

constexpr std::string_view kVersion = "api-version=2024-06-01";

// "publish topic|subscription", or the problem.
std::string routed(std::string_view path, bool decoded = true, std::string_view query = kVersion,
                   std::string_view method = "POST") {
  Route route;
  if (const auto problem = parse_route({method, path, query, decoded}, {}, route)) {
    return std::to_string(problem->status) + ' ' + std::string(problem->code) + ' ' + problem->message;
  }
  return std::string(name_of(route.operation)) + ' ' + route.topic + '|' + route.subscription;
}

// "method: operation topic|subscription|file|index|marker|events", or the problem.
std::string dead_lettered(std::string_view method, std::string_view path, std::string_view query = kVersion) {
  Route route;
  route.marker = route.dead_letter = "before";
  route.dead_letter_index = 77;
  if (const auto problem = parse_route({method, path, query, true}, {}, route))
    return std::to_string(problem->status) + ' ' + problem->message;
  static constexpr std::string_view kNames[] = {"redrive", "list", "show", "redrive letters"};
  return std::string(kNames[static_cast<int>(route.operation) - static_cast<int>(Operation::redrive)]) + ' ' +
         route.topic + '|' + route.subscription + '|' + route.dead_letter + '|' +
         std::to_string(route.dead_letter_index) + '|' + route.marker + '|' + std::to_string(route.max_events);
}

TEST(Route, EveryOperationHasItsPath) {
  EXPECT_EQ(routed("/topics/orders:publish"), "publish orders|");
  for (const std::string operation : {"receive", "acknowledge", "release", "reject", "renewLock"}) {
    EXPECT_EQ(routed("/topics/orders/eventsubscriptions/eu:" + operation), operation + " orders|eu");
  }
}

TEST(Route, CaseDoesNotMatterAndNamesStayAsSent) {
  EXPECT_EQ(routed("/TOPICS/Orders:PUBLISH"), "publish Orders|");
  EXPECT_EQ(routed("/Topics/Orders/eventSubscriptions/EU:RenewLock"), "renewLock Orders|EU");
  EXPECT_EQ(routed("/topics/orders/EVENTSUBSCRIPTIONS/eu:renewlock"), "renewLock orders|eu");
}

// Whoever is mounted elsewhere than at the root sees paths below that.
TEST(Route, NothingStandsBeforeTopics) {
  EXPECT_EQ(routed("/topics/topics:publish"), "publish topics|");
  EXPECT_EQ(routed("/topics/topics/eventsubscriptions/topics:receive"), "receive topics|topics");
  for (const char* path : {"/base/topics/orders:publish", "/a/b/topics/orders/eventsubscriptions/eu:reject",
                           "//topics/orders:publish", "/topics/topics/topics:publish", "topics/orders:publish",
                           "/base/topics/orders/api/events", "/base/api/events"}) {
    EXPECT_TRUE(routed(path).starts_with("404 NotFound the path: found \"" + std::string(path) + "\", expected "))
        << path;
  }
  const std::string below = "/base/topics/orders/eventsubscriptions/eu";
  EXPECT_TRUE(dead_lettered("GET", below + "/deadletters").starts_with("404 "));
  EXPECT_TRUE(dead_lettered("GET", below + "/deadletters/f/1").starts_with("404 "));
  EXPECT_TRUE(dead_lettered("POST", below + "/deadletters:redrive").starts_with("404 "));
}

TEST(Route, PercentEncodingIsUndoneOnce) {
  EXPECT_EQ(routed("/topics/topic%201%3Apublish", false), "publish topic 1|");
  EXPECT_EQ(routed("/topics/topic%201%3apublish", false), "publish topic 1|");
  EXPECT_EQ(routed("/t%6Fpics/a+b%2541/eventsubscriptions/%C3%A4:receive", false), "receive a+b%41|\xC3\xA4");
  EXPECT_EQ(routed("/topics/a%20b:publish"), "publish a%20b|") << "the transport did it";
  for (const char* path :
       {"/topics/a%2:publish", "/topics/a%:publish", "/topics/%zz:publish", "/topics/a%00:publish"}) {
    EXPECT_TRUE(routed(path, false).starts_with("404 NotFound the path: found ")) << path;
  }
}

TEST(Route, OtherPathsAreNotFound) {
  constexpr std::string_view kExpected =
      ", expected /topics/{topic}:publish or /topics/{topic}/eventsubscriptions/{name}:{operation}, which is receive, "
      "acknowledge, release, reject, renewLock or redrive, or /topics/{topic}/eventsubscriptions/{name}/deadletters "
      "or …/deliveries";
  const auto refused = [&](std::string_view path, std::string_view why = "") {
    EXPECT_EQ(routed(path),
              "404 NotFound the path: found \"" + std::string(path) + "\"" + std::string(why) + std::string(kExpected));
  };
  for (const char* path : {"", "/", ":publish", "orders:publish", "/orders:publish", "/topics/orders",
                           "/topics/orders:publish/", "/topics/a:publish/b", "/topics/orders/eventsubscriptions/eu",
                           "/topics/orders/subscriptions/eu:receive", "/topic/orders:publish"}) {
    refused(path);
  }
  refused("/topics/:publish", " (a name is empty)");
  refused("/topics/orders/eventsubscriptions/:receive", " (a name is empty)");
  refused("/topics//eventsubscriptions/a:receive", " (a name is empty)");
  refused("/topics/orders:receive", " (only publish is of a topic)");
  refused("/topics/orders/eventsubscriptions/eu:publish", " (publish is of a topic)");
  refused("/topics/orders:", " (no operation has that name)");
  refused("/topics/orders:publish2", " (no operation has that name)");
  EXPECT_EQ(routed("/topics/orders:publish", true, kVersion, "GET"),
            "405 MethodNotAllowed the method: found \"GET\", expected POST");
}

// Of Event Grid's basic tier, with its own versions.
TEST(Route, TheEndpointOfTheBasicTierMayNameATopic) {
  constexpr std::string_view kBasic = "api-version=2018-01-01";
  EXPECT_EQ(routed("/api/events", true, kBasic), "publish |");
  EXPECT_EQ(routed("/API/Events", true, kBasic), "publish |");
  EXPECT_EQ(routed("/topics/orders/api/events", true, kBasic), "publish orders|");
  EXPECT_EQ(routed("/topics/api/api/events", true, kBasic), "publish api|");
  EXPECT_EQ(routed("/api/events"), "publish |") << "a later version";
  EXPECT_EQ(routed("/api/events", true, "api-version=2017-12-31"),
            "400 BadRequest query parameter 'api-version': found \"2017-12-31\", expected 2018-01-01 or a later one");
  EXPECT_TRUE(routed("/topics/orders:publish", true, kBasic).starts_with("400 "));
  EXPECT_TRUE(routed("/api/events", true, kBasic, "GET").starts_with("405 "));
  EXPECT_TRUE(routed("/topics//api/events", true, kBasic).starts_with("404 "));
  EXPECT_TRUE(routed("/api/events/", true, kBasic).starts_with("404 "));
  Route route;
  EXPECT_FALSE(parse_route({"POST", "/api/events", kBasic}, {}, route));
  EXPECT_TRUE(route.basic);
  EXPECT_FALSE(parse_route({"POST", "/topics/orders:publish", kVersion}, {}, route));
  EXPECT_FALSE(route.basic);
}

TEST(Route, DeadLettersAreReadAndRedriven) {
  constexpr std::string_view kAt = "/topics/orders/eventsubscriptions/eu";
  const auto at = [&](std::string_view more) { return std::string(kAt) + std::string(more); };
  EXPECT_EQ(dead_lettered("GET", at("/deadletters")), "list orders|eu||0||100");
  EXPECT_EQ(dead_lettered("GET", at("/DeadLetters"), "maxEvents=7&marker=f%2F3&api-version=2024-06-01"),
            "list orders|eu||0|f/3|7");
  EXPECT_EQ(dead_lettered("GET", at("/deadletters/f/12")), "show orders|eu|f|12||100");
  EXPECT_EQ(dead_lettered("POST", at("/deadletters:redrive")), "redrive letters orders|eu||0||100");
  EXPECT_EQ(dead_lettered("POST", at("/deadletters/f:Redrive")), "redrive letters orders|eu|f|0||100");
  EXPECT_EQ(dead_lettered("POST", at(":redrive"), "maxEvents=7&api-version=2024-06-01"), "redrive orders|eu||0||7");
  EXPECT_EQ(dead_lettered("POST", "/topics/a/eventsubscriptions/deadletters:redrive"), "redrive a|deadletters||0||100");
}

TEST(Route, DeadLettersHaveTheirMethodsAndNames) {
  const std::string at = "/topics/orders/eventsubscriptions/eu";
  EXPECT_EQ(dead_lettered("POST", at + "/deadletters"), "405 the method: found \"POST\", expected GET");
  EXPECT_EQ(dead_lettered("GET", at + "/deadletters:redrive"), "405 the method: found \"GET\", expected POST");
  const auto why = [&](std::string_view method, const std::string& path) {
    const std::string refused = dead_lettered(method, path);
    const std::size_t open = refused.find("\" (");
    return open == std::string::npos ? refused.substr(0, 3) : refused.substr(open + 3, refused.find(')') - open - 3);
  };
  EXPECT_EQ(why("POST", at + "/deadletters:receive"), "only redrive is of dead letters");
  EXPECT_EQ(why("GET", at + "/deadletters/f/x"), "a dead letter's index is a number");
  EXPECT_EQ(why("GET", at + "/deadletters/f/99999999999"), "a dead letter's index is a number");
  EXPECT_EQ(why("GET", at + "/deadletters/f/"), "a dead letter's index is a number");
  EXPECT_EQ(why("GET", at + "/deadletters//1"), "a name is empty");
  EXPECT_EQ(why("GET", "/topics//eventsubscriptions/eu/deadletters"), "a name is empty");
  EXPECT_EQ(why("POST", "/topics/a/eventsubscriptions//deadletters:redrive"), "a name is empty");
  EXPECT_EQ(why("POST", "/topics/orders:redrive"), "only publish is of a topic");
  EXPECT_EQ(why("GET", at + "/deadletters/f"), "404");
  EXPECT_EQ(why("GET", at + "/deadletters/f/1/2"), "404");
  EXPECT_EQ(why("POST", at + "/deadletters/f/1:redrive"), "404");
  EXPECT_EQ(dead_lettered("GET", at + "/deadletters", "maxEvents=0&api-version=2024-06-01"),
            "400 query parameter 'maxEvents': found \"0\", expected a whole number from 1 to 100");
}

TEST(Route, TheVersionHasToBeOneOfTheApiOrLater) {
  for (const char* version : {"2023-06-01-preview", "2023-09-01-preview", "2023-10-01-preview", "2023-11-01",
                              "2024-06-01", "2024-06-01-Preview", "2031-01-01"}) {
    EXPECT_EQ(routed("/topics/a:publish", true, "api-version=" + std::string(version)), "publish a|") << version;
  }
  const auto refused = [](std::string_view query, std::string_view found) {
    EXPECT_EQ(routed("/topics/a:publish", true, query),
              "400 BadRequest query parameter 'api-version': found " + std::string(found) +
                  ", expected a version such as 2024-06-01, 2023-06-01-preview or later");
  };
  refused("", "none");
  refused("x=y", "none");
  refused("api-version", "\"\"");
  refused("api-version=", "\"\"");
  for (const std::string bad : {"2018-01-01", "2023-05-31", "latest", "2024-06", "2024-06-01-beta", "2024-06-01preview",
                                "2024_06-01", "20x4-06-01"}) {
    refused("api-version=" + bad, '"' + bad + '"');
  }
  EXPECT_EQ(routed("/topics/a:publish", true, "api-version=2024-06-01&api-version=2023-11-01"),
            "400 BadRequest query parameter 'api-version': found it twice, expected it once");
}

TEST(Route, VersionsDifferInHowTokensFail) {
  using Failures = ApiVersion::Failures;
  EXPECT_EQ(ApiVersion::parse("2023-06-01-preview")->failures(), Failures::flat);
  EXPECT_EQ(ApiVersion::parse("2023-10-01-preview")->failures(), Failures::nested);
  EXPECT_EQ(ApiVersion::parse("2023-11-01")->failures(), Failures::both);
  EXPECT_EQ(ApiVersion::parse("2024-06-01")->failures(), Failures::nested);
  EXPECT_EQ(ApiVersion().failures(), Failures::nested);
}

Route received(std::string_view query, std::string& message, const RouteRules& rules = {}) {
  Route route;
  route.max_events = 77;  // what was there before does not count
  const auto problem = parse_route({"POST", "/topics/a/eventsubscriptions/b:receive", query, true}, rules, route);
  message = problem ? problem->message : "";
  return route;
}

TEST(Route, ReceiveHasDefaultsAndRanges) {
  std::string message;
  Route route = received(kVersion, message);
  EXPECT_EQ(message, "");
  EXPECT_EQ(route.max_events, 1U);
  EXPECT_EQ(route.max_wait_s, 60U);
  route = received("maxEvents=100&x&=&&maxWaitTime=10&unknown=%zz&api-version=2024-06-01", message);
  EXPECT_EQ(message, "");
  EXPECT_EQ(route.max_events, 100U);
  EXPECT_EQ(route.max_wait_s, 10U);
  route = received("MAXEVENTS=1&maxwaittime=%31%320&api%2Dversion=2024-06-01", message);
  EXPECT_EQ(message, "");
  EXPECT_EQ(route.max_wait_s, 120U);
  for (const std::string bad : {"0", "101", "-1", "+1", "1.0", "", "a", "1x", "99999999999"}) {
    received("maxEvents=" + bad + "&api-version=2024-06-01", message);
    EXPECT_EQ(message, bad == "+1" ? "query parameter 'maxEvents': found \" 1\", expected a whole number from 1 to 100"
                                   : "query parameter 'maxEvents': found \"" + bad +
                                         "\", expected a whole number from 1 to 100");
  }
  for (const std::string bad : {"9", "121"}) {
    received("maxWaitTime=" + bad + "&api-version=2024-06-01", message);
    EXPECT_EQ(message, "query parameter 'maxWaitTime': found \"" + bad + "\", expected a whole number from 10 to 120");
  }
  received("maxEvents=1&maxEvents=2&api-version=2024-06-01", message);
  EXPECT_EQ(message, "query parameter 'maxEvents': found it twice, expected it once");
  received("maxEvents=%4&api-version=2024-06-01", message);
  EXPECT_EQ(message,
            "query parameter 'maxEvents': found \"%4\", expected percent-encoding with two hexadecimal digits");
  route =
      received("maxEvents=500&maxWaitTime=0&api-version=2024-06-01", message, {.most_events = 500, .least_wait_s = 0});
  EXPECT_EQ(message, "");
  EXPECT_EQ(route.max_events, 500U);
  EXPECT_EQ(received(kVersion, message, {.usual_wait_s = 5}).max_wait_s, 5U);
}

TEST(Route, ReleaseDelaysAreFiveUnlessRulesSayOtherwise) {
  const auto released = [](std::string_view delay, const RouteRules& rules = {}) {
    Route route;
    const std::string query = "releaseDelayInSeconds=" + std::string(delay) + "&api-version=2023-11-01";
    const auto problem = parse_route({"POST", "/topics/a/eventsubscriptions/b:release", query, true}, rules, route);
    return problem ? problem->message : std::to_string(route.release_delay_s);
  };
  for (const std::string good : {"0", "10", "60", "600", "3600"}) EXPECT_EQ(released(good), good);
  for (const std::string bad : {"1", "61", "3601", "-1", "", "x"}) {
    EXPECT_EQ(released(bad),
              "query parameter 'releaseDelayInSeconds': found \"" + bad + "\", expected one of 0, 10, 60, 600, 3600");
  }
  EXPECT_EQ(released("7", {.any_release_delay = true}), "7");
  EXPECT_EQ(released("3601", {.any_release_delay = true}),
            "query parameter 'releaseDelayInSeconds': found \"3601\", expected a whole number from 0 to 3600");
  EXPECT_EQ(released("0&releaseDelayInSeconds=10"),
            "query parameter 'releaseDelayInSeconds': found it twice, expected it once");
  Route route;
  EXPECT_FALSE(parse_route({"POST", "/topics/a/eventsubscriptions/b:release", kVersion, true}, {}, route));
  EXPECT_EQ(route.release_delay_s, 0U);
}

TEST(Route, ParametersOfOtherOperationsAreNotLookedAt) {
  EXPECT_EQ(routed("/topics/a:publish", true, "maxEvents=0&api-version=2024-06-01&releaseDelayInSeconds=7"),
            "publish a|");
  EXPECT_EQ(routed("/topics/a/eventsubscriptions/b:receive", true, "api-version=2024-06-01&releaseDelayInSeconds=7"),
            "receive a|b");
  EXPECT_EQ(routed("/topics/a/eventsubscriptions/b:reject", true, "api-version=2024-06-01&maxWaitTime=7"),
            "reject a|b");
}

}  // namespace
}  // namespace events
