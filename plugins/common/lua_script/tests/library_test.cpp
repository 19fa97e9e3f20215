// What scripts can call, and what it answers.
#include <gmock/gmock-matchers.h>

#include "fixture.hpp"

namespace lua::testing {
namespace {

using ::testing::HasSubstr;

TEST(Text, HasTheUsualFunctions) {
  EXPECT_EQ(value("('ab'):rep(3, '-')"), "ab-ab-ab");
  EXPECT_EQ(value("('x'):rep(0) .. ('x'):rep(1) .. ('xy'):rep(4)"), "xxyxyxyxy");
  EXPECT_EQ(value("('%d %s %.2f'):format(7, 'x', 1.5)"), "7 x 1.50");
  EXPECT_EQ(value("('a,b'):gsub(',', {[','] = ';'})"), "a;b");
  EXPECT_EQ(value("('abc'):gsub('%w', function(c) if c == 'b' then return 'B' end end)"), "aBc");
  EXPECT_EQ(value("('a.b'):find('.', 1, true)"), "2");
  EXPECT_EQ(value("utf8.len('grün')"), "4");
}

TEST(Table, HasTheUsualFunctions) {
  EXPECT_EQ(value("table.concat({1, 2, 'x'}, '-')"), "1-2-x");
  EXPECT_EQ(value("(function() local t = {1, 2, 3} table.insert(t, 2, 'x') table.insert(t, 'y') return table.concat(t, "
                  "',') end)()"),
            "1,x,2,3,y");
  EXPECT_EQ(
      value("(function() local t = {1, 2, 3} local gone = table.remove(t, 1) return gone .. table.concat(t) end)()"),
      "123");
  EXPECT_EQ(value("table.concat(table.move({1, 2, 3}, 1, 3, 2))"), "1123");
  EXPECT_EQ(value("table.concat(table.move({1, 2, 3}, 2, 3, 1))"), "233");
  EXPECT_EQ(value("(function() local t = {3, 1, 2, 9, 5, 4} table.sort(t) return table.concat(t) end)()"), "123459");
  EXPECT_EQ(value("(function() local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return "
                  "table.concat(t) end)()"),
            "321");
  EXPECT_EQ(value("select('#', table.unpack({1, nil, 3}, 1, 3))"), "3");
}

TEST(Protected, CatchesWhatScriptsRaise) {
  EXPECT_EQ(value("select(2, pcall(error, 'x'))"), "x");
  EXPECT_EQ(value("select(2, xpcall(error, function(e) return e .. '!' end, 'x'))"), "x!");
  EXPECT_EQ(value("select('#', pcall(function() return 1, 2 end))"), "3");
  EXPECT_EQ(value("select(2, pcall(function(a, b) return a + b end, 1, 2))"), "3");
}

TEST(Metatable, MakesClasses) {
  EXPECT_EQ(value("(function() local P = {} P.__index = P function P.new(x) return setmetatable({x = x}, P) end "
                  "function P.__add(a, b) return P.new(a.x + b.x) end function P:get() return self.x end "
                  "local Q = setmetatable({}, {__index = P}) Q.__index = Q "
                  "local q = setmetatable({x = 5}, Q) return (P.new(1) + P.new(2)):get() + q:get() end)()"),
            "8");
  EXPECT_EQ(value("(function() local mt = {} return getmetatable(setmetatable({}, mt)) == mt end)()"), "true");
  EXPECT_EQ(value("getmetatable(setmetatable({}, {__metatable = 'mine'}))"), "mine");
  EXPECT_EQ(value("getmetatable({})"), "nil");
  EXPECT_EQ(value("getmetatable(setmetatable(setmetatable({}, {}), nil))"), "nil");
  EXPECT_EQ(value("setmetatable({}, {__call = function(_, x) return x end})(7)"), "7");
}

TEST(Coroutine, YieldsAlsoOutOfPcall) {
  EXPECT_EQ(value("(function() local c = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) "
                  "return c() + c() + c() end)()"),
            "6");
  EXPECT_EQ(
      value("(function() local c = coroutine.wrap(function() local _, x = pcall(coroutine.yield, 1) return x end) "
            "c() return c(7) end)()"),
      "7");
  EXPECT_EQ(value("select(2, coroutine.resume(coroutine.create(function() error('x', 0) end)))"), "x");
  EXPECT_EQ(value("(function() local c = coroutine.create(function() end) coroutine.resume(c) "
                  "return select(2, coroutine.resume(c)) end)()"),
            "cannot resume dead coroutine");
}

TEST(Json, ReadsWhatItWrites) {
  EXPECT_EQ(value(R"(json.encode(json.decode('[1,2.5,"x",true,null,[],{}]')))"), R"([1,2.5,"x",true,null,[],{}])");
  EXPECT_EQ(value(R"(json.encode({a = {b = json.array({})}}))"), R"({"a":{"b":[]}})");
  EXPECT_EQ(value(R"(json.encode('a"b\\c\n\1'))"), R"("a\"b\\c\u000a\u0001")");
  EXPECT_EQ(value("json.encode(json.array(json.array({})))"), "[]");
  EXPECT_EQ(value("json.decode('9007199254740993')"), "9007199254740993");
  EXPECT_EQ(value("json.decode(message).x.y", {.payload = R"({"x": {"y": 7}})"}), "7");
  EXPECT_EQ(value("json.decode('null') == json.null"), "true");
  EXPECT_EQ(value("select('#', json.decode('{'))"), "2");
  EXPECT_EQ(value("json.decode('{')"), "nil");
}

TEST(Json, RefusesWhatHasNoForm) {
  EXPECT_THAT(value("json.encode({1, 2, x = 3})"), HasSubstr("both a list and other keys"));
  EXPECT_THAT(value("json.encode(0/0)"), HasSubstr("not finite"));
  EXPECT_THAT(value("json.encode('\\xff')"), HasSubstr("no UTF-8"));
  EXPECT_THAT(value("json.encode(print)"), HasSubstr("a function has no form in JSON"));
  EXPECT_THAT(value("json.encode({[true] = 1})"), HasSubstr("a key that is a boolean"));
}

TEST(RegularExpression, GivesGroupsOrTheWholeMatch) {
  EXPECT_EQ(value("re.match('sensors/7/temp', '[0-9]+')"), "7");
  EXPECT_EQ(value("table.concat({re.match('a=1', '(\\\\w)=(\\\\d)')}, ',')"), "a,1");
  EXPECT_EQ(value("re.match('x', 'y')"), "nil");
  EXPECT_EQ(value("re.match('b', '(a)?b')"), "false");
  EXPECT_THAT(value("re.match('x', '(')"), HasSubstr("no regular expression: missing"));
}

TEST(State, KeepsValuesForTheirTime) {
  Script script(R"(function on_publish(message)
    if message.topic == 'set' then state.set('k', message.payload, 10) end
    if message.topic == 'number' then state.set('k', 1.5) end
    if message.topic == 'gone' then state.set('k', nil) end
    return false, tostring(state.get('k'))
  end)");
  EXPECT_EQ(script.answer({.topic = "get"}), "nil");
  EXPECT_EQ(script.answer({.topic = "set", .payload = "x"}), "x");
  script.services.advance_to(std::chrono::milliseconds(10'999));
  EXPECT_EQ(script.answer({.topic = "get"}), "x");
  script.services.advance_to(std::chrono::milliseconds(11'000));
  EXPECT_EQ(script.answer({.topic = "get"}), "nil");
  EXPECT_EQ(script.answer({.topic = "number"}), "1.5");
  EXPECT_EQ(script.answer({.topic = "gone"}), "nil");
}

TEST(State, CountsInWholeNumbersOnly) {
  EXPECT_EQ(value("state.incr('n') + state.incr('n', 5)"), "7");
  EXPECT_THAT(value("state.set('t', 'x') or state.incr('t')"), HasSubstr("'t' is no whole number"));
  EXPECT_THAT(value("state.incr('n', math.maxinteger) + state.incr('n')"),
              HasSubstr("'n' is no whole number that can grow"));
  EXPECT_EQ(value("state.incr('n', math.maxinteger) and not pcall(state.incr, 'n') and state.get('n')"),
            "9223372036854775807");
  EXPECT_THAT(value("state.set('k', {})"), HasSubstr("text, number, boolean or nil expected"));
  EXPECT_THAT(value("state.get(('k'):rep(257))"), HasSubstr("longer than 256 bytes"));
  EXPECT_THAT(value("state.set('k', 1, -1)"), HasSubstr("expected seconds"));
}

TEST(Store, ForgetsWhatWasNotUsedForTheLongestTime) {
  using Time = Store::Time;
  Store store(3, 1U << 20U);
  for (const char* key : {"a", "b", "c"}) store.set(key, std::int64_t{1}, Time(0), Time(1));
  EXPECT_TRUE(store.get("a", Time(1)));
  store.set("d", true, Time(0), Time(1));
  EXPECT_FALSE(store.get("b", Time(1)));
  for (const char* key : {"a", "c", "d"}) EXPECT_TRUE(store.get(key, Time(1))) << key;
}

TEST(Store, HoldsNoMoreBytesThanItMay) {
  using Time = Store::Time;
  Store store(1000, 10'000);
  const auto kept = [&] {
    int count = 0;
    for (int i = 0; i < 100; ++i) count += store.get("k" + std::to_string(i), Time(1)) ? 1 : 0;
    return count;
  };
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) store.set("k" + std::to_string(i), std::string(1000, 'x'), Time(0), Time(1));
    EXPECT_EQ(kept(), 8) << "each has about 1,160 bytes";
    EXPECT_TRUE(store.get("k99", Time(1)));
    for (int i = 0; i < 100; ++i) store.remove("k" + std::to_string(i));
    EXPECT_EQ(kept(), 0);
  }
}

TEST(Rate, GivesTokensByTime) {
  Script script("function on_publish(message) return false, tostring(rate(message.topic, 2, 3)) end");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(script.answer(), "true");
  EXPECT_EQ(script.answer(), "false");
  script.services.advance_to(std::chrono::milliseconds(1500));
  EXPECT_EQ(script.answer(), "true");
  EXPECT_EQ(script.answer(), "false");
  EXPECT_EQ(script.answer({.topic = "other"}), "true");
}

TEST(Counters, AreNamedStrictly) {
  Script script("function on_publish() metrics.count('hits') metrics.count('hits', 4) return false, '' end");
  script.answer();
  EXPECT_EQ(script.services.counters().at("hits"), 5);
  EXPECT_THAT(value("metrics.count('Hits')"), HasSubstr("expected at most 48 of a-z"));
  EXPECT_THAT(value("metrics.count('hits', -1)"), HasSubstr("a counter only grows"));
}

TEST(Log, TakesTextsAndPrint) {
  Script script("function on_publish() log.warn('hot') print('a', 1, nil) return false end");
  script.call();
  ASSERT_EQ(script.services.lines().size(), 2U);
  EXPECT_EQ(script.services.lines()[0], std::pair(trellis::Level::warn, std::string("hot")));
  EXPECT_EQ(script.services.lines()[1], std::pair(trellis::Level::info, std::string("a\t1\tnil")));
}

}  // namespace
}  // namespace lua::testing
