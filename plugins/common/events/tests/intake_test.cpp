// What is accepted in structured mode, alone and in batches, and what is said of the rest.
#include "common/events/intake.hpp"

#include "reading.hpp"

namespace events {
namespace {

TEST(Structured, OneEventIsKeptAsItCame) {
  const std::string body =
      " \r\n{ \"type\" : \"t.u\", \"specversion\":\"1.0\",\"data\" : {\"n\": 1.0e+2, \"t\": \"\\u00e4\"} "
      ",\"id\":\"a-1\","
      "\"source\": \"\\/shop\", \"ext\": -7, \"flag\": true, \"none\": null, "
      "\"time\":\"2026-01-02T03:04:05.678+01:00\","
      "\"subject\": \"eu/4711\", \"dataschema\": \"urn:x\", \"datacontenttype\": \"application/json\" } \n";
  Intake intake;
  ASSERT_EQ(intake.read(kOne, body), nullptr);
  ASSERT_EQ(intake.events().size(), 1U);
  const Event& event = intake.events()[0];
  EXPECT_EQ(event.json, body.substr(3, body.size() - 5));
  EXPECT_EQ(event.json.data(), body.data() + 3) << "a view into the body";
  EXPECT_EQ(event.readable, 2U);
  EXPECT_EQ(event.origin, Event::Origin::original);
  EXPECT_EQ(event.id, "a-1");
  EXPECT_EQ(event.source, "/shop");
  EXPECT_EQ(event.type, "t.u");
  EXPECT_EQ(event.specversion, "1.0");
  EXPECT_EQ(event.time, "2026-01-02T03:04:05.678+01:00");
  EXPECT_EQ(event.subject, "eu/4711");
  EXPECT_EQ(event.dataschema, "urn:x");
  EXPECT_EQ(event.datacontenttype, "application/json");
  EXPECT_EQ(event.data, R"({"n": 1.0e+2, "t": "\u00e4"})");
  EXPECT_EQ(event.attributes.size(), 10U) << "all but null and data";
  EXPECT_EQ(attribute(event, "ext"), "-7");
  EXPECT_EQ(attribute(event, "flag"), "true");
  EXPECT_EQ(attribute(event, "source"), R"("\/shop")") << "a token, as it is written";
  EXPECT_EQ(intake.mode(), Mode::structured);
}

TEST(Structured, ABatchIsReadInOrderAndMayBeEmpty) {
  Intake intake;
  const std::string first = event_with(R"("data":1)");
  const std::string body = "[" + first + " ,\n " + event_with(R"("data":[[]])") + " ]";
  ASSERT_EQ(intake.read(kMany, body), nullptr);
  ASSERT_EQ(intake.events().size(), 2U);
  EXPECT_EQ(intake.events()[0].json, first);
  EXPECT_EQ(intake.events()[1].json, event_with(R"("data":[[]])"));
  EXPECT_EQ(intake.events()[1].data, "[[]]");
  EXPECT_EQ(intake.events()[0].attributes.size(), 4U);
  EXPECT_EQ(intake.mode(), Mode::batch);
  EXPECT_EQ(intake.read(kMany, " [ ] "), nullptr);
  EXPECT_TRUE(intake.events().empty());
}

TEST(Structured, TheContentTypeDecides) {
  const std::string one = event_with(R"("data":1)");
  const std::string many = "[" + one + "]";
  for (const char* type : {"application/cloudevents+json", "APPLICATION/CloudEvents+JSON;charset=x",
                           "application/cloudevents", " application/cloudevents+json ; charset=utf-8"}) {
    EXPECT_EQ(refusal(Headers{{"content-type", type}}, one), "") << type;
    EXPECT_EQ(refusal(Headers{{"content-type", type}}, many),
              "the body: found an array, expected one CloudEvent in JSON, as its content type says");
  }
  for (const char* type : {"application/cloudevents-batch+json", "Application/CloudEvents-Batch+json; a=b"}) {
    EXPECT_EQ(refusal(Headers{{"content-type", type}}, many), "") << type;
    EXPECT_EQ(refusal(Headers{{"content-type", type}}, one),
              "the body: found an object, expected an array of CloudEvents, as its content type says");
  }
  Intake intake;
  const Problem* const problem = intake.read(Headers{{"content-type", "application/cloudevents+avro"}}, one);
  ASSERT_NE(problem, nullptr);
  EXPECT_EQ(problem->status, 415U);
  EXPECT_EQ(problem->code, "UnsupportedMediaType");
}

TEST(Structured, AnArrayWithoutAStatedTypeIsABatch) {
  const std::string many = "[" + event_with(R"("data":1)") + "]";
  for (const Headers& headers : {Headers{}, Headers{{"content-type", "application/json"}},
                                 Headers{{"content-type", "Application/JSON; charset=utf-8"}}}) {
    Intake intake;
    ASSERT_EQ(intake.read(headers, many), nullptr);
    EXPECT_EQ(intake.mode(), Mode::batch);
    EXPECT_EQ(intake.events().size(), 1U);
    EXPECT_EQ(refusal(headers, R"([{"id": "7"}])"), R"(event 0: attribute 'specversion': found none, expected "1.0")");
  }
  // With attributes in headers the array is the data.
  Intake intake;
  ASSERT_EQ(intake.read(Headers{{"content-type", "application/json"},
                                {"ce-id", "1"},
                                {"ce-source", "/s"},
                                {"ce-type", "t"},
                                {"ce-specversion", "1.0"}},
                        many),
            nullptr);
  EXPECT_EQ(intake.mode(), Mode::binary);
  EXPECT_EQ(intake.events()[0].data, many);
}

TEST(Structured, AByteOrderMarkIsPassedOver) {
  const std::string body = "\xEF\xBB\xBF" + event_with(R"("data":1)");
  Intake intake;
  ASSERT_EQ(intake.read(kOne, body), nullptr);
  EXPECT_EQ(intake.events()[0].json, body.substr(3));
}

TEST(Structured, OneBadEventRefusesTheBatchByItsIndex) {
  const std::string good = event_with(R"("data":1)");
  Intake intake;
  const Problem* const problem =
      intake.read(kMany, "[" + good + "," + good + "," + event_with(R"("time":"now")") + "," + good + "]");
  ASSERT_NE(problem, nullptr);
  EXPECT_EQ(problem->status, 400U);
  EXPECT_EQ(problem->code, "BadRequest");
  EXPECT_EQ(problem->event, 2U);
  EXPECT_EQ(problem->target, "time");
  EXPECT_EQ(problem->message,
            "event 2: attribute 'time': found \"now\", expected a timestamp with a zone such as "
            "\"2026-01-02T03:04:05Z\" (RFC 3339)");
  EXPECT_TRUE(intake.events().empty());
  ASSERT_EQ(intake.read(kMany, "[" + good + "]"), nullptr) << "the next request is not of that problem";
  EXPECT_EQ(refusal(kMany, "[" + good + ", 5]"), "event 1: found \"5\", expected a CloudEvent, an object");
  EXPECT_EQ(refusal(kMany, "[[]]"), "event 0: found an array, expected a CloudEvent, an object");
}

struct Case {
  const char* members;
  const char* problem;  // behind "the event: "; empty: accepted
};

TEST(Structured, WhatAttributesMayBe) {
  static constexpr Case kCases[] = {
      {R"("id":"8")", "attribute 'id': found it twice, expected it once"},
      {R"("i\u0064":"8")", "attribute 'id': found it twice, expected it once"},
      {R"("subject":null,"subject":"a")", "attribute 'subject': found it twice, expected it once"},
      {R"("ab":"8","x":1,"ab":"8")", "attribute 'ab': found it twice, expected it once"},
      {R"("data":1,"data":2)", "attribute 'data': found it twice, expected it once"},
      {R"("data_base64":"","data_base64":"")", "attribute 'data_base64': found it twice, expected it once"},
      {R"("subject":"")", "attribute 'subject': found \"\", expected a text that is not empty"},
      {R"("subject":5)", "attribute 'subject': found \"5\", expected a text that is not empty"},
      {R"("subject":null)", ""},
      {R"("subject":"\u00e4 \u20AC \ud83d\ude00")", ""},
      {R"("subject":"a\u0000")", "attribute 'subject': found \"a?\", expected UTF-8 without control characters"},
      {R"("subject":"a\n")", "attribute 'subject': found \"a?\", expected UTF-8 without control characters"},
      {R"("subject":"\u009f")", "attribute 'subject': found \"?\", expected UTF-8 without control characters"},
      {R"("subject":"\ufffe")",
       "attribute 'subject': found \"\xEF\xBF\xBE\", expected UTF-8 without control characters"},
      {R"("subject":"\ufdd0")",
       "attribute 'subject': found \"\xEF\xB7\x90\", expected UTF-8 without control characters"},
      {R"("time":"2026-02-29T00:00:00Z")",
       "attribute 'time': found \"2026-02-29T00:00:00Z\", expected a timestamp with a zone such as "
       "\"2026-01-02T03:04:05Z\" (RFC 3339)"},
      {R"("time":null)", ""},
      {R"("time":"2024-02-29t23:59:60.123456789-23:59")", ""},
      {R"("dataschema":"/a")", "attribute 'dataschema': found \"/a\", expected an absolute URI"},
      {R"("dataschema":"https://a/b?c#d")", ""},
      {R"("datacontenttype":"json")",
       "attribute 'datacontenttype': found \"json\", expected a media type such as \"application/json\""},
      {R"("datacontenttype":"application/cloudevents+json; charset=utf-8","data":{})", ""},
      {R"("data":null)", ""},
      {R"("data":"")", ""},
      {R"("data":{"a":[true,false,null,-0.5e-7,"x"]})", ""},
      {R"("data_base64":"AAEC")", ""},
      {R"("data_base64":"AA\u003D=")", ""},
      {R"("data_base64":"\/w==","datacontenttype":"application/octet-stream")", ""},
      {R"("data_base64":"AAE")",
       "attribute 'data_base64': found a text that is none, expected base64 with its padding"},
      {R"("data_base64":"A-E=")",
       "attribute 'data_base64': found a text that is none, expected base64 with its padding"},
      {R"("data_base64":5)", "attribute 'data_base64': found \"5\", expected base64 with its padding"},
      {R"("data_base64":null)", "attribute 'data_base64': found \"null\", expected base64 with its padding"},
      {R"("data":1,"data_base64":"")", "attribute 'data_base64': found it beside data, expected one of the two"},
      {R"("data_base64":"","data":1)", "attribute 'data': found it beside data_base64, expected one of the two"},
      {R"("data":null,"data_base64":"")", "attribute 'data_base64': found it beside data, expected one of the two"},
      {R"("myExt":"x")", "attribute \"myExt\": expected a name of small letters and digits, and not \"data\""},
      {R"("my_ext":null)", "attribute \"my_ext\": expected a name of small letters and digits, and not \"data\""},
      {R"("":1)", "attribute \"\": expected a name of small letters and digits, and not \"data\""},
      {R"("4you":"","anamewithmorethantwentyletters":"x")", ""},
      {R"("e":2147483647,"f":-2147483648,"g":false,"h":0)", ""},
      {R"("e":2147483648)",
       "attribute 'e': found \"2147483648\", expected a text, true, false, or a whole number of 32 bits"},
      {R"("e":1.0)", "attribute 'e': found \"1.0\", expected a text, true, false, or a whole number of 32 bits"},
      {R"("e":1e3)", "attribute 'e': found \"1e3\", expected a text, true, false, or a whole number of 32 bits"},
      {R"("e":{})", "attribute 'e': found an object, expected a text, true, false, or a whole number"},
      {R"("e":[1])", "attribute 'e': found an array, expected a text, true, false, or a whole number"},
      {R"("e":"\u0007")", "attribute 'e': found \"?\", expected UTF-8 without control characters"},
  };
  for (const Case& each : kCases) {
    const std::string expected = *each.problem == 0 ? "" : "the event: " + std::string(each.problem);
    EXPECT_EQ(refusal(kOne, event_with(each.members)), expected) << each.members;
  }
}

TEST(Structured, WhatHasToBeThere) {
  const auto without = [](std::string_view name, std::string_view instead) {
    std::string out = "{";
    for (const auto& [each, value] :
         {std::pair{"specversion", "\"1.0\""}, {"id", "\"7\""}, {"source", "\"/s\""}, {"type", "\"t\""}}) {
      if (each != name) out.append("\"").append(each).append("\":").append(value).append(",");
    }
    return out.append(instead).append("\"data\":1}");
  };
  for (const char* name : {"id", "type", "source", "specversion"}) {
    const std::string at = "the event: attribute '" + std::string(name) + "': found ";
    const auto found = [&](const std::string& instead) {
      const std::string whole = refusal(kOne, without(name, instead));
      EXPECT_TRUE(whole.starts_with(at)) << whole;
      return whole.substr(at.size(), whole.find(',') - at.size());
    };
    const std::string member = "\"" + std::string(name) + "\":";
    EXPECT_EQ(found(""), "none");
    EXPECT_EQ(found(member + "null,"), "none");
    EXPECT_EQ(found(member + "\"\","), "\"\"");
    EXPECT_EQ(found(member + "1.0,"), "\"1.0\"");
  }
  EXPECT_EQ(refusal(kOne, without("specversion", R"("specversion":"0.3",)")),
            R"(the event: attribute 'specversion': found "0.3", expected "1.0")");
  EXPECT_EQ(refusal(kOne, without("source", R"("source":"a b",)")),
            R"(the event: attribute 'source': found "a b", expected a URI reference such as "/shop" (RFC 3986))");
  EXPECT_EQ(refusal(kOne, "{}"), R"(the event: attribute 'specversion': found none, expected "1.0")");
}

TEST(Structured, BrokenJsonIsRefusedToItsLastLetter) {
  for (const char* data : {"",
                           "}",
                           "{",
                           "[",
                           "tru",
                           "truefalse",
                           "nul",
                           "01",
                           "1.",
                           "1e",
                           "-",
                           "+1",
                           ".5",
                           "1 2",
                           "\"",
                           "\"a\"b",
                           "\"\\q\"",
                           "\"\\u12g4\"",
                           "\"\\ud800\"",
                           "\"\\udc00\"",
                           "\"\\ud800\\u0041\"",
                           "\"a\nb\"",
                           "'a'",
                           "{1:2}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{\"a\" 1}",
                           "{,}",
                           "{\"a\":1 \"b\":2}",
                           "{\"\\x\":1}",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "[1}",
                           "{\"a\":1]",
                           "[[1]",
                           "[1]]",
                           "{\"a\":{\"b\":[tru]}}",
                           "NaN",
                           "Infinity",
                           "\"\xC0\xAF\"",
                           "\"\xED\xA0\x80\"",
                           "//x\n1",
                           "1,",
                           "undefined",
                           "\"a\":1",
                           "\"a\":\"b\":1",
                           "{\"a\":\"b\":1}",
                           "[\"a\":1]",
                           "1:2"}) {
    const std::string event = event_with("\"data\":" + std::string(data));
    EXPECT_TRUE(refusal(kOne, event).starts_with("the body is not JSON")) << event << ": " << refusal(kOne, event);
    EXPECT_TRUE(refusal(kMany, "[" + event + "]").starts_with("the body is not JSON")) << event;
    EXPECT_TRUE(refusal(kMany, "[" + event + "," + event_with("\"a\":1") + "]").starts_with("the body is not JSON"))
        << event;
  }
  const std::string good = event_with("\"a\":1");
  for (const std::string& body : {good + "x", good + good, good + ",", good + "]", good.substr(0, good.size() - 1),
                                  good + "}", "[" + good, "[" + good + "]]", "[" + good + ",]", "[" + good + "]" + good,
                                  "[," + good + "]", "[" + good + " " + good + "]", std::string("[}")}) {
    EXPECT_NE(refusal(body.front() == '[' ? kMany : kOne, body), "") << body;
  }
  EXPECT_EQ(refusal(kOne, "{\"id\":\"1\",\"a\":[tru]}"), "the body is not JSON: broken at or behind byte 15");
  EXPECT_EQ(refusal(kOne, ""), "the body: found nothing, expected one CloudEvent in JSON, as its content type says");
  EXPECT_EQ(refusal(kMany, " "), "the body: found nothing, expected an array of CloudEvents, as its content type says");
}

TEST(Structured, WhatIsSaidOfABadEventIsShort) {
  const std::string much(100'000, 'a');
  for (const std::string& members : std::vector<std::string>{
           "\"" + much + "\":{}", "\"" + much + "\":1.5", "\"A" + much + "\":1", "\"time\":\"" + much + "\"",
           "\"time\":1" + std::string(100'000, '0'), "\"a\\n\\u0000\":{}"}) {
    Intake intake;
    const Problem* const problem = intake.read(kOne, event_with(members));
    ASSERT_NE(problem, nullptr);
    EXPECT_LT(problem->message.size(), 300U);
    EXPECT_LT(problem->target.size(), 100U);
    EXPECT_EQ(problem->message.find('\n'), std::string::npos);
  }
}

TEST(Structured, NestingHasABound) {
  const auto nested = [](std::size_t depth) {
    return event_with("\"data\":" + std::string(depth, '[') + std::string(depth, ']'));
  };
  EXPECT_EQ(refusal(kOne, nested(128)), "");
  EXPECT_NE(refusal(kOne, nested(129)), "");
  EXPECT_EQ(refusal(kOne, nested(900), {.depth = 1U << 30U}), "");
  EXPECT_NE(refusal(kOne, nested(200'000), {.depth = 1U << 30U}), "");
}

TEST(Limits, OfRequestEventAndCount) {
  const std::string event = event_with("\"data\":1");
  const std::string many = "[" + event + ",  " + event + "]";
  EXPECT_EQ(refusal(kOne, event, {.request_bytes = event.size(), .event_bytes = event.size()}), "");
  EXPECT_EQ(refusal(kOne, event, {.request_bytes = event.size() - 1}),
            "the body: found " + std::to_string(event.size()) + " bytes, expected at most " +
                std::to_string(event.size() - 1));
  EXPECT_EQ(refusal(kMany, many, {.event_bytes = event.size() - 1}), "event 0: found " + std::to_string(event.size()) +
                                                                         " bytes, expected at most " +
                                                                         std::to_string(event.size() - 1));
  EXPECT_EQ(refusal(kMany, many, {.events = 2}), "");
  EXPECT_EQ(refusal(kMany, many, {.events = 1}), "the batch: found more than 1 events");
  EXPECT_EQ(refusal(kOne, event_with("\"a\":1,\"b\":2"), {.attributes = 6}), "");
  EXPECT_EQ(refusal(kOne, event_with("\"a\":1,\"b\":2"), {.attributes = 5}),
            "the event: expected at most 5 attributes");

  Intake as_documented({.event_bytes = 10});
  const Problem* problem = as_documented.read(kOne, event);
  ASSERT_NE(problem, nullptr);
  EXPECT_EQ(problem->status, 403U);
  EXPECT_EQ(problem->code, "RequestEntityTooLarge");
  Intake as_proxies_know({.request_bytes = 10, .too_large_status = 413});
  EXPECT_EQ(as_proxies_know.read(kOne, event)->status, 413U);
  Intake usual;
  std::string thousand = "[" + event;
  for (int i = 1; i < 1000; ++i) thousand += "," + event;
  EXPECT_EQ(refusal(usual, kMany, thousand + "]"), "");
  EXPECT_EQ(refusal(usual, kMany, thousand + "," + event + "]"), "the batch: found more than 1000 events");
  const std::string mebibyte = event_with("\"data\":\"" + std::string((1U << 20U) - event.size() - 1, 'x') + "\"");
  ASSERT_EQ(mebibyte.size(), 1U << 20U);
  EXPECT_EQ(refusal(usual, kOne, mebibyte), "");
  EXPECT_NE(refusal(usual, kOne, mebibyte + " "), "");
}

constexpr std::string_view kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContext, IsTakenOverByEventsWithoutOne) {
  const Headers headers{
      {"content-type", "application/cloudevents-batch+json"}, {"traceparent", kParent}, {"tracestate", "a=\"b\""}};
  const std::string own = event_with(R"("traceparent":"own")");
  const std::string body = "[" + event_with("\"data\":1 ") + "," + own + "]";
  Intake intake;
  ASSERT_EQ(intake.read(headers, body), nullptr);
  const Event& first = intake.events()[0];
  EXPECT_EQ(first.json,
            event_with("\"data\":1 ,\"traceparent\":\"" + std::string(kParent) + "\",\"tracestate\":\"a=\\\"b\\\"\""));
  EXPECT_EQ(first.origin, Event::Origin::adorned);
  EXPECT_GE(first.readable, 64U);
  EXPECT_EQ(attribute(first, "tracestate"), R"("a=\"b\"")");
  EXPECT_EQ(first.data, "1");
  EXPECT_EQ(intake.events()[1].json, own);
  EXPECT_EQ(intake.events()[1].attributes.size(), 5U);
  ASSERT_EQ(intake.read(Headers{{"content-type", "application/cloudevents+json"}, {"traceparent", kParent}}, own),
            nullptr);
  EXPECT_EQ(intake.events()[0].json, own);

  Intake without({.trace_context = false});
  ASSERT_EQ(without.read(headers, body), nullptr);
  EXPECT_EQ(without.events()[0].origin, Event::Origin::original);
}

TEST(TraceContext, IsOnlyTakenWhereItIsOne) {
  for (const char* parent : {"", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
                             "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                             "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                             "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                             "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x"}) {
    const Headers headers{{"content-type", "application/cloudevents+json"}, {"traceparent", parent}};
    const std::string event = event_with("\"a\":1");  // what is read borrows from it
    Intake intake;
    ASSERT_EQ(intake.read(headers, event), nullptr);
    EXPECT_EQ(intake.events()[0].json, event) << parent;
  }
}

}  // namespace
}  // namespace events
