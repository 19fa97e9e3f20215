// `trellis ctl` with topics, event subscriptions, events and keys of a running broker.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include "json.hpp"
#include "support/command.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kToken = "write-token-0123456789";

class EventsCtl : public SiteTest {
 protected:
  Site site() const {
    return {.shards = 2,
            .plugins = R"("service-events": {"config": {"wide_ranges": true, "dead_letters": {"path": ")" +
                       letters_.path() + R"("}}},
                          "service-management": {"config": {"tokens": [
                            {"name": "ops", "token": "write-token-0123456789", "permissions": "write"},
                            {"name": "look", "token": "read-token-00123456789"}]}})",
            .listeners = R"({"name": "web", "address": "127.0.0.1:0", "protocol": "transport-http",
                             "services": {"/": "service-events", "/management": "service-management"}},)",
            .root = R"("resources": ")" + folder_.path() + R"(")",
            .spaces = R"("moon": {"authenticators": ["authenticator-anonymous"]},)"};
  }
  void SetUp() override { begin(site()); }
  void begin(const Site& what) {
    start(what);
    key_ = parse_json(ctl({"keys", "regenerate", "key1", "-o", "json"}).out)["key1"].asString();
    ASSERT_EQ(ctl({"topic", "create", "orders"}).out, "topics/orders created\n");
    ASSERT_EQ(ctl({"subscription", "create", "orders/audit"}).out, "eventSubscriptions/orders/audit created\n");
  }
  std::vector<std::string> environment(const std::string& token = kToken) {
    const std::string url = "http://127.0.0.1:" + std::to_string(broker().port("web"));
    return {"TRELLIS_SERVER=" + url, "TRELLIS_TOKEN=" + token, "TRELLIS_EVENTS=" + url, "TRELLIS_EVENTS_KEY=" + key_};
  }
  CommandResult ctl(std::vector<std::string> words, const std::string& input = "", const std::string& token = kToken) {
    words.insert(words.begin(), "ctl");
    return trellis(words, input, environment(token));
  }
  /// One that goes on until it is interrupted.
  std::unique_ptr<ChildProcess> follow(const std::vector<std::string>& words) {
    std::vector<std::string> command{"env"};
    for (const std::string& one : environment()) command.push_back(one);
    command.insert(command.end(), {trellis_program(), "ctl"});
    command.insert(command.end(), words.begin(), words.end());
    return std::make_unique<ChildProcess>(command);
  }
  static bool shows(ChildProcess& child, const std::string& text) {
    return child.wait_for_output([&](const std::string& out) { return out.find(text) != std::string::npos; },
                                 kPatience);
  }
  static void interrupt(ChildProcess& child) {
    child.signal(SIGINT);
    const auto status = child.wait(kPatience);
    ASSERT_TRUE(status.has_value());
    EXPECT_TRUE(WIFEXITED(*status)) << child.output();
    EXPECT_EQ(WEXITSTATUS(*status), 0) << child.output();
  }
  /// A shell's command: that of ctl, whose output the other one reads.
  std::string piped(const std::string& words, const std::string& reader) {
    std::string line = "exec 2>&1; ";
    for (const std::string& one : environment()) line += "export '" + one + "'; ";
    return line + trellis_program() + " ctl " + words + " | " + reader;
  }
  void publish(const std::string& id) { ASSERT_EQ(ctl({"publish", "orders", "--id", id}).code, 0); }
  CommandResult receive(std::vector<std::string> further) {
    further.insert(further.begin(), {"receive", "orders/audit", "--wait", "0"});
    return ctl(further);
  }

  TemporaryDirectory folder_;
  TemporaryDirectory letters_;
  std::string key_;
};

TEST_F(EventsCtl, TopicsAndSubscriptionsAreResourcesInShortWords) {
  EXPECT_THAT(ctl({"topic", "create", "orders"}).err, HasSubstr("topics/orders is there already; update changes it"));
  EXPECT_EQ(ctl({"topic", "update", "orders", "--retention", "3"}).out, "topics/orders patched\n");
  EXPECT_THAT(ctl({"topic", "show", "orders"}).out, HasSubstr("\"eventRetentionInDays\": 3"));
  EXPECT_THAT(ctl({"topic", "update", "orders", "--retention", "9"}).err, HasSubstr("eventRetentionInDays"));
  EXPECT_EQ(ctl({"subscription", "update", "orders/audit", "--lock", "90", "--type", "a", "--filter",
                 R"({"operatorType": "StringIn", "key": "subject", "values": ["x"]})"})
                .code,
            0);
  const auto audit = parse_json(ctl({"subscription", "show", "orders/audit", "-o", "json"}).out)["properties"];
  EXPECT_EQ(audit["deliveryConfiguration"]["queue"]["receiveLockDurationInSeconds"], 90);
  EXPECT_EQ(audit["filtersConfiguration"]["includedEventTypes"][0], "a");
  EXPECT_EQ(audit["filtersConfiguration"]["filters"][0]["key"], "subject");
  EXPECT_EQ(ctl({"topic", "create", "others"}).code, 0);
  EXPECT_EQ(ctl({"subscription", "create", "others/all"}).code, 0);
  EXPECT_THAT(ctl({"subscription", "list"}).out, AllOf(HasSubstr("orders/audit"), HasSubstr("others/all")));
  EXPECT_THAT(ctl({"subscription", "list", "others"}).out, AllOf(Not(HasSubstr("orders/")), HasSubstr("others/all")));
  EXPECT_THAT(ctl({"topic", "list", "--filter", "ord"}).out, AllOf(HasSubstr("orders"), Not(HasSubstr("others"))));
  EXPECT_EQ(ctl({"topic", "delete", "others"}).out, "topics/others deleted\n");
  EXPECT_THAT(ctl({"subscription", "list"}).out, Not(HasSubstr("others/all")));
}

TEST_F(EventsCtl, EventsArePublishedReceivedAndSettled) {
  const auto published =
      ctl({"publish", "orders", "--type", "a.b", "--id", "1", "--subject", "x", "--data", "-"}, R"({"total": 12.50})");
  EXPECT_EQ(published.out, "published 1 to orders\n") << published.describe();
  EXPECT_THAT(receive({"--release"}).out, AllOf(HasSubstr("a.b id=1 source=/trellis/ctl"), HasSubstr("subject=x"),
                                                HasSubstr(R"(data={"total":12.50})")));
  const auto again = receive({"-o", "json", "--reject"});
  const auto line = parse_json(again.out);
  EXPECT_EQ(line["brokerProperties"]["deliveryCount"], 2);
  EXPECT_EQ(line["event"]["data"]["total"], 12.5);
  const auto none = receive({"--ack"});
  EXPECT_EQ(none.code, 0);
  EXPECT_EQ(none.out, "");
  EXPECT_THAT(none.err, HasSubstr("no events within 0 s"));
  publish("2");
  EXPECT_THAT(receive({"--release", "600"}).out, HasSubstr("id=2"));
  EXPECT_EQ(receive({"--ack"}).out, "") << "it comes in ten minutes";
}

TEST_F(EventsCtl, ExpressionsChooseWhatIsReceived) {
  ASSERT_EQ(
      ctl({"subscription", "create", "orders/europe", "--sql", "subject LIKE 'eu/%'", "--sql", "type != 'a.c'"}).code,
      0);
  ASSERT_EQ(ctl({"publish", "orders", "--id", "1", "--type", "a.b", "--subject", "eu/1"}).code, 0);
  ASSERT_EQ(ctl({"publish", "orders", "--id", "2", "--type", "a.c", "--subject", "eu/2"}).code, 0);
  ASSERT_EQ(ctl({"publish", "orders", "--id", "3", "--type", "a.b", "--subject", "us/3"}).code, 0);
  EXPECT_THAT(ctl({"receive", "orders/europe", "--wait", "0", "--ack"}).out,
              AllOf(HasSubstr("id=1 "), Not(HasSubstr("id=2 ")), Not(HasSubstr("id=3 "))));
  const auto refused = ctl({"subscription", "create", "orders/wrong", "--sql", "type == 'a'"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("/filtersConfiguration/cloudEventFilters/0/sql: expected an operand at column 7, "
                                     "found \"=\"; equality is a single ="));
  const auto unknown = ctl({"subscription", "create", "orders/wrong", "--set",
                            R"(filtersConfiguration={"cloudEventFilters": [{"cel": "TRUE"}]})"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("/filtersConfiguration/cloudEventFilters/0/cel: expected \"sql\", \"exact\""));
}

// What was rejected lies in a file, is listed and shown, and comes again once it was put back.
TEST_F(EventsCtl, DeadLettersAreListedShownAndPutBack) {
  const auto given_up = [&](const std::string& id) {
    publish(id);
    EXPECT_THAT(receive({"--reject"}).out, HasSubstr("id=" + id + " "));
  };
  const auto listed = [&] { return ctl({"deadletter", "list", "orders/audit", "-o", "json"}).out; };
  ASSERT_EQ(ctl({"subscription", "update", "orders/audit", "--set",
                 R"(deliveryConfiguration={"queue": {"deadLetterDestinationWithResourceIdentity":
                    {"deadLetterDestination": {"endpointType": "File", "properties": {}}}}})"})
                .code,
            0);
  EXPECT_EQ(listed(), "");
  given_up("1");
  ASSERT_TRUE(eventually([&] { return listed().find("\"1\"") != std::string::npos; })) << broker().output();
  const auto letter = parse_json(listed());
  EXPECT_EQ(letter["event"]["id"], "1");
  EXPECT_THAT(ctl({"deadletter", "list", "orders/audit"}).out, HasSubstr(letter["id"].asString()));
  const auto shown = ctl({"deadletter", "show", "orders/audit", letter["id"].asString(), "-o", "json"});
  EXPECT_EQ(parse_json(shown.out)["deadLetterProperties"]["deadletterreason"], "Event was rejected.")
      << shown.describe();
  EXPECT_EQ(receive({}).out, "") << "it is not in the queue";
  const auto redriven = ctl({"deadletter", "redrive", "orders/audit"});
  EXPECT_EQ(redriven.code, 0) << redriven.describe();
  EXPECT_EQ(listed(), "");
  EXPECT_THAT(receive({"--ack"}).out, AllOf(HasSubstr("id=1 "), Not(HasSubstr("delivery="))));
}

TEST_F(EventsCtl, WhatWasReceivedIsPublishedAgain) {
  EXPECT_EQ(
      ctl({"publish", "orders", "--batch", "--event", "-"},
          R"([{"specversion":"1.0","id":"1","source":"/s","type":"a"},{"specversion":"1.0","id":"2","source":"/s","type":"a"}])")
          .out,
      "published 2 to orders\n");
  const std::string lines = receive({"-o", "json", "--ack"}).out;
  EXPECT_EQ(ctl({"publish", "orders", "--batch", "--event", "-", "-o", "json"}, lines).out, "{\"published\":2}\n");
  EXPECT_THAT(receive({"--ack"}).out, AllOf(HasSubstr("id=1 "), HasSubstr("id=2 ")));
  std::string many;
  for (int i = 0; i < 1200; ++i)
    many += R"({"specversion":"1.0","id":")" + std::to_string(i) + R"(","source":"/s","type":"a"})" + "\n";
  EXPECT_EQ(ctl({"publish", "orders", "--batch", "--event", "-"}, many).out, "published 1200 to orders\n");
  EXPECT_THAT(receive({"--max", "2000"}).out, HasSubstr("id=1199 "));
}

TEST_F(EventsCtl, FollowsUntilInterruptedAndLosesNothing) {
  publish("1");
  auto follower = follow({"receive", "orders/audit", "--ack", "--follow"});
  EXPECT_TRUE(shows(*follower, "id=1 ")) << follower->output();
  publish("2");
  EXPECT_TRUE(shows(*follower, "id=2 ")) << follower->output();
  ASSERT_TRUE(eventually([&] { return metrics().sum("trellis_events_acknowledged_total") == 2; }));
  interrupt(*follower);
  publish("3");
  EXPECT_THAT(receive({"--ack"}).out, AllOf(HasSubstr("id=3 "), Not(HasSubstr("delivery=")), Not(HasSubstr("id=2 "))));
}

TEST_F(EventsCtl, ATailHasASubscriptionOfItsOwnForAsLongAsItRuns) {
  auto tail = follow({"tail", "orders", "--type", "wanted"});
  ASSERT_TRUE(eventually([&] { return ctl({"subscription", "list"}).out.find("orders/tail-") != std::string::npos; }));
  EXPECT_EQ(ctl({"publish", "orders", "--type", "other", "--id", "1"}).code, 0);
  EXPECT_EQ(ctl({"publish", "orders", "--type", "wanted", "--id", "2"}).code, 0);
  EXPECT_TRUE(shows(*tail, "wanted id=2 ")) << tail->output();
  EXPECT_THAT(tail->output(), Not(HasSubstr("id=1 ")));
  const auto listed = ctl({"subscription", "list", "orders", "--filter", "tail-", "-o", "json"}).out;
  EXPECT_THAT(listed, HasSubstr("\"expirationTimeUtc\":\"20"));
  interrupt(*tail);
  EXPECT_THAT(ctl({"subscription", "list"}).out, Not(HasSubstr("tail-")));
  EXPECT_THAT(
      ctl({"tail", "nothing"}).err,
      HasSubstr("there is no topic \"nothing\" in the namespace default; trellis ctl topic create nothing makes"));
}

// The third event came with the other two, was written perhaps, and read by nobody.
TEST_F(EventsCtl, WhatNobodyReadIsNotAcknowledged) {
  for (const char* id : {"1", "2", "3", "4"}) publish(id);
  ChildProcess reader({"sh", "-c", piped("receive orders/audit --ack --follow", "head -n 2")});
  EXPECT_TRUE(reader.wait(kPatience).has_value());
  EXPECT_THAT(reader.output(), AllOf(HasSubstr("id=1 "), HasSubstr("id=2 "), Not(HasSubstr("id=3 "))));
  EXPECT_THAT(receive({"--ack"}).out, AllOf(HasSubstr("id=3 "), HasSubstr("id=4 "), Not(HasSubstr("id=2 "))));
  publish("5");
  publish("6");
  ChildProcess once({"sh", "-c", piped("receive orders/audit --ack", "head -n 1")});
  EXPECT_TRUE(once.wait(kPatience).has_value());
  EXPECT_THAT(receive({"--ack"}).out, AllOf(HasSubstr("id=6 "), Not(HasSubstr("id=5 "))));
}

// It waits for events while the reader goes.
TEST_F(EventsCtl, AFollowerThatNobodyReadsEnds) {
  ChildProcess reader({"sh", "-c", piped("receive orders/audit --ack --follow", "head -n 1")});
  publish("1");
  EXPECT_TRUE(reader.wait(kPatience).has_value()) << "without another event";
  EXPECT_THAT(reader.output(), HasSubstr("id=1 "));
  EXPECT_EQ(receive({}).out, "");
}

TEST_F(EventsCtl, ATailInAnotherNamespaceThanTheListenersIsRefused) {
  ASSERT_EQ(ctl({"topic", "create", "orders", "--namespace", "moon"}).code, 0);
  const auto tail = ctl({"tail", "orders", "--namespace", "moon"});
  EXPECT_EQ(tail.code, 1);
  EXPECT_THAT(tail.err, AllOf(HasSubstr("it was made in the namespace moon, which is not the one that the listener"),
                              Not(HasSubstr("is left"))));
}

TEST_F(EventsCtl, KeysAreListedAndMadeAnew) {
  EXPECT_EQ(ctl({"keys", "list"}).out, "key1  " + key_ + "\nkey2  (none)\n");
  EXPECT_THAT(ctl({"keys", "list"}, "", "read-token-00123456789").err, HasSubstr("\"look\" may only read"));
  const auto both = parse_json(ctl({"keys", "regenerate", "key2", "-o", "json"}).out);
  EXPECT_EQ(both["key1"], key_);
  EXPECT_EQ(ctl({"publish", "orders", "--key", "@" + folder_.write("events.key", both["key2"].asString() + "\n")}).code,
            0);
  EXPECT_EQ(ctl({"keys", "regenerate", "key1"}).code, 0);
  const auto old = ctl({"publish", "orders"});
  EXPECT_EQ(old.code, 1);
  EXPECT_THAT(old.err, AllOf(HasSubstr("TRELLIS_EVENTS_KEY give a key"), Not(HasSubstr(key_))));
  EXPECT_EQ(broker().output().find(key_), std::string::npos);
}

TEST_F(EventsCtl, AKeyOfAFileIsChangedThere) {
  EXPECT_EQ(ctl({"delete", "accessKeys", "key1"}).code, 0);
  folder_.write("keys.json", R"({"accessKeys": {"key1": {"key": "MDEyMzQ1Njc4OWFiY2RlZg=="}}})");
  ASSERT_TRUE(reload(site())) << broker().output();
  const auto refused = ctl({"keys", "regenerate", "key1"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("accessKeys/key1 stands in the resource files; put another key there"));
  EXPECT_THAT(ctl({"keys", "list"}).out, HasSubstr("MDEyMzQ1Njc4OWFiY2RlZg=="));
}

TEST_F(EventsCtl, WhatWentWrongIsSaid) {
  EXPECT_THAT(ctl({"publish", "nothing"}).err, HasSubstr("there is no topic \"nothing\""));
  EXPECT_THAT(ctl({"receive", "orders/none"}).err, HasSubstr("has no event subscription \"none\""));
  publish("1");
  const auto delayed = receive({"--release", "604800"});
  EXPECT_THAT(delayed.out, HasSubstr("id=1 ")) << "wide_ranges are set";
  EXPECT_THAT(ctl({"deadletter", "list", "orders/audit"}).err,
              HasSubstr("no dead letters of orders/audit are in files"));
  EXPECT_THAT(ctl({"deadletter", "redrive", "orders/audit", "--from-topic"}).err, HasSubstr("once their locks end"));
  EXPECT_THAT(ctl({"publish", "orders", "--event", "{}"}).err, HasSubstr("specversion"));
  const std::string web = "http://127.0.0.1:" + std::to_string(broker().port("web"));
  EXPECT_THAT(ctl({"publish", "orders", "--events", web + "/management"}).err, HasSubstr("trellis ctl publish: "));
}

/// As most brokers are, without wide_ranges.
class EventsCtlNarrow : public EventsCtl {
 protected:
  void SetUp() override {
    Site narrow = site();
    narrow.plugins.replace(narrow.plugins.find("true"), 4, "false");
    begin(narrow);
  }
};

TEST_F(EventsCtlNarrow, WhatTheBrokerDoesNotTakeIsSaidInWordsAndBeforeAnythingIsReceived) {
  publish("1");
  const std::pair<std::vector<std::string>, const char*> kWrong[] = {
      {{"--wait", "5"},
       "receive: --wait: found \"5\", expected a whole number from 10 to 120; what is there comes at once"},
      {{"--max", "101"}, "receive: --max: found \"101\", expected a whole number from 1 to 100"},
      {{"--release", "5"}, "receive: --release: found \"5\", expected one of 0, 10, 60, 600, 3600"},
      {{"--release", "5", "--follow"}, "receive: --release: found \"5\""}};
  for (const auto& [words, message] : kWrong) {
    std::vector<std::string> all{"receive", "orders/audit"};
    all.insert(all.end(), words.begin(), words.end());
    const auto refused = ctl(all);
    EXPECT_NE(refused.code, 0);
    EXPECT_EQ(refused.out, "");
    EXPECT_THAT(refused.err, HasSubstr(message));
  }
  EXPECT_THAT(ctl({"receive", "orders/audit", "--ack"}).out, AllOf(HasSubstr("id=1 "), Not(HasSubstr("delivery="))));
}

}  // namespace
}  // namespace trellis::testing
