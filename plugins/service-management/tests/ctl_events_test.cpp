// What trellis ctl makes of words about events; a broker is in tests/integration.
#include <gmock/gmock-matchers.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "ctl/address.hpp"
#include "ctl/ctl.hpp"
#include "ctl/event_api.hpp"
#include "ctl/event_words.hpp"
#include "ctl/interrupts.hpp"
#include "ctl/new_event.hpp"
#include "ctl/output.hpp"
#include "ctl/shown_event.hpp"
#include "ctl/words.hpp"

namespace management::ctl {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

using Words = std::vector<std::string_view>;

/// As the words are read, and turned into a request for resources.
CtlRequest read(const Words& words) {
  CtlRequest request;
  EXPECT_EQ(read_words(words, request), "");
  if (request.action != "topic" && request.action != "subscription") return request;
  const auto used = use_event_words(request);
  EXPECT_TRUE(used) << used.error().text;
  return request;
}
std::string wrong(const Words& words) {
  CtlRequest request;
  if (std::string found = read_words(words, request); !found.empty()) return found;
  const auto used = use_event_words(request);
  return used ? "" : used.error().text;
}

TEST(CtlEventWords, AreThoseForResources) {
  const auto made = read(
      {"topic", "create", "orders", "--retention", "3", "--mqtt=binary", "--durability", "synced", "--set", "x=1"});
  EXPECT_EQ(made.action, "put");
  EXPECT_TRUE(made.only_new);
  EXPECT_EQ(made.called, "topic create");
  EXPECT_THAT(made.names, ElementsAre("topics", "orders"));
  EXPECT_EQ(made.properties, R"({"eventRetentionInDays":3,"durability":"synced","mqtt":"binary","x":1})");
  EXPECT_EQ(read({"topic", "create", "orders"}).properties, "{}");
  EXPECT_EQ(read({"topic", "update", "orders", "--retention", "2"}).action, "patch");
  EXPECT_FALSE(read({"topic", "update", "orders", "--retention", "2"}).only_new);
  EXPECT_EQ(read({"topic", "show", "orders"}).action, "get");
  EXPECT_EQ(read({"topic", "delete", "orders"}).action, "delete");
  EXPECT_THAT(read({"topic", "list", "--filter", "ord"}).names, ElementsAre("topics"));
}

TEST(CtlEventWords, OfSubscriptionsBecomeTheirLongProperties) {
  const auto made = read({"subscription", "create", "orders/audit", "--lock", "90", "--max-deliveries", "5", "--ttl",
                          "P1D", "--type", "a.b", "--type", "c", "--filter", R"({"key": "subject"})"});
  EXPECT_THAT(made.names, ElementsAre("eventSubscriptions", "orders/audit"));
  EXPECT_EQ(
      made.properties,
      R"({"deliveryConfiguration":{"queue":{"receiveLockDurationInSeconds":90,"maxDeliveryCount":5,"eventTimeToLive":"P1D"}},)"
      R"("filtersConfiguration":{"includedEventTypes":["a.b","c"],"filters":[{"key": "subject"}]}})");
  EXPECT_EQ(read({"subscription", "update", "a/b", "--filter", "[]"}).properties,
            R"({"filtersConfiguration":{"filters":[]}})");
  EXPECT_EQ(read({"subscription", "create", "a/b", "--sql", "type = \"a\"", "--sql=EXISTS subject"}).properties,
            R"({"filtersConfiguration":{"cloudEventFilters":[{"sql":"type = \"a\""},{"sql":"EXISTS subject"}]}})");
  EXPECT_EQ(read({"subscription", "create", "a/b", "--push", "https://x.example/in", "--to", "maxEventsPerBatch=50",
                  "--order-by", "subject", "--retry-delay", "PT1S", "--retry-delay", "PT5S", "--max-deliveries", "7",
                  "--retry-profile", "service"})
                .properties,
            R"({"deliveryConfiguration":{"deliveryMode":"Push","push":{"maxDeliveryCount":7,"destination":)"
            R"({"endpointType":"WebHook","properties":{"endpointUrl":"https://x.example/in","maxEventsPerBatch":50}},)"
            R"("retryProfile":"service","orderBy":"subject","retryDelays":["PT1S","PT5S"]}}})");
  EXPECT_EQ(read({"subscription", "create", "a/b", "--push", "Kafka", "--to", "topic=t"}).properties,
            R"({"deliveryConfiguration":{"deliveryMode":"Push","push":{"destination":{"endpointType":"Kafka",)"
            R"("properties":{"topic":"t"}}}}})");
  EXPECT_EQ(read({"subscription", "update", "a/b", "--pause"}).properties,
            R"({"deliveryConfiguration":{"push":{"paused":true}}})");
  EXPECT_EQ(read({"subscription", "update", "a/b", "--resume"}).properties,
            R"({"deliveryConfiguration":{"push":{"paused":false}}})");
  const auto of_one = read({"subscription", "list", "orders"});
  EXPECT_EQ(of_one.parent_type, "topics");
  EXPECT_EQ(read({"subscription", "list"}).parent_type, "");
}

TEST(CtlEventWords, WrongOnesAreExplained) {
  EXPECT_THAT(wrong({"topic", "make", "orders"}), HasSubstr("usage: trellis ctl topic create|update|show|delete NAME"));
  EXPECT_THAT(wrong({"topic", "create"}), HasSubstr("usage: trellis ctl topic create"));
  EXPECT_THAT(wrong({"topic", "list", "a"}), HasSubstr("usage: trellis ctl topic create"));
  EXPECT_EQ(wrong({"topic", "update", "orders"}), "topic update: say what is to be changed");
  EXPECT_EQ(wrong({"topic", "show", "orders", "--retention", "1"}), "--retention does not belong to topic show");
  EXPECT_EQ(wrong({"topic", "create", "orders", "--filter", "{}"}), "--filter does not belong to topic create");
  EXPECT_EQ(wrong({"topic", "create", "orders", "--sql", "TRUE"}), "--sql does not belong to topic");
  EXPECT_EQ(wrong({"topic", "create", "orders", "--lock", "60"}), "--lock does not belong to topic");
  EXPECT_EQ(wrong({"subscription", "create", "orders"}), "subscription create: expected TOPIC/NAME, found \"orders\"");
  EXPECT_THAT(wrong({"subscription", "update", "a/b", "--pause", "--resume"}), HasSubstr("do not go together"));
  EXPECT_THAT(wrong({"subscription", "create", "a/b", "--push", "Kafka", "--lock", "9"}), HasSubstr("--lock is of"));
  EXPECT_THAT(wrong({"subscription", "create", "a/b", "--push", "Kafka", "--to", "x"}), HasSubstr("--to: "));
  EXPECT_THAT(wrong({"subscription", "create", "a/b", "--filter", "7"}), HasSubstr("--filter: expected a filter"));
  EXPECT_THAT(wrong({"subscription", "create", "a/b", "--filter", "{"}), HasSubstr("--filter: JSON, byte 1"));
  EXPECT_THAT(wrong({"subscription", "create", "a/b", "--filter", "@/none"}), HasSubstr("cannot read /none"));
  EXPECT_THAT(wrong({"subscription", "create", "a/b", "--lock", "60", "--set", "deliveryConfiguration={}"}),
              HasSubstr("the property deliveryConfiguration is set twice"));
  EXPECT_THAT(wrong({"topic", "create", "a", "--set", "x"}), HasSubstr("\"x\": expected key=value"));
  EXPECT_EQ(wrong({"receive", "a/b", "--ack=yes"}), "--ack takes no value");
  EXPECT_EQ(wrong({"receive", "a/b", "--release=soon"}), "after --release: expected seconds, found \"soon\"");
  EXPECT_EQ(wrong({"receive", "a/b", "--release", "soon"}), "after --release: expected seconds, found \"soon\"");
  EXPECT_EQ(wrong({"publish", "a", "--source", ""}), "after --source: a value is missing");
  EXPECT_THAT(wrong({"publish", "a", "--subject", ""}), HasSubstr("is published without --subject"));
}

TEST(CtlEventWords, ADelayMayStandBehindRelease) {
  EXPECT_EQ(read({"receive", "--release", "60", "a/b"}).value("--release"), "60");
  EXPECT_THAT(read({"receive", "--release", "a/b"}).names, ElementsAre("a/b"));
  EXPECT_EQ(read({"receive", "--release", "a/b"}).value("--release"), "");
  EXPECT_EQ(read({"receive", "a/b", "--release=10"}).value("--release"), "10");
  EXPECT_EQ(read({"--release", "receive", "a/b"}).value("--release"), "");
  EXPECT_EQ(read({"receive", "a/b", "--release", "--ack"}).value("--release"), "");
}

std::string event(const Words& words) {
  const auto made = make_event(read(words));
  EXPECT_TRUE(made) << made.error().text;
  return made ? *made : "";
}

TEST(CtlNewEvent, HasWhatWasGivenAndMakesTheRest) {
  EXPECT_THAT(event({"publish", "t", "--id", "1", "--type", "a", "--source", "/s", "--subject", "x\"y"}),
              AllOf(HasSubstr(R"({"specversion":"1.0","id":"1","source":"/s","type":"a","time":"20)"),
                    HasSubstr(R"(,"subject":"x\"y"})")));
  EXPECT_THAT(event({"publish", "t"}), AllOf(HasSubstr(R"("type":"trellis.ctl")"), Not(HasSubstr("data"))));
  EXPECT_THAT(random_uuid(), MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_NE(random_uuid(), random_uuid());
}

TEST(CtlNewEvent, DataIsJsonOrTextOrBytes) {
  EXPECT_THAT(event({"publish", "t", "--data", R"({"a": 1.50})"}),
              HasSubstr(R"("datacontenttype":"application/json","data":{"a": 1.50}})"));
  EXPECT_THAT(event({"publish", "t", "--data", "hello \"you\""}),
              HasSubstr(R"("datacontenttype":"text/plain","data":"hello \"you\""})"));
  EXPECT_THAT(event({"publish", "t", "--data", ""}), HasSubstr(R"("data":""})"));
  EXPECT_THAT(event({"publish", "t", "--data", "\xff\xfe"}),
              HasSubstr(R"("datacontenttype":"application/octet-stream","data_base64":"//4="})"));
}

TEST(CtlNewEvent, WholeOnesComeAloneInListsAndInLines) {
  const auto events = [](const Words& words) {
    const auto read_all = read_events(read(words));
    return read_all ? *read_all : std::vector<std::string>{read_all.error().text};
  };
  EXPECT_THAT(events({"publish", "t", "--event", R"({"id": "1"})"}), ElementsAre(R"({"id": "1"})"));
  EXPECT_THAT(events({"publish", "t", "--batch", "--event", R"([{"id": "1"}, {"id":"2"}])"}),
              ElementsAre(R"({"id": "1"})", R"({"id":"2"})"));
  EXPECT_THAT(events({"publish", "t", "--batch", "--event", "{\"id\": \"1\"}\n\n{\"event\": {\"id\":\"2\"}}\n"}),
              ElementsAre(R"({"id": "1"})", R"({"id":"2"})"));
  EXPECT_THAT(events({"publish", "t", "--event", "[]"}), ElementsAre("--event: found a list; --batch publishes it"));
  EXPECT_THAT(events({"publish", "t", "--batch", "--event", "{}\n7"}),
              ElementsAre(HasSubstr("--event, line 2: expected an event")));
  EXPECT_THAT(events({"publish", "t", "--event", "x"}), ElementsAre(HasSubstr("--batch takes a line for each event")));
}

TEST(CtlShownEvent, IsOneLineWithItsDataAtTheEnd) {
  const auto shown = [](std::string_view text) { return shown_event(*trellis::json::parse(text)); };
  EXPECT_EQ(shown(R"({"brokerProperties": {"lockToken": "x", "deliveryCount": 1}, "event": {"specversion": "1.0",
                      "type": "a", "data": {"b": 1}, "id": "1", "source": "/s", "count": 3, "subject": "two words"}})"),
            R"(a id=1 source=/s count=3 subject="two words" data={"b":1})");
  EXPECT_EQ(shown(R"({"brokerProperties": {"deliveryCount": 2}, "event": {"type": "a\u001b[m", "id": "x\ny"}})"),
            "a\\x1b[m id=x\\x0ay delivery=2");
}

/// Runs the command without a broker.
class CtlEvents : public ::testing::Test {
 protected:
  int run(const Words& words) {
    out_.clear();
    Terminal terminal;
    terminal.out = terminal.err = [this](std::string_view text) { out_ += text; };
    terminal.environment = [this](const char* name) -> std::optional<std::string> {
      const auto found = environment_.find(name);
      return found == environment_.end() ? std::nullopt : std::optional(found->second);
    };
    return run_ctl(words, terminal);
  }

  std::map<std::string, std::string> environment_{{"TRELLIS_TOKEN", "0123456789abcdef"}};
  std::string out_;
};

TEST_F(CtlEvents, ThePlaceHasToBeSaid) {
  for (const Words& words :
       {Words{"publish", "t"}, Words{"receive", "t/s"}, Words{"tail", "t"}, Words{"deadletter", "list", "t/s"}}) {
    EXPECT_EQ(run(words), kUsage);
    EXPECT_THAT(out_, HasSubstr("with --events URL or TRELLIS_EVENTS=URL")) << words[0];
  }
}

TEST_F(CtlEvents, NobodyThereIsExplained) {
  EXPECT_EQ(run({"publish", "t", "--events", "unix:/nowhere/at/all.sock"}), kFailed);
  EXPECT_THAT(out_, AllOf(HasSubstr("nobody listens at unix:/nowhere/at/all.sock"),
                          HasSubstr("\"services\": {\"/\": \"service-events\"}"), HasSubstr("TRELLIS_EVENTS name")));
  EXPECT_EQ(run({"receive", "t/s", "--events", "http://events.example.com"}), kUsage);
  EXPECT_THAT(out_, HasSubstr("ssh -L 8080:127.0.0.1:8080 events.example.com, then --events http://127.0.0.1:8080"));
  EXPECT_EQ(run({"publish", "t", "--events", "unix:/x", "--key", "@/no/key"}), kUsage);
  EXPECT_THAT(out_, HasSubstr("--key: cannot read /no/key"));
}

TEST_F(CtlEvents, WordsThatDoNotFitAreRefused) {
  const std::pair<Words, const char*> kWrong[] = {
      {{"publish", "t", "--batch"}, "--batch needs --event @FILE"},
      {{"publish", "t", "--event", "{}", "--data", "1"}, "--data cannot be given beside --event"},
      {{"receive", "t"}, "expected TOPIC/SUBSCRIPTION, found \"t\""},
      {{"receive", "t/s", "--ack", "--reject"}, "one of --ack, --release and --reject"},
      {{"receive", "t/s", "--max", "many"}, "after --max: expected a number of events, 1 to 100, or to 10000 with"},
      {{"receive", "t/s", "--max", "0"}, "after --max: expected a number of events, 1 to 100"},
      {{"receive", "t/s", "--wait", "3601"}, "after --wait: expected seconds, 10 to 120, or 0 to 3600 with the"},
      {{"receive", "t/s", "--release", "700000"}, "after --release: expected 0, 10, 60, 600 or 3600 seconds, or"},
      {{"publish", "t", "--namespace", "plant"}, "--namespace does not belong to publish: events are those of the"},
      {{"receive", "t/s", "--namespace", "plant"}, "which its \"namespace\" in the broker's configuration says"},
      {{"deadletter", "list", "t/s", "--namespace", "default"}, "--namespace does not belong to deadletter"},
      {{"deadletter", "burn", "t/s"}, "usage: trellis ctl deadletter list"},
      {{"deadletter", "show", "t/s"}, "usage: trellis ctl deadletter list"},
      {{"deadletter", "list", "t/s", "--from-topic"}, "usage: trellis ctl deadletter list"},
      {{"keys", "list", "key1"}, "usage: trellis ctl keys list"},
      {{"keys", "regenerate"}, "usage: trellis ctl keys list"}};
  for (const auto& [words, message] : kWrong) {
    EXPECT_EQ(run(words), kUsage) << message;
    EXPECT_THAT(out_, HasSubstr(message));
  }
}

TEST(CtlEventApi, NamesSubscriptionsByTheirTopic) {
  EXPECT_EQ(*subscription_path("a b/c"), "/topics/a%20b/eventsubscriptions/c");
  for (const std::string_view name : {"a", "/c", "a/"}) EXPECT_FALSE(subscription_path(name)) << name;
  EXPECT_EQ(parse_address("http://127.0.0.1:8080", kEventApi)->mount, "");
  EXPECT_EQ(parse_address("http://127.0.0.1:8080/shop/", kEventApi)->mount, "/shop");
  EXPECT_EQ(parse_address("unix:/run/a.sock", kEventApi)->mount, "");
}

TEST(CtlInterrupts, AreSeenAndEndNothing) {
  {
    const Interrupts interrupts;
    EXPECT_FALSE(interrupts.asked());
    std::raise(SIGPIPE);
    EXPECT_TRUE(interrupts.asked());
    EXPECT_TRUE(interrupts.output_closed());
  }
  const Interrupts later;
  EXPECT_FALSE(later.asked());
  std::raise(SIGINT);
  EXPECT_TRUE(later.wait(std::chrono::seconds(20)));
  EXPECT_FALSE(later.output_closed());
}

/// A pipe as the command's output.
struct Pipe {
  Pipe() { EXPECT_EQ(::pipe(ends), 0); }
  ~Pipe() {
    close_reader();
    ::close(ends[1]);
  }
  void close_reader() { ::close(std::exchange(ends[0], -1)); }
  void write() const { EXPECT_EQ(::write(ends[1], "ab", 2), 2); }
  void read(std::size_t bytes) const {
    char text[8];
    EXPECT_EQ(::read(ends[0], text, bytes), static_cast<ssize_t>(bytes));
  }
  int ends[2] = {-1, -1};
};

constexpr std::chrono::milliseconds kSoon{5};

TEST(CtlInterrupts, SeeThatNobodyReadsTheOutputAnyMore) {
  Pipe pipe;
  const Interrupts interrupts(pipe.ends[1]);
  EXPECT_FALSE(interrupts.asked());
  EXPECT_FALSE(interrupts.output_closed());
  pipe.close_reader();
  EXPECT_TRUE(interrupts.wait(std::chrono::seconds(20)));
  EXPECT_TRUE(interrupts.output_closed());
}

TEST(CtlOutput, IsReadOnceThePipeIsEmpty) {
  Pipe pipe;
  const Interrupts interrupts(pipe.ends[1]);
  const Output output(pipe.ends[1], interrupts);
  EXPECT_TRUE(output.read());
  pipe.write();
  EXPECT_FALSE(output.read_within(kSoon));
  pipe.read(1);
  EXPECT_FALSE(output.read_within(kSoon)) << "half of it";
  std::thread reader([&] { pipe.read(1); });
  EXPECT_TRUE(output.read());
  reader.join();
}

TEST(CtlOutput, WhoseReaderGoesWasNotRead) {
  Pipe pipe;
  const Interrupts interrupts(pipe.ends[1]);
  const Output output(pipe.ends[1], interrupts);
  pipe.write();
  std::thread reader([&] { pipe.close_reader(); });
  EXPECT_FALSE(output.read());
  reader.join();
}

TEST(CtlOutput, ThatIsNoPipeHasWhatItWasGiven) {
  const Interrupts interrupts;
  EXPECT_TRUE(Output(-1, interrupts).read());
  std::FILE* const file = std::tmpfile();
  std::fputs("text", file);
  std::rewind(file);  // all of it could be read
  EXPECT_TRUE(Output(::fileno(file), interrupts).read_within(kSoon));
  std::fclose(file);
}

}  // namespace
}  // namespace management::ctl
