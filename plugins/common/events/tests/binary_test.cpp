// Events in binary mode: in, as they are stored, and taken apart again.
#include "common/events/parts.hpp"
#include "common/events/text.hpp"
#include "reading.hpp"

namespace events {
namespace {

// The stored form of an event with these headers besides the required ones.
std::string stored(std::initializer_list<std::pair<std::string_view, std::string_view>> further, std::string_view body,
                   IntakeRules rules = {}) {
  std::vector<trellis_pair> headers{{trellis::view("ce-type"), trellis::view("t")},
                                    {trellis::view("host"), trellis::view("x")},
                                    {trellis::view("ce-id"), trellis::view("7")}};
  for (const auto& [name, value] : further) headers.push_back({trellis::view(name), trellis::view(value)});
  headers.push_back({trellis::view("ce-source"), trellis::view("/s")});
  headers.push_back({trellis::view("ce-specversion"), trellis::view("1.0")});
  Intake intake(rules);
  const Problem* const problem = intake.read({headers.data(), headers.size()}, body);
  if (problem != nullptr) return problem->message;
  EXPECT_EQ(intake.mode(), Mode::binary);
  const Event& event = intake.events()[0];
  EXPECT_EQ(event.origin, Event::Origin::encoded);
  // The stored form is one that is taken, and says the same.
  Intake again;
  const std::string json(event.json);
  EXPECT_EQ(again.read_one(json), nullptr);
  if (!again.events().empty()) {
    const Event& same = again.events()[0];
    EXPECT_EQ(same.json, json);
    EXPECT_EQ(same.id, event.id);
    EXPECT_EQ(same.subject, event.subject);
    EXPECT_EQ(same.datacontenttype, event.datacontenttype);
    EXPECT_EQ(same.data, event.data);
    EXPECT_EQ(same.data_base64, event.data_base64);
    EXPECT_EQ(same.attributes.size(), event.attributes.size());
    for (const auto& [name, token] : event.attributes) EXPECT_EQ(attribute(same, name), token);
  }
  const std::string front = R"({"specversion":"1.0","id":"7","source":"/s","type":"t")";
  return json.starts_with(front) ? json.substr(front.size()) : json;
}

TEST(Binary, JsonStaysAsItIs) {
  EXPECT_EQ(stored({{"content-type", "application/json"}}, R"({ "n": 1.0e+2 })"),
            R"(,"datacontenttype":"application/json","data":{ "n": 1.0e+2 }})");
  EXPECT_EQ(stored({{"content-type", "application/vnd.x+json; charset=utf-8"}}, " [1] \n"),
            R"(,"datacontenttype":"application/vnd.x+json; charset=utf-8","data":[1]})");
  for (const char* scalar : {"5", "\"a\\n\"", "null", "true", "-1.5e3"}) {
    EXPECT_EQ(stored({{"content-type", "text/json"}}, scalar),
              R"(,"datacontenttype":"text/json","data":)" + std::string(scalar) + "}");
  }
}

TEST(Binary, OtherDataBecomeBase64) {
  EXPECT_EQ(stored({{"content-type", "application/octet-stream"}}, std::string_view("\0\xFF\x10", 3)),
            R"(,"datacontenttype":"application/octet-stream","data_base64":"AP8Q"})");
  EXPECT_EQ(stored({{"content-type", "text/plain"}}, "ab"), R"(,"datacontenttype":"text/plain","data_base64":"YWI="})");
  EXPECT_EQ(stored({{"content-type", "application/json"}}, "{]"),
            R"(,"datacontenttype":"application/json","data_base64":"e10="})");
  EXPECT_EQ(stored({{"content-type", "application/json"}}, "a\x01"),
            R"(,"datacontenttype":"application/json","data_base64":"YQE="})");
  EXPECT_EQ(stored({}, "{}"), R"(,"data_base64":"e30="})") << "no type may be assumed";
  EXPECT_EQ(stored({}, ""), "}");
  EXPECT_EQ(stored({{"content-type", "application/json"}}, ""), R"(,"datacontenttype":"application/json"})");
}

TEST(Binary, TextMayStayText) {
  const IntakeRules rules{.text_as_text = true};
  EXPECT_EQ(stored({{"content-type", "text/plain"}}, "a\"\\\n\x01\x7F\xC3\xA4", rules),
            ",\"datacontenttype\":\"text/plain\",\"data\":\"a\\\"\\\\\\n\\u0001\x7F\xC3\xA4\"}");
  EXPECT_EQ(stored({{"content-type", "text/plain"}}, "\xFF", rules),
            R"(,"datacontenttype":"text/plain","data_base64":"/w=="})");
  EXPECT_EQ(stored({{"content-type", "image/png"}}, "a", rules),
            R"(,"datacontenttype":"image/png","data_base64":"YQ=="})");
}

TEST(Binary, AttributesAreTexts) {
  EXPECT_EQ(stored({{"ce-b", "5"}, {"CE-Subject", "x"}, {"ce-a", "true"}, {"ce-time", "2026-01-02T03:04:05Z"}}, ""),
            R"(,"b":"5","subject":"x","a":"true","time":"2026-01-02T03:04:05Z"})");
  EXPECT_EQ(stored({{"ce-extensions", R"({"a":1})"}}, ""), R"(,"extensions":"{\"a\":1}"})")
      << "as one client sends them";
}

TEST(Binary, HeaderValuesAreDecodedOnce) {
  struct Case {
    const char* sent;
    const char* token;
  };
  for (const Case& each : {Case{"a%20b", "a b"},
                           {"%C3%A4%e2%82%ac", "\xC3\xA4\xE2\x82\xAC"},
                           {"%2520", "%20"},
                           {"%41", "A"},
                           {R"("a b")", "a b"},
                           {R"("a\"b\\%20c")", R"(a\"b\\ c)"},
                           {"50%", "50%"},
                           {"5%2", "5%2"},
                           {"%zz", "%zz"},
                           {"a b", "a b"},
                           {"\xC3\xA4", "\xC3\xA4"},
                           {R"("a)", R"(\"a)"},
                           {R"(a"b)", R"(a\"b)"},
                           {R"("a"b")", R"(\"a\"b\")"},
                           {"%22x%22", R"(\"x\")"}}) {
    EXPECT_EQ(stored({{"ce-subject", each.sent}}, ""), ",\"subject\":\"" + std::string(each.token) + "\"}")
        << each.sent;
  }
  for (const char* bad :
       {"%C0%AF", "%FF", "%ED%A0%80", "\xFF", "%00", "%0A", "%C2%85", "%EF%BF%BF", "%F4%90%80%80", "%C3"}) {
    EXPECT_TRUE(stored({{"ce-subject", bad}}, "").starts_with("the event: header 'ce-subject': found ")) << bad;
  }
}

TEST(Binary, WhatIsRefused) {
  EXPECT_EQ(stored({{"ce-time", "now"}}, ""),
            "the event: header 'ce-time': found \"now\", expected a timestamp with a zone such as "
            "\"2026-01-02T03:04:05Z\" (RFC 3339)");
  EXPECT_EQ(stored({{"ce-datacontenttype", "text/plain"}}, ""),
            "the event: header 'ce-datacontenttype': expected none, for 'content-type' says it");
  EXPECT_EQ(stored({{"ce-id", "8"}}, ""), "the event: header 'ce-id': found it twice, expected it once");
  EXPECT_EQ(stored({{"ce-subject", ""}}, ""),
            "the event: header 'ce-subject': found \"\", expected a text that is not empty");
  EXPECT_EQ(stored({{"ce-data", "x"}}, ""),
            "the event: attribute \"data\": expected a name of small letters and digits, and not \"data\"");
  EXPECT_EQ(stored({{"ce-my-ext", "x"}}, ""),
            "the event: attribute \"my-ext\": expected a name of small letters and digits, and not \"data\"");
  EXPECT_EQ(stored({{"content-type", "json"}}, ""),
            "the event: header 'content-type': found \"json\", expected a media type such as \"application/json\"");
  EXPECT_EQ(stored({{"ce-abcdefghijklmnopqrst", "x"}}, ""), R"(,"abcdefghijklmnopqrst":"x"})");
  EXPECT_EQ(stored({{"ce-abcdefghijklmnopqrstu", "x"}}, ""),
            R"(the event: header "ce-abcdefghijklmnopqrstu": expected a name of at most 20 letters behind "ce-")");
  EXPECT_EQ(refusal(Headers{{"content-type", "application/json"}}, "{}"),
            R"(the event: header 'ce-specversion': found none, expected "1.0")");
  EXPECT_EQ(refusal(Headers{{"ce-id", "1"}, {"ce-type", "t"}, {"ce-specversion", "1.0"}}, ""),
            R"(the event: header 'ce-source': found none, expected a URI reference such as "/shop" (RFC 3986))");
  EXPECT_EQ(stored({}, "0123456789", {.event_bytes = 30}), "the event: found 40 bytes, expected at most 30");
}

TEST(Binary, TheTraceContextIsTakenOver) {
  EXPECT_EQ(
      stored({{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, {"tracestate", "a=b"}}, ""),
      R"(,"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","tracestate":"a=b"})");
  EXPECT_EQ(
      stored({{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, {"ce-traceparent", "own"}},
             ""),
      R"(,"traceparent":"own"})");
}

// What delivering in binary mode makes of an event in JSON.
std::string taken_apart(const std::string& json) {
  Intake intake;
  if (const Problem* const problem = intake.read_one(json)) return problem->message;
  Parts parts;
  parts.take(intake.events()[0]);
  std::string out(parts.content_type().value_or("-"));
  out.append("|").append(parts.data()).append("|");
  for (const auto& [name, value] : parts.attributes()) {
    if (name.size() > 1) continue;
    out.append(name).append("=");
    append_header_value(out, value);
    out.append(";");
  }
  EXPECT_EQ(parts.attributes().find("id"), "7");
  return out;
}

TEST(Parts, GiveBackWhatCame) {
  EXPECT_EQ(taken_apart(event_with(R"("datacontenttype":"application/json","data": { "n": 1.0 } )")),
            R"(application/json|{ "n": 1.0 }|)");
  EXPECT_EQ(taken_apart(event_with(R"("data":"a\n")")), R"(application/json|"a\n"|)");
  EXPECT_EQ(taken_apart(event_with(R"("datacontenttype":"text/plain","data":"a\n\u00e4")")), "text/plain|a\n\xC3\xA4|");
  EXPECT_EQ(taken_apart(event_with(R"("datacontenttype":"text/plain","data":{"a":1})")), R"(text/plain|{"a":1}|)");
  EXPECT_EQ(taken_apart(event_with(R"("datacontenttype":"image/png","data_base64":"AP8\u0051\/w==")")),
            std::string("image/png|\0\xFF\x10\xFF|", 15));
  EXPECT_EQ(taken_apart(event_with(R"("data_base64":"e30=")")), "-|{}|");
  EXPECT_EQ(taken_apart(event_with(R"("data_base64":"")")), "-||");
  EXPECT_EQ(taken_apart(event_with(R"("a":5,"b":true,"c":"\"x y%","d":null,"e":"\u00e4")")),
            "-||a=5;b=true;c=%22x%20y%25;e=%C3%A4;");
  EXPECT_EQ(taken_apart(event_with(R"("datacontenttype":"text/\u0070lain")")), "text/plain||");
}

TEST(Parts, BodiesOfEveryLengthGoRound) {
  std::string body;
  for (unsigned i = 0; i < 300; ++i) {
    for (const char* type : {"application/octet-stream", "text/plain"}) {
      Intake intake({.text_as_text = i % 2 == 0});
      ASSERT_EQ(intake.read(Headers{{"content-type", type},
                                    {"ce-id", "7"},
                                    {"ce-source", "/s"},
                                    {"ce-type", "t"},
                                    {"ce-specversion", "1.0"}},
                            body),
                nullptr);
      Parts parts;
      parts.take(intake.events()[0]);
      ASSERT_EQ(parts.data(), body);
      ASSERT_EQ(parts.content_type(), type);
    }
    body += static_cast<char>(i * 7);
  }
}

}  // namespace
}  // namespace events
