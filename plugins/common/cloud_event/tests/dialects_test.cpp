// Filters of the CloudEvents Subscriptions API: each dialect, in each other, what is refused, and the index over them.
#include <algorithm>

#include "common/cloud_event/filter_index.hpp"
#include "judging.hpp"
#include "random_events.hpp"

namespace cloud_event {
namespace {

constexpr const char* kEvent =
    R"({"specversion": "1.0", "id": "7", "source": "/shop/eu", "type": "order.created", "subject": "eu/4711",
        "level": 5, "far": 2147483648, "half": 0.50, "urgent": true, "nothing": null, "list": ["a"],
        "time": "2024-05-01T10:00:00Z", "data": {"level": 9, "type": "other"}})";

std::string dialects(const std::string& list) { return R"({"cloudEventFilters": [)" + list + "]}"; }
std::string sql(const std::string& expression) { return R"({"sql": )" + trellis::json::quote(expression) + "}"; }

struct Row {
  std::string filters;
  bool passes;
};

class Dialects : public ::testing::TestWithParam<Row> {};

TEST_P(Dialects, Pass) { EXPECT_EQ(passes(dialects(GetParam().filters), kEvent), GetParam().passes); }

INSTANTIATE_TEST_SUITE_P(
    CompareTextsAsTheyAre, Dialects,
    ::testing::Values(Row{"", true}, Row{R"({"exact": {"type": "order.created"}})", true},
                      Row{R"({"exact": {"type": "Order.created"}})", false},
                      Row{R"({"exact": {"type": "order"}})", false},
                      Row{R"({"exact": {"type": "order.created", "id": "7"}})", true},
                      Row{R"({"exact": {"type": "order.created", "id": "8"}})", false},
                      Row{R"({"prefix": {"type": "order.", "subject": "eu/"}})", true},
                      Row{R"({"prefix": {"subject": "EU/"}})", false}, Row{R"({"suffix": {"type": ".created"}})", true},
                      Row{R"({"suffix": {"type": ".Created"}})", false},
                      // What is no text has the text that CloudEvents gives it, and what is no attribute has none.
                      Row{R"({"exact": {"level": "5", "urgent": "true", "half": "0.50"}})", true},
                      Row{R"({"exact": {"missing": "x"}})", false}, Row{R"({"exact": {"nothing": "null"}})", false},
                      Row{R"({"exact": {"list": "a"}})", false}));

INSTANTIATE_TEST_SUITE_P(
    StandInEachOther, Dialects,
    ::testing::Values(Row{R"({"exact": {"id": "7"}}, {"prefix": {"type": "order"}})", true},
                      Row{R"({"exact": {"id": "7"}}, {"prefix": {"type": "bill"}})", false},
                      Row{R"({"all": [{"exact": {"id": "7"}}, {"suffix": {"subject": "11"}}]})", true},
                      Row{R"({"all": [{"exact": {"id": "7"}}, {"suffix": {"subject": "12"}}]})", false},
                      Row{R"({"any": [{"exact": {"id": "8"}}, {"exact": {"id": "7"}}]})", true},
                      Row{R"({"any": [{"exact": {"id": "8"}}, {"prefix": {"id": "9"}}]})", false},
                      Row{R"({"not": {"exact": {"id": "8"}}})", true}, Row{R"({"not": {"exact": {"id": "7"}}})", false},
                      Row{R"({"not": {"exact": {"missing": "x"}}})", true},
                      Row{R"({"not": {"any": [{"sql": "level = 6"}, {"all": [{"exact": {"id": "7"}}, {"not":
                             {"sql": "level = 5"}}]}]}})",
                          true},
                      Row{R"({"all": [{"sql": "level = 5"}, {"any": [{"sql": "level = 6"}, {"exact": {"id": "7"}}]}]})",
                          true}));

INSTANTIATE_TEST_SUITE_P(
    OfSql, Dialects,
    ::testing::Values(Row{sql("TRUE"), true}, Row{sql("FALSE"), false},
                      Row{sql("type = 'order.created' AND level > 4"), true}, Row{sql("level > 5"), false},
                      Row{sql("level + 1 = 6 AND far = '2147483648' AND half = '0.50' AND urgent"), true},
                      Row{sql("subject LIKE 'eu/%' AND source NOT LIKE '%asia%'"), true},
                      Row{sql("type IN ('order.paid', 'order.created')"), true},
                      Row{sql("time LIKE '2024-05-%' AND specversion = '1.0'"), true},
                      Row{sql("NOT EXISTS missing AND NOT EXISTS nothing AND NOT EXISTS list AND NOT EXISTS data"),
                          true},
                      // An error does not pass, whatever the value beside it.
                      Row{sql("missing = 'x'"), false}, Row{sql("NOT (missing = 'x')"), false},
                      Row{sql("1 / 0 = 0"), false}, Row{sql("type = 5"), false}, Row{sql("NOT (type = 5)"), false},
                      Row{sql("LEFT(type, -1) = 'order.created'"), false},
                      // Nor does what is no Boolean.
                      Row{sql("type"), false}, Row{sql("level"), false},
                      Row{R"({"not": )" + sql("missing = 'x'") + "}", true}));

TEST(Dialect, HoldsBesideTheOtherParts) {
  const std::string both = R"({"includedEventTypes": ["order.created"], "filters":
      [{"operatorType": "NumberGreaterThan", "key": "data.level", "value": 8}], "cloudEventFilters": [)";
  EXPECT_TRUE(passes(both + sql("level = 5") + "]}", kEvent));
  EXPECT_FALSE(passes(both + sql("level = 9") + "]}", kEvent)) << "expressions see attributes, and not the data";
  EXPECT_FALSE(passes(R"({"includedEventTypes": ["other"], "cloudEventFilters": [)" + sql("level = 5") + "]}", kEvent));
  EXPECT_TRUE(passes(R"({"cloudEventFilters": null})", kEvent));
}

TEST(Dialect, SeesEventsInAllForms) {
  const Filter filter = filter_of(dialects(sql("type = 'a' AND level + 1 = 6 AND urgent = TRUE")));
  const auto pairs = [](std::initializer_list<std::pair<std::string_view, std::string_view>> list) {
    std::vector<trellis_pair> out;
    for (const auto& [name, value] : list) out.push_back({trellis::view(name), trellis::view(value)});
    return out;
  };
  const auto texts = pairs({{"type", "a"}, {"level", "5"}, {"urgent", "true"}});
  EXPECT_TRUE(filter.passes(
      Event::binary({texts.data(), static_cast<std::uint32_t>(texts.size())}, "x", std::string_view("text/plain"))));
  const auto tokens = pairs({{"type", R"("a")"}, {"level", "5"}, {"urgent", "true"}});
  EXPECT_TRUE(filter.passes(Event::taken_apart({tokens.data(), static_cast<std::uint32_t>(tokens.size())}, "", 0, "")));
  EXPECT_FALSE(filter.passes(Event::structured(R"({"type": "a", "level": 5, "urgent": tru)")));
  EXPECT_FALSE(filter_of(dialects(R"({"not": {"exact": {"type": "b"}}})")).passes(Event::structured("broken")))
      << "what cannot be read passes nothing that asks";
}

TEST(Dialect, WrongOnesAreRefusedWithTheirPlace) {
  EXPECT_EQ(refusal(R"({"cloudEventFilters": {"sql": "TRUE"}})"),
            "/cloudEventFilters: expected a list of filters, found an object");
  EXPECT_EQ(refusal(dialects(R"({"exact": {"id": "1"}}, {"cel": "x"})")),
            R"(/cloudEventFilters/1/cel: expected "sql", "exact", "prefix", "suffix", "all", "any" or "not")");
  EXPECT_EQ(refusal(dialects("7")), "/cloudEventFilters/0: expected an object, found a whole number");
  EXPECT_EQ(refusal(dialects("{}")),
            R"(/cloudEventFilters/0: expected one member, like {"sql": "type = 'order'"}, found 0)");
  EXPECT_EQ(refusal(dialects(R"({"all": [{"sql": "(level > 3"}]})")),
            R"x(/cloudEventFilters/0/all/0/sql: expected ")" at column 11, found the end)x");
  EXPECT_EQ(refusal(dialects(sql("level + 1"))),
            "/cloudEventFilters/0/sql: the expression gives Integer, a filter has to give Boolean");
  EXPECT_EQ(refusal(dialects(R"({"exact": {"data": "x"}})")),
            "/cloudEventFilters/0/exact/data: data is no attribute, and these filters see nothing else");
  EXPECT_EQ(refusal(dialects(R"({"any": []})")), "/cloudEventFilters/0/any: expected at least one filter");
  EXPECT_EQ(refusal(dialects(R"({"not": [{"sql": "TRUE"}]})")),
            "/cloudEventFilters/0/not: expected an object, found a list");
}

TEST(Dialect, BoundsAreKept) {
  const auto many = [](std::size_t count, const std::string& item) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? "" : ",") + item;
    return out;
  };
  EXPECT_EQ(refusal(dialects(many(25, sql("TRUE")))), "");
  EXPECT_EQ(refusal(dialects(many(26, sql("TRUE")))), "/cloudEventFilters/25: more than 25 filters in one");
  EXPECT_EQ(refusal(dialects(R"({"any": [)" + many(25, sql("TRUE")) + "]}")),
            "/cloudEventFilters/0/any/24: more than 25 filters in one");
  std::string deep = sql("TRUE");
  for (int i = 0; i < 17; ++i) deep = R"({"not": )" + deep + "}";
  EXPECT_NE(refusal(dialects(deep)).find("/not: more than 16 filters inside of each other"), std::string::npos);
  EXPECT_EQ(refusal(dialects(sql("'" + std::string(8191, 'x') + "' = 'y'"))),
            "/cloudEventFilters/0/sql: the expression has 8199 bytes, at most 8192 are allowed");
  EXPECT_EQ(refusal(dialects(R"({"not": {"exact": {"id": ")" + std::string(513, 'x') + "\"}}}")),
            "/cloudEventFilters/0: found a text of 513 characters, expected at most 512");
  EXPECT_EQ(refusal(R"({"filters": [{"operatorType": "StringIn", "key": "id", "values": [)" + many(24, "\"a\"") +
                    R"(]}], "cloudEventFilters": [{"not": {"exact": {"a": "x", "b": "x"}}}]})"),
            "/cloudEventFilters/0: found 26 values in all filters up to here, expected at most 25");
  std::string names = "a0 = 1";
  for (int i = 1; i < 65; ++i) names += " OR a" + std::to_string(i) + " = 1";
  EXPECT_EQ(refusal(dialects(sql(names))),
            "/cloudEventFilters/0: found 65 attributes in all filters up to here, expected at most 64");
}

TEST(Dialect, TheIndexFindsByWhatHasToBeEqualOrBeginSo) {
  FilterIndex index;
  const auto unindexed = [&](const std::string& list) {
    index.add(1, filter_of(dialects(list)));
    return index.current()->unindexed() == 1;
  };
  EXPECT_FALSE(unindexed(R"({"exact": {"type": "a"}})"));
  EXPECT_FALSE(unindexed(R"({"sql": "level > 5"}, {"prefix": {"subject": "eu/"}})"));
  EXPECT_FALSE(unindexed(R"({"all": [{"sql": "level > 5"}, {"all": [{"exact": {"type": "a"}}]}]})"));
  EXPECT_TRUE(unindexed(R"({"sql": "type = 'a'"})"));
  EXPECT_TRUE(unindexed(R"({"suffix": {"type": "a"}})"));
  EXPECT_TRUE(unindexed(R"({"any": [{"exact": {"type": "a"}}]})"));
  EXPECT_TRUE(unindexed(R"({"not": {"exact": {"type": "a"}}})"));
}

/// Filters of random dialects that meet random events often.
class RandomDialects {
 public:
  explicit RandomDialects(testing::Random& random) : random_(random) {}

  std::string one(int depth = 3) {
    switch (random_.below(depth == 0 ? 4 : 7)) {
      case 0:
      case 1:
        return expression();
      case 2:
      case 3:
        return R"({")" + any({"exact", "prefix", "suffix"}) + R"(": {")" + attribute() + R"(": ")" + word() + "\"}}";
      case 4:
        return R"({"not": )" + one(depth - 1) + "}";
      default:
        return R"({")" + any({"all", "any"}) + R"(": [)" + one(depth - 1) + "," + one(depth - 1) + "]}";
    }
  }

 private:
  std::string any(std::initializer_list<const char*> words) { return words.begin()[random_.below(words.size())]; }
  std::string attribute() { return any({"id", "type", "subject", "source", "ext", "nowhere"}); }
  std::string word() { return any({"a", "A", "ab", "b", "5", "true", "x/y", "ä", "1", "2.5"}); }
  std::string comparison() {
    const std::string name = attribute();
    switch (random_.below(5)) {
      case 0:
        return "EXISTS " + name;
      case 1:
        return name + " LIKE '" + any({"%a%", "a%", "_", "%b", "5%"}) + "'";
      case 2:
        return name + any({" = ", " < ", " >= "}) + any({"0", "1", "5", "TRUE"});
      case 3:
        return "UPPER(" + name + ") IN ('A', 'AB', 'B')";
      default:
        return name + any({" = ", " != "}) + "'" + word() + "'";
    }
  }
  std::string expression() {
    return sql(any({"", "NOT "}) + "(" + comparison() + any({" AND ", " OR ", " XOR "}) + comparison() + ")");
  }

  testing::Random& random_;
};

TEST(Property, DialectsAnswerInAnIndexAsEachByItself) {
  testing::Random random(2026);
  RandomDialects dialect(random);
  std::size_t found = 0;
  std::size_t by_index = 0;
  for (const std::size_t size : {1U, 10U, 300U}) {
    std::vector<Filter> alone;
    std::vector<std::pair<FilterIndex::Id, Filter>> members;
    for (std::size_t i = 0; i < size; ++i) {
      const std::string list = dialect.one() + (random.below(2) == 0 ? "" : "," + dialect.one());
      const bool others = random.below(4) == 0;  // what else a subscription may ask for
      alone.push_back(
          filter_of(others ? random.subscription().json().replace(0, 1, R"({"cloudEventFilters": [)" + list + "],")
                           : dialects(list)));
      members.emplace_back(i, alone.back());
    }
    FilterIndex index;
    index.add(std::move(members));
    by_index += size - index.current()->unindexed();
    for (int i = 0; i < 400; ++i) {
      std::string json = random.event().json();
      if (i % 10 == 0) json.erase(random.below(json.size()), 1);
      const auto event = Event::structured(json);
      std::vector<FilterIndex::Id> expected, ids;
      for (std::size_t id = 0; id < size; ++id) {
        if (alone[id].passes(event)) expected.push_back(id);
      }
      index.match(event, [&](FilterIndex::Id id) { ids.push_back(id); });
      std::ranges::sort(ids);
      found += expected.size();
      ASSERT_EQ(ids, expected) << json;
    }
  }
  EXPECT_GT(found, 10'000U);
  EXPECT_GT(by_index, 20U);
}

// Below two negations nothing becomes a check, so this compares both ways of judging.
TEST(Property, ChecksAnswerAsExpressionsDo) {
  testing::Random random(11);
  RandomDialects dialect(random);
  std::size_t passed = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string one = dialect.one();
    const Filter plain = filter_of(dialects(one));
    const Filter twice = filter_of(dialects(R"({"not": {"not": )" + one + "}}"));
    for (int j = 0; j < 20; ++j) {
      const std::string json = random.event().json();
      const bool passes = plain.passes(Event::structured(json));
      ASSERT_EQ(twice.passes(Event::structured(json)), passes) << one << "\n" << json;
      passed += passes ? 1 : 0;
    }
  }
  EXPECT_GT(passed, 6'000U);
  EXPECT_LT(passed, 54'000U);
}

}  // namespace
}  // namespace cloud_event
