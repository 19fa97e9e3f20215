// Random events: what is accepted comes back byte for byte, and filters see in it what they would see in its bytes.
#include <random>

#include "common/cloud_event/filter.hpp"
#include "common/events/answers.hpp"
#include "reading.hpp"

namespace events {
namespace {

class Random {
 public:
  explicit Random(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }
  template <std::size_t N>
  std::string one_of(const char* const (&texts)[N]) {
    return texts[below(N)];
  }
  std::string blank() { return one_of({"", "", "", " ", "\n", "\t ", " \r\n "}); }
  std::string text() {
    std::string out = "\"";
    for (std::size_t i = below(5); i > 0; --i)
      out += one_of({"a", "B", "\xC3\xA4", "\\u00e4", "\\/", "\\\\", "}", "]", ",", "{\\\"", "\\ud83d\\ude00", " "});
    return out + '"';
  }
  std::string value(int depth) {
    if (depth == 0 || below(2) == 0)
      return below(2) == 0
                 ? text()
                 : one_of({"0", "-1.50e+3", "1.0", "true", "false", "null", "1e400", "12345678901234567890123"});
    const bool object = below(2) == 0;
    std::string out = object ? "{" : "[";
    for (std::size_t i = below(4); i > 0; --i) {
      out += blank() +
             (object ? one_of({"\"k\"", "\"K\"", "\"n\"", "\"\\u006b\"", "\"\""}) + blank() + ":" + blank() : "") +
             value(depth - 1) + blank() + (i > 1 ? "," : "");
    }
    return out + blank() + (object ? "}" : "]");
  }
  std::string event() {
    std::vector<std::string> members{R"("specversion":"1.0")", "\"id\":\"a" + text().substr(1), "\"source\":\"\\/s\"",
                                     "\"type\":\"B" + text().substr(1)};
    if (below(2) == 0) members.push_back("\"subject\":\"a" + text().substr(1));
    if (below(2) == 0) members.push_back("\"ext\":" + (below(2) == 0 ? text() : one_of({"5", "-7", "true", "null"})));
    if (below(3) != 0)
      members.push_back("\"data\":" + blank() + value(4));
    else if (below(2) == 0)
      members.push_back(R"("data_base64":"AA\u003d=")");
    std::shuffle(members.begin(), members.end(), random_);
    std::string out = "{";
    for (const std::string& member : members) out += blank() + member + blank() + ",";
    out.back() = '}';
    return out;
  }

 private:
  std::mt19937 random_;
};

TEST(Property, ReceivedEventsAreThePublishedBytes) {
  Random random(1);
  Intake intake;
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> events;
    std::string body = random.blank() + "[" + random.blank();
    for (std::size_t i = 1 + random.below(3); i > 0; --i) {
      events.push_back(random.event());
      body += events.back() + random.blank() + (i > 1 ? "," + random.blank() : "]");
    }
    const Problem* const problem = intake.read(kMany, body);
    ASSERT_EQ(problem, nullptr) << body << '\n' << problem->message;
    ASSERT_EQ(intake.events().size(), events.size());
    std::string expected = R"({"value":[)";
    std::vector<Delivery> deliveries;
    for (std::size_t i = 0; i < events.size(); ++i) {
      ASSERT_EQ(intake.events()[i].json, events[i]);
      deliveries.push_back({"T", 1, intake.events()[i].json});
      expected += std::string(i > 0 ? "," : "") +
                  R"({"brokerProperties":{"lockToken":"T","deliveryCount":1},"event":)" + events[i] + '}';
    }
    std::string out;
    append_received(out, deliveries);
    ASSERT_EQ(out, expected + "]}");
  }
}

TEST(Property, FiltersSeeTheSameInViewsAndInBytes) {
  std::vector<cloud_event::Filter> filters;
  for (
      const char* json :
      {R"({"includedEventTypes": ["Ba", "BB"]})", R"({"subjectBeginsWith": "aa"})",
       R"({"filters": [{"operatorType": "NumberIn", "key": "ext", "values": [5]}]})",
       R"({"filters": [{"operatorType": "StringIn", "key": "Ext", "values": ["5", "TRUE", "a"]}]})",
       R"({"filters": [{"operatorType": "BoolEquals", "key": "ext", "value": true}]})",
       R"({"filters": [{"operatorType": "IsNotNull", "key": "ext"}]})",
       R"({"filters": [{"operatorType": "IsNullOrUndefined", "key": "data"}]})",
       R"({"filters": [{"operatorType": "IsNotNull", "key": "data_base64"}]})",
       R"({"filters": [{"operatorType": "NumberNotIn", "key": "data", "values": [0]}]})",
       R"({"filters": [{"operatorType": "StringContains", "key": "data", "values": ["a"]}]})",
       R"({"filters": [{"operatorType": "NumberGreaterThan", "key": "data.k", "value": -1}]})",
       R"({"filters": [{"operatorType": "IsNotNull", "key": "data.K.n"}, {"operatorType": "IsNotNull", "key": "type"}]})"}) {
    filters.push_back(cloud_event::Filter::compile(trellis::Config::parse(json).value()).value());
  }
  Random random(2);
  Intake intake;
  std::vector<std::size_t> passed(filters.size());
  for (int round = 0; round < 3000; ++round) {
    const std::string body = random.event();
    ASSERT_EQ(intake.read(kOne, body), nullptr) << body;
    for (std::size_t i = 0; i < filters.size(); ++i) {
      const bool passes = filters[i].passes(cloud_event::Event::structured(body));
      ASSERT_EQ(filters[i].passes(intake.events()[0].view()), passes) << i << ' ' << body;
      passed[i] += passes ? 1 : 0;
    }
  }
  for (std::size_t i = 0; i < filters.size(); ++i) {
    EXPECT_GT(passed[i], 0U) << i;
    EXPECT_LT(passed[i], 3000U) << i;
  }
}

TEST(Property, BytesBehindTheBodyChangeNothing) {
  Random random(3);
  Intake intake;
  Intake in_place;
  for (int round = 0; round < 2000; ++round) {
    std::string body = random.event();
    if (random.below(2) == 0) body[random.below(body.size())] = "{}[]\",:\\0a\x01\xFF"[random.below(12)];
    const std::string padded = body + std::string(64, "\"{[}],"[random.below(6)]);
    const bool good = intake.read(kOne, body) == nullptr;
    ASSERT_EQ(in_place.read(kOne, {padded.data(), body.size()}, 64) == nullptr, good) << body;
    if (!good) continue;
    ASSERT_EQ(in_place.events()[0].json, intake.events()[0].json);
  }
}

}  // namespace
}  // namespace events
