// What filters see of events in their several forms.
#include "common/cloud_event/event.hpp"

#include <cstring>
#include <memory>
#include <vector>

#include "common/cloud_event/keys.hpp"
#include "common/cloud_event/reader.hpp"
#include "judging.hpp"

namespace cloud_event {
namespace {

std::string filter(std::string_view op, std::string_view key, std::string_view rest = {}) {
  std::string out = R"({"filters": [{"operatorType": ")";
  out.append(op).append(R"(", "key": ")").append(key).append("\"");
  if (!rest.empty()) out.append(", ").append(rest);
  return out + "}]}";
}
std::string is(std::string_view key, std::string_view text) {
  return filter("StringIn", key, R"("values": [")" + std::string(text) + "\"]");
}
std::string number_is(std::string_view key, std::string_view number) {
  return filter("NumberIn", key, R"("values": [)" + std::string(number) + "]");
}
std::string there(std::string_view key) { return filter("IsNotNull", key); }

TEST(Structured, KeysOfTheEnvelopeIgnoreCaseAndHaveTwoNames) {
  constexpr const char* kEvent = R"({"id": "7", "source": "/s", "type": "t.u", "subject": "a/b", "specversion": "1.0",
      "time": "2026-01-02T03:04:05Z", "dataschema": "urn:x", "datacontenttype": "text/plain", "eventtypeversion": "2",
      "data": "Text"})";
  for (const char* key : {"id", "ID", "eventid", "EventId"}) EXPECT_TRUE(passes(is(key, "7"), kEvent)) << key;
  for (const char* key : {"type", "Type", "eventtype", "EventType"}) EXPECT_TRUE(passes(is(key, "T.U"), kEvent)) << key;
  EXPECT_TRUE(passes(is("Source", "/s"), kEvent));
  EXPECT_TRUE(passes(is("Subject", "A/B"), kEvent));
  EXPECT_TRUE(passes(is("specversion", "1.0"), kEvent));
  EXPECT_TRUE(passes(is("eventTypeVersion", "2"), kEvent));
  EXPECT_TRUE(passes(is("time", "2026-01-02t03:04:05z"), kEvent));
  EXPECT_TRUE(passes(is("dataschema", "urn:x"), kEvent));
  EXPECT_TRUE(passes(is("dataContentType", "text/plain"), kEvent));
  EXPECT_TRUE(passes(is("DATA", "text"), kEvent));
}

TEST(Structured, AttributesAreTextForTextOperators) {
  constexpr const char* kEvent = R"({"n": 5, "b": true, "z": null, "s": "5", "data": {"n": 5, "b": true}})";
  EXPECT_TRUE(passes(filter("StringBeginsWith", "n", R"("values": ["5", "1"])"), kEvent));
  EXPECT_TRUE(passes(number_is("n", "5"), kEvent));
  EXPECT_TRUE(passes(is("b", "TRUE"), kEvent));
  EXPECT_TRUE(passes(filter("BoolEquals", "b", R"("value": true)"), kEvent));
  EXPECT_FALSE(passes(number_is("s", "5"), kEvent));
  EXPECT_FALSE(passes(is("data.n", "5"), kEvent));
  EXPECT_FALSE(passes(is("data.b", "true"), kEvent));
  EXPECT_FALSE(passes(there("z"), kEvent));
}

TEST(Structured, NumbersOfDataAreReadAsWrittenWhereThatIsWanted) {
  Keys keys;
  const auto wanted = keys.add(Path::parse("data.n").value(), Keys::kWritten);
  const auto other = keys.add(Path::parse("data.m").value(), 0);
  const auto* said = read(Event::structured(R"({"data": {"n": 1.50, "m": 2}})"), keys);
  ASSERT_NE(said, nullptr);
  EXPECT_EQ((*said)[wanted].text, "1.50");
  EXPECT_EQ((*said)[wanted].type, Value::Type::number);
  EXPECT_EQ((*said)[other].text, "");
}

TEST(Structured, BelowDataTheExactNameCountsBeforeOthers) {
  constexpr const char* kEvent = R"({"data": {"KEY": 1, "key": 2, "Key": 3, "a": {"B": {"c": "x"}}, "A": {"b": 0}}})";
  EXPECT_TRUE(passes(number_is("data.key", "2"), kEvent));
  EXPECT_TRUE(passes(number_is("data.Key", "3"), kEvent));
  EXPECT_TRUE(passes(number_is("data.kEY", "1"), kEvent));  // of others the first
  EXPECT_TRUE(passes(number_is("Data.KEY", "1"), kEvent));
  EXPECT_TRUE(passes(is("data.a.b.C", "x"), kEvent));
  EXPECT_TRUE(passes(number_is("data.A.b", "0"), kEvent));
  EXPECT_FALSE(passes(there("data.a.b.c.d"), kEvent));
  // All at once, in whatever order they stand.
  EXPECT_TRUE(passes(R"({"filters": [{"operatorType": "NumberIn", "key": "data.kEY", "values": [1]},
      {"operatorType": "NumberIn", "key": "data.KeY", "values": [1]},
      {"operatorType": "NumberIn", "key": "data.key", "values": [2]},
      {"operatorType": "StringIn", "key": "data.a.b.C", "values": ["x"]},
      {"operatorType": "StringIn", "key": "data.a.B.C", "values": ["x"]},
      {"operatorType": "IsNotNull", "key": "data.a"},
      {"operatorType": "NumberIn", "key": "data.A.B", "values": [0]}]})",
                     kEvent));
}

TEST(Structured, OneMemberMayAnswerSeveralKeys) {
  for (const char* event : {R"({"data": {"K": [1], "z": 0}})", R"({"data": {"z": 0, "K": [1]}})"}) {
    EXPECT_TRUE(passes(R"({"filters": [{"operatorType": "NumberIn", "key": "data.K", "values": [1]},
        {"operatorType": "NumberIn", "key": "data.k", "values": [1]}, {"operatorType": "IsNotNull", "key": "data.k"},
        {"operatorType": "NumberIn", "key": "data.Z", "values": [0]}]})",
                       event));
  }
}

TEST(Structured, OfMembersThatRepeatTheFirstCounts) {
  EXPECT_TRUE(passes(is("type", "a"), R"({"type": "a", "type": "b"})"));
  EXPECT_TRUE(passes(number_is("data.n", "1"), R"({"data": {"n": 1, "n": 2}, "data": {"n": 3}})"));
  EXPECT_FALSE(passes(there("data.n"), R"({"data": {"n": null, "n": 2}})"));
}

TEST(Structured, EscapesInNamesAndTextsAreWhatTheyMean) {
  EXPECT_TRUE(passes(is("type", R"(a\"\\\/\né😀)"), R"({"\u0074ype": "a\"\\\/\n\u00e9\ud83d\ude00"})"));
  EXPECT_TRUE(passes(number_is("data.a b", "1"), R"({"data": {"a\u0020b": 1}})"));
  EXPECT_FALSE(passes(there("type"), R"({"type": "\ud83d"})"));
  EXPECT_FALSE(passes(there("type"), R"({"type": "\x"})"));
  EXPECT_FALSE(passes(there("type"), R"({"ty\xe": 1, "type": "a"})"));
}

TEST(Structured, WhatIsBrokenWhereItIsReadPassesNothing) {
  const std::string missing = filter("IsNullOrUndefined", "type");
  for (const char* broken : {"",
                             " ",
                             "x",
                             "1",
                             "\"type\"",
                             "[]",
                             "[{}]",
                             "{",
                             R"({"a")",
                             R"({"a": })",
                             R"({"a": 1,})",
                             R"({"a" 1})",
                             R"({"a": 1 "b": 2})",
                             R"({"type": tru})",
                             R"({"type": 01})",
                             R"({"type": "a)",
                             "{\"type\": \"\xff\"}",
                             "{\"x\": \"\n\"}",
                             R"({"type": "a)",
                             R"({"a": 1]})"}) {
    EXPECT_FALSE(passes(missing, broken)) << broken;
    EXPECT_FALSE(passes(there("type"), broken)) << broken;
  }
  EXPECT_TRUE(passes(missing, "{}"));
  EXPECT_TRUE(passes(missing, " \n{\"a\": 1}\t"));
}

TEST(Structured, IsNotReadFurtherThanItIsAskedFor) {
  EXPECT_TRUE(passes(is("type", "a"), R"({"x": [1, {"y": nonsense}], "type": "a", ...})"));
  EXPECT_TRUE(passes(is("type", "a"), R"({"type": "a", x})"));
  EXPECT_FALSE(passes(is("type", "a"), R"({"type": "a" x})"));
  EXPECT_FALSE(passes(is("type", "a"), R"({"type": "a"])"));
  EXPECT_FALSE(passes(is("type", "a"), R"({"type": "a": 1})"));
  EXPECT_FALSE(passes(is("type", "a"), R"({"type": "a")"));
}

TEST(Structured, DepthCostsNothingWhereNobodyLooks) {
  std::string deep(100'000, '[');
  deep += std::string(100'000, ']');
  EXPECT_TRUE(passes(is("type", "a"), R"({"deep": )" + deep + R"(, "type": "a"})"));
  EXPECT_FALSE(passes(there("data.k.k"), R"({"data": {"k": )" + deep + "}}"));
  std::string key = "data";
  std::string nested = "7";
  for (int i = 0; i < 63; ++i) {
    key += ".k";
    nested = R"({"k": )" + nested + "}";
  }
  EXPECT_TRUE(passes(number_is(key, "7"), R"({"data": )" + nested + "}"));
}

TEST(Structured, LengthsAreBounded) {
  const std::string event = R"({"type": "a", "data": ")" + std::string(2000, 'x') + "\"}";
  FilterLimits limits;
  limits.event_bytes = event.size();
  const auto compiled = [&] {
    return Filter::compile(trellis::Config::parse(is("type", "a")).value(), limits).value();
  };
  EXPECT_TRUE(compiled().passes(Event::structured(event)));
  --limits.event_bytes;
  EXPECT_FALSE(compiled().passes(Event::structured(event)));
  EXPECT_FALSE(passes(is("type", "a"), R"({"type": "a", "data": ")" + std::string(kUsualEventBytes, 'x') + "\"}"));
}

TEST(Structured, MuchMemoryIsGivenBackAndTakenAgain) {
  FilterLimits limits;
  limits.event_bytes = 8 << 20;
  const auto compiled =
      Filter::compile(trellis::Config::parse(R"({"filters": [{"operatorType": "NumberIn", "key": "data", "values": [7]},
      {"operatorType": "StringEndsWith", "key": "type", "values": ["Z\\"]}]})")
                          .value(),
                      limits)
          .value();
  std::string numbers = "1";
  for (int i = 0; i < 1'000'000; ++i) numbers += ",1";
  const std::string type(200'000, 'Q');
  const std::string big = R"({"type": ")" + type + R"(Z\\", "data": [)" + numbers + ",7]}";
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(compiled.passes(Event::structured(big)));
    EXPECT_TRUE(compiled.passes(Event::structured(R"({"type": "z\\", "data": 7})")));
    EXPECT_FALSE(compiled.passes(Event::structured(R"({"type": "z\\", "data": 8})")));
  }
}

TEST(Structured, ReadsNothingBehindTheTextWithoutPermission) {
  const std::string event = R"({"type": "a"})";
  const auto exact = std::make_unique<char[]>(event.size());  // the sanitizer watches its end
  std::memcpy(exact.get(), event.data(), event.size());
  EXPECT_TRUE(filter_of(is("type", "a")).passes(Event::structured({exact.get(), event.size()})));
  const std::string padded = event + R"(,"type": "b"})" + std::string(64, '"');
  EXPECT_TRUE(filter_of(is("type", "a")).passes(Event::structured({padded.data(), event.size()}, 64)));
}

TEST(Structured, EventsOfTheEventGridSchemaHaveTheirOwnNames) {
  const auto event = Event::event_grid(R"({"id": "1", "eventType": "T", "eventTime": "now", "dataVersion": "2",
      "topic": "/t", "subject": "s", "data": {"eventType": "inner"}})");
  for (const std::string& one : {is("EventType", "t"), is("type", "t"), is("time", "now"), is("DataVersion", "2"),
                                 is("Topic", "/t"), is("ID", "1"), is("Subject", "s"), is("data.eventType", "inner")}) {
    EXPECT_TRUE(filter_of(one).passes(event)) << one;
  }
  EXPECT_TRUE(filter_of(R"({"includedEventTypes": ["t"]})").passes(event));
}

TEST(Structured, EventsOfOtherSchemasAreReachedByTheirPaths) {
  constexpr const char* kEvent = R"({"Order": {"Total": 12.5}, "kind": "x"})";
  EXPECT_TRUE(passes(number_is("order.total", "12.5"), kEvent));
  EXPECT_TRUE(passes(is("Kind", "x"), kEvent));
}

/// Text pairs as messages have them.
class Attributes {
 public:
  Attributes(std::initializer_list<std::pair<const char*, const char*>> pairs) {
    for (const auto& [name, value] : pairs) pairs_.push_back({trellis::view(name), trellis::view(value)});
  }
  operator trellis::Pairs() const { return {pairs_.data(), pairs_.size()}; }
  void put_into(trellis_message& message) const {
    message.user_properties = pairs_.data();
    message.user_property_count = static_cast<std::uint32_t>(pairs_.size());
  }

 private:
  std::vector<trellis_pair> pairs_;
};

const Attributes& usual() {
  static const Attributes kUsual{{"id", "1"}, {"source", "/s"}, {"type", "T"}, {"specversion", "1.0"},
                                 {"n", "5"},  {"n", "6"}};
  return kUsual;
}

TEST(Binary, AttributesAreTextsBesideTheData) {
  const auto event = Event::binary(usual(), R"({"rpm": 900})", "application/vnd.x+json; charset=utf-8");
  EXPECT_TRUE(filter_of(is("type", "t")).passes(event));
  EXPECT_TRUE(filter_of(is("eventid", "1")).passes(event));
  EXPECT_TRUE(filter_of(is("n", "5")).passes(event));
  EXPECT_FALSE(filter_of(is("n", "6")).passes(event));
  EXPECT_FALSE(filter_of(number_is("n", "5")).passes(event));
  EXPECT_TRUE(filter_of(is("datacontenttype", "application/vnd.x+json; charset=utf-8")).passes(event));
  EXPECT_TRUE(filter_of(number_is("data.rpm", "900")).passes(event));
  EXPECT_FALSE(filter_of(there("subject")).passes(event));
  EXPECT_FALSE(filter_of(there("rpm")).passes(event));
}

TEST(Binary, DataIsWhatItsTypeSays) {
  const auto judged = [](const std::string& one, std::string_view data, std::optional<std::string_view> type,
                         bool text = false) { return filter_of(one).passes(Event::binary(usual(), data, type, text)); };
  EXPECT_TRUE(judged(is("data", "Hello"), "hello", "text/plain"));
  EXPECT_TRUE(judged(is("data", "12"), "12", "text/plain"));
  EXPECT_TRUE(judged(number_is("data", "12"), " 12\n", "text/json"));
  EXPECT_TRUE(judged(number_is("data", "12"), "[11, 12]", "application/json"));
  EXPECT_TRUE(judged(is("data", "a\\\"b"), R"("A\"b")", "application/json"));
  EXPECT_TRUE(judged(is("data", "hello"), "hello", std::nullopt, true));
  EXPECT_TRUE(judged(number_is("data", "12"), "12", std::nullopt, true));
  EXPECT_FALSE(judged(there("data"), "12", std::nullopt));
  EXPECT_FALSE(judged(there("data"), "12", "image/png"));
  EXPECT_TRUE(judged(is("data", "<a/>"), "<a/>", "application/xml", true));
  for (const char* broken : {"", "hello", "{", "12 13", "\"\xff\"", "\"a\nb\"", "[1,]", "{\"a\" 1}"}) {
    EXPECT_FALSE(judged(there("data"), broken, "application/json")) << broken;
    EXPECT_TRUE(judged(is("type", "t"), broken, "application/json")) << broken;
  }
}

trellis_message message(std::string_view topic, std::string_view payload, std::uint32_t flags = 0,
                        std::string_view type = {}) {
  trellis_message out{};
  out.struct_size = sizeof out;
  out.topic = trellis::view(topic);
  out.payload = trellis::view(payload);
  out.content_type = trellis::view(type);
  out.flags = flags;
  if (!type.empty()) out.flags |= TRELLIS_MESSAGE_HAS_CONTENT_TYPE;
  return out;
}

TEST(Messages, AreEventsWhereTheySaySo) {
  auto structured = message("t", R"({"type": "a", "subject": "s"})", 0, "application/cloudevents+json; charset=UTF-8");
  EXPECT_TRUE(filter_of(is("subject", "s")).passes(Event::of(&structured)));
  auto binary = message("t", R"({"n": 1})", 0, "application/json");
  usual().put_into(binary);
  EXPECT_EQ(Event::of(&binary).form(), Event::Form::binary);
  EXPECT_TRUE(filter_of(is("source", "/s")).passes(Event::of(&binary)));
  EXPECT_TRUE(filter_of(number_is("data.n", "1")).passes(Event::of(&binary)));
  const Attributes few{{"id", "1"}, {"source", "/s"}, {"type", "T"}};
  few.put_into(binary);
  EXPECT_EQ(Event::of(&binary).form(), Event::Form::plain);
}

TEST(Messages, ThatAreNoneAreSeenAsRoutingSendsThem) {
  auto json = message("plant/b17", R"({"rpm": 900})", 0, "application/json; charset=utf-8");
  json.published_at_ms = 1767322645678;
  const auto judged = [&](const std::string& one) { return filter_of(one).passes(Event::of(&json, "site")); };
  EXPECT_TRUE(judged(is("subject", "plant/b17")));
  EXPECT_TRUE(judged(R"({"subjectBeginsWith": "Plant/", "includedEventTypes": ["MQTT.EventPublished"]})"));
  EXPECT_TRUE(judged(is("source", "site")));
  EXPECT_TRUE(judged(is("specversion", "1.0")));
  EXPECT_TRUE(judged(is("time", "2026-01-02T02:57:25.6780000Z")));
  EXPECT_TRUE(judged(is("datacontenttype", "application/json; charset=utf-8")));
  EXPECT_TRUE(judged(filter("NumberGreaterThan", "data.rpm", R"("value": 899)")));
  EXPECT_FALSE(judged(there("id")));
  EXPECT_FALSE(filter_of(there("source")).passes(Event::of(&json)));
}

TEST(Messages, HaveDataWhereTheyAreText) {
  const auto judged = [](const std::string& one, std::string_view payload, std::uint32_t flags) {
    auto plain = message("t", payload, flags);
    return filter_of(one).passes(Event::of(&plain));
  };
  constexpr std::uint32_t kText = TRELLIS_MESSAGE_HAS_FORMAT | TRELLIS_MESSAGE_TEXT;
  EXPECT_TRUE(judged(filter("StringContains", "data", R"("values": ["ALARM"])"), "an alarm", kText));
  EXPECT_TRUE(judged(is("data", "{broken"), "{broken", kText));
  EXPECT_TRUE(judged(is("data", R"({\"a\": 1)"), R"({"a": 1)", kText));
  EXPECT_FALSE(judged(there("data.a"), R"({"a": 1)", kText));
  EXPECT_TRUE(judged(is("data", ""), "", kText));
  EXPECT_TRUE(judged(number_is("data.a", "1"), R"({"a": 1})", kText));
  EXPECT_FALSE(judged(there("data"), "an alarm", TRELLIS_MESSAGE_HAS_FORMAT));
  EXPECT_FALSE(judged(there("data"), R"({"a": 1})", 0));
  EXPECT_TRUE(judged(is("datacontenttype", "application/octet-stream"), "x", 0));
  EXPECT_TRUE(judged(is("subject", "t"), "\xff\x00", 0));
}

TEST(MediaTypes, AreKnownWhateverTheirCaseAndParameters) {
  for (const char* json :
       {"application/json", "APPLICATION/JSON ; charset=utf-8", "text/json", "application/cloudevents+json; x"}) {
    EXPECT_TRUE(is_json_type(json)) << json;
  }
  for (const char* other : {"", "json", "+json", "application/jsonl", "text/plain; a=/json"})
    EXPECT_FALSE(is_json_type(other)) << other;
  EXPECT_TRUE(is_text_type("Text/Plain"));
  EXPECT_FALSE(is_text_type("context/x"));
  EXPECT_TRUE(is_cloud_event_type("Application/CloudEvents+json"));
  EXPECT_FALSE(is_cloud_event_type("application/json"));
}

TEST(TakenApart, SaysWhatTheWholeSays) {
  const std::vector<trellis_pair> tokens{{trellis::view("type"), trellis::view("\"t.\\u0075\"")},
                                         {trellis::view("n"), trellis::view("5")},
                                         {trellis::view("b"), trellis::view("true")}};
  const trellis::Pairs attributes(tokens.data(), tokens.size());
  const auto says = [&](const std::string& json, std::string_view data, std::string_view base64 = {}) {
    return filter_of(json).passes(Event::taken_apart(attributes, data, 0, base64));
  };
  EXPECT_TRUE(says(is("TYPE", "t.u"), "{}"));
  EXPECT_TRUE(says(number_is("n", "5"), "{}"));
  EXPECT_TRUE(says(is("n", "5"), "{}"));
  EXPECT_TRUE(says(filter("BoolEquals", "b", R"("value": true)"), "{}"));
  EXPECT_FALSE(says(there("subject"), "{}"));
  EXPECT_TRUE(says(number_is("data.k", "7"), R"({"K": 7})"));
  EXPECT_TRUE(says(is("data", "x"), R"("x")"));
  EXPECT_FALSE(says(there("data"), ""));
  EXPECT_FALSE(says(there("data_base64"), ""));
  EXPECT_TRUE(says(there("data_base64"), "", R"("AA==")"));
}

}  // namespace
}  // namespace cloud_event
