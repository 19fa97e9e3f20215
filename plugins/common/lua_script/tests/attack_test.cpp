// Scripts that try to hold up the broker, to take its memory, or to get out: each is ended in time, and the state
// goes on afterwards.
#include <gmock/gmock-matchers.h>

#include <ostream>

#include "fixture.hpp"

namespace lua::testing {
namespace {

enum class End {
  budget,  // cut by the clock
  memory,  // refused memory
  error,   // refused by a function
  any,     // whichever comes first
  done,    // harmless: it ends by itself, with nothing gained
};

using ::testing::HasSubstr;

struct Attack {
  const char* name;
  End end;
  const char* body;
};
void PrintTo(const Attack& attack, std::ostream* out) { *out << attack.name; }

constexpr Attack kAttacks[] = {
    // --- loops
    {"EmptyLoop", End::budget, "while true do end"},
    {"RepeatLoop", End::budget, "repeat until false"},
    {"GotoLoop", End::budget, "::again:: goto again"},
    {"LongForLoop", End::budget, "for i = 1, math.maxinteger do end"},
    {"LoopOfCalls", End::budget, "local f = function() end while true do f() end"},
    {"LoopOfTailCalls", End::budget, "local function f() return f() end f()"},
    {"LoopOfCFunctions", End::budget, "while true do math.floor(1.5) end"},
    {"EndlessIterator", End::budget, "for _ in function() return 1 end do end"},
    // --- swallowing the end
    {"PcallInALoop", End::budget, "while true do pcall(function() while true do end end) end"},
    {"PcallTower", End::budget, "local function f() pcall(f) while true do end end f()"},
    {"PcallOfPcall", End::budget, "while true do pcall(pcall, pcall, function() while true do end end) end"},
    {"XpcallHandlerLoops", End::budget, "xpcall(function() while true do end end, function() while true do end end)"},
    {"XpcallHandlerLoopsOnError", End::budget, "xpcall(error, function() while true do end end)"},
    {"XpcallHandlerRaises", End::any, "while true do xpcall(error, function() error('x') end) end"},
    {"XpcallHandlerCallsXpcall", End::any, "local function h() return xpcall(error, h) end while true do h() end"},
    {"CloseVariableLoops", End::budget,
     "local x <close> = setmetatable({}, {__close = function() while true do end end}) while true do end"},
    {"CloseVariablesInPcall", End::budget,
     "while true do pcall(function() local x <close> = setmetatable({}, {__close = function() while true do end end}) "
     "error('x') end) end"},
    {"FinalizerIsRefused", End::error, "setmetatable({}, {__gc = function() while true do end end})"},
    {"ErrorObjectLoopsInTostring", End::error,
     "error(setmetatable({}, {__tostring = function() while true do end end}), 0) while true do end"},
    // --- coroutines
    {"CoroutineLoops", End::budget, "coroutine.wrap(function() while true do end end)()"},
    {"CoroutinePcallLoops", End::budget,
     "coroutine.wrap(function() while true do pcall(function() while true do end end) end end)()"},
    {"CoroutineResumeLoops", End::budget,
     "while true do coroutine.resume(coroutine.create(function() while true do end end)) end"},
    {"CoroutinesPingPong", End::budget,
     "local c = coroutine.wrap(function() while true do coroutine.yield() end end) while true do c() end"},
    {"CoroutineTower", End::any, "local function f() coroutine.wrap(f)() end while true do pcall(f) end"},
    {"CoroutineBomb", End::any, "local t = {} while true do t[#t + 1] = coroutine.create(function() end) end"},
    {"YieldOutOfTheCall", End::error, "coroutine.yield()"},
    {"CoroutineResumesItself", End::done,
     "local c c = coroutine.create(function() return coroutine.resume(c) end) coroutine.resume(c) return false, "
     "'ended'"},
    {"YieldAcrossPcallLoops", End::budget,
     "local c = coroutine.wrap(function() pcall(function() while true do coroutine.yield() end end) end) "
     "while true do c() end"},
    // --- patterns
    {"PatternBacktracks", End::budget, "('a'):rep(3000):find('.-.-.-b$')"},
    {"PatternBacktracksInMatch", End::budget, "('a'):rep(30000):match('a*a*a*a*a*b')"},
    {"PatternBacktracksInGmatch", End::budget, "for _ in ('a'):rep(3000):gmatch('.-.-.-b') do end"},
    {"PatternBacktracksInGsub", End::budget, "('a'):rep(3000):gsub('.-.-.-b', '')"},
    {"PatternInPcall", End::budget, "while true do pcall(string.find, ('a'):rep(3000), '.-.-.-b$') end"},
    {"PatternInCoroutine", End::budget, "coroutine.wrap(string.find)(('a'):rep(3000), '.-.-.-b$')"},
    {"BalancedPattern", End::budget, "('('):rep(200000):find('%b()')"},
    {"PatternWithAHugeSet", End::budget,
     "local set = '[' .. ('a'):rep(1 << 20) .. ']' while true do ('x'):rep(1 << 20):find(set .. 'b') end"},
    {"PatternRepeatsAHugeSet", End::budget,
     "local set = '[^' .. ('a'):rep(1 << 20) .. ']' while true do ('x'):rep(1 << 20):find(set .. '*b') end"},
    {"PatternRefersBackToMegabytes", End::budget, "('x'):rep(1 << 20):find('^(x-)%1%1%1b')"},
    {"DeepPattern", End::error, "('a'):rep(1000):find(('a?'):rep(1000))"},
    {"ManyCaptures", End::error, "('a'):rep(100):find(('()'):rep(50))"},
    {"BrokenPattern", End::error, "('a'):find('[a')"},
    {"BrokenPatternAtItsEnd", End::error, "('a'):find('%')"},
    // --- memory
    {"HugeRep", End::error, "('x'):rep(1 << 30)"},
    {"OverflowingRep", End::error, "('xx'):rep(math.maxinteger)"},
    {"RepWithHugeSeparator", End::error, "('x'):rep(1 << 20, ('y'):rep(1 << 20))"},
    {"DoublingText", End::memory, "local s = 'x' while true do s = s .. s end"},
    {"DoublingTextInPcall", End::budget,
     "while true do pcall(function() local s = 'x' while true do s = s .. s end end) end"},
    {"GrowingTable", End::any, "local t = {} while true do t[#t + 1] = 'x' end"},
    {"NestedTables", End::any, "local t while true do t = {t, {}, {}} end"},
    {"ConcatBomb", End::any,
     "local t = {} local s = ('x'):rep(100000) for i = 1, 1000 do t[i] = s end while true do table.concat(t) end"},
    {"ConcatOfNothing", End::error, "table.concat({}, 'x', 1, math.maxinteger)"},
    {"FormatWidth", End::error, "string.format('%99999d', 1)"},
    {"FormatBomb", End::any,
     "local s = ('x'):rep(1 << 20) while true do string.format(('%s'):rep(100), "
     "table.unpack((function() local t = {} for i = 1, 100 do t[i] = s end return t end)())) end"},
    {"GsubBomb", End::any, "local s = 'x' while true do s = s:gsub('x', 'xxxxxxxxxx') end"},
    {"PackBomb", End::any, "while true do table.pack(('x'):byte(1, -1)) string.pack('!16 i16', 1) end"},
    {"UnpackBomb", End::error, "table.unpack({}, 1, 1e7)"},
    {"VarargBomb", End::any, "local function f(...) return f(1, ...) end f()"},
    {"StateBomb", End::any, "local i = 0 while true do i = i + 1 state.set('k' .. i, ('x'):rep(60000)) end"},
    // --- functions that walk far
    {"TableMove", End::budget, "table.move({}, 1, 1 << 40, 2)"},
    {"TableInsertAtTheFront", End::any, "local t = {} for i = 1, 1e9 do table.insert(t, 1, i) end"},
    {"SortWithCFunction", End::budget,
     "local t = {} for i = 1, 50000 do t[i] = i end while true do table.sort(t, math.ult) end"},
    {"SortWithWrongOrder", End::budget,
     "local t = {} for i = 1, 5000 do t[i] = i end while true do table.sort(t, function() return true end) end"},
    {"LengthMetamethod", End::done,
     "table.insert(setmetatable({}, {__len = function() return 1 << 60 end}), 1, 'x') return false, 'ended'"},
    {"IndexChain", End::budget,
     "local t = {} for i = 1, 1500 do t = setmetatable({}, {__index = t}) end while true do local x = t.x end"},
    {"IndexFunctionRecurses", End::any,
     "local t t = setmetatable({}, {__index = function(_, k) return t[k] end}) return t.x"},
    {"ComparesLongTexts", End::budget,
     "local s = ('\\0'):rep(1 << 20) while true do local _ = s .. 'a' < s .. 'b' end"},
    {"Utf8Walk", End::budget, "local s = ('x'):rep(1 << 20) while true do utf8.len(s) end"},
    {"UpperCase", End::budget, "local s = ('x'):rep(1 << 20) while true do s:upper() end"},
    {"JsonBomb", End::any, "while true do json.decode('[' .. ('[1,2,3],'):rep(100000) .. '1]') end"},
    {"JsonCycle", End::error, "local t = {} t[1] = t json.encode(t)"},
    {"JsonNesting", End::error, "json.decode(('['):rep(500) .. (']'):rep(500))"},
    {"JsonHugeText", End::any,
     "local t = {} local s = ('x'):rep(1 << 20) for i = 1, 100 do t[i] = s end json.encode(t)"},
    {"RegularExpressionBomb", End::error, "re.match('x', '((a{100}){100}){100}')"},
    {"RegularExpressionBacktracks", End::done, "re.match(('a'):rep(5000), '(a*)*b') return false, 'ended'"},
    {"RegularExpressionOfManyStates", End::error, "re.match(('ab'):rep(1 << 15), '((a|b)*a(a|b){300}c)')"},
    {"RegularExpressionAsLargeAsAllowed", End::budget,
     "local s = ('ab'):rep(1 << 9) while true do re.match(s, '((a|b)*a(a|b){300}c)') end"},
    {"RegularExpressionsWithoutEnd", End::budget,
     "local i = 0 while true do i = i + 1 re.match('x', 'x{' .. i % 900 + 1 .. '}') end"},
    // --- recursion
    {"DeepRecursion", End::any, "local function f() return 1 + f() end f()"},
    {"DeepRecursionInPcall", End::any, "local function f() return 1 + f() end while true do pcall(f) end"},
    {"RecursionThroughGsub", End::any, "local function f() return (('x'):gsub('x', f)) end f()"},
    {"RecursionThroughSort", End::any, "local function f() table.sort({3, 2, 1}, f) return true end f()"},
    {"RecursionThroughTostring", End::any,
     "local t t = setmetatable({}, {__tostring = function() return tostring(t) end}) tostring(t)"},
    // --- getting out
    {"Load", End::error, "load('return 1')()"},
    {"LoadBytecode", End::error, "load('\\27Lua')"},
    {"Dofile", End::error, "dofile('/etc/passwd')"},
    {"Require", End::error, "require('os')"},
    {"Io", End::error, "io.open('/etc/passwd')"},
    {"Os", End::error, "os.execute('true')"},
    {"Debug", End::error, "debug.sethook()"},
    {"Dump", End::error, "string.dump(function() end)"},
    {"CollectGarbage", End::error, "collectgarbage('stop')"},
    {"CoroutineClose", End::error, "coroutine.close(coroutine.create(function() end))"},
    {"TextMetatable", End::error, "getmetatable('').__index = {}"},
    {"TextMetatableOfMethods", End::error, "getmetatable('').__index.find = nil"},
    {"ChangesALibrary", End::error, "string.find = nil"},
    {"ChangesALibraryRaw", End::error, "rawset(string, 'find', 1)"},
    {"InsertsIntoALibrary", End::error, "table.insert(string, 1)"},
    {"MarksALibraryAsAList", End::error, "json.array(string)"},
    {"MarksTheGlobalsAsAList", End::error, "json.array(_G)"},
    {"LibraryMetatable", End::error, "setmetatable(string, {})"},
    {"GlobalMetatable", End::error, "setmetatable(_G, {})"},
    {"GlobalsRaw", End::error, "rawset(_G, 'x', 1)"},
    {"GlobalOfACall", End::error, "leaked = 1"},
    {"MessageMetatable", End::done, "return false, getmetatable(message) == 'locked' and 'ended' or 'open'"},
    {"WritesTheMessage", End::error, "message.topic = 'x'"},
    {"UnknownField", End::error, "return message.secret"},
    {"WeakTablesChained", End::any,
     "local n, mt, k, t = 30000, {}, {}, {} for i = 0, n do k[i] = {} end for i = 0, n - 1 do "
     "t[i * 7919 % n + 1] = setmetatable({[k[i]] = k[i + 1]}, mt) end mt.__mode = 'k' local one = k[0] k = nil "
     "while true do local _ = {} end"},
    {"WeakTable", End::error, "setmetatable({}, {__mode = 'k'})"},
};

// Twice the budget; of instrumented code more.
constexpr double kAllowedMs = 20 * kSlowness;
// What other processes do to the caches and to the system's ticks is no fault of the sandbox: one of these has to do.
constexpr int kTries = 3;

class Attacks : public ::testing::TestWithParam<Attack> {};

void expect_end(End end, Script& script) {
  const Failure failure = script.runner->failure();
  const std::string error = script.runner->error();
  switch (end) {
    case End::budget:
      EXPECT_EQ(failure, Failure::budget) << error;
      break;
    case End::memory:
      EXPECT_EQ(failure, Failure::memory) << error;
      break;
    case End::error:
      EXPECT_EQ(failure, Failure::error) << error;
      break;
    case End::any:
      EXPECT_NE(failure, Failure::none);
      break;
    case End::done:
      EXPECT_EQ(script.answer(), "ended");
      return;
  }
  EXPECT_THAT(error, HasSubstr("rule.lua:"));
}

TEST_P(Attacks, EndsInTime) {
  const Attack& attack = GetParam();
  const Limits limits;
  Script script(std::string("function on_publish(message, client)\n  if message.topic == 'calm' then return end\n  ") +
                    attack.body + "\nend",
                limits);
  ASSERT_NE(script.runner, nullptr) << script.refusal;
  double took = 1e9;
  for (int i = 0; i < kTries && took >= kAllowedMs; ++i) {
    const double begin = cpu_ms();
    script.call();
    took = cpu_ms() - begin;
  }
  expect_end(attack.end, script);
  EXPECT_LT(took, kAllowedMs) << script.runner->error();
  EXPECT_LE(script.runner->memory_used(), limits.memory + 256 * 1024);
  script.call({.topic = "calm"});
  EXPECT_EQ(script.runner->failure(), Failure::none) << script.runner->error();
}

INSTANTIATE_TEST_SUITE_P(Table, Attacks, ::testing::ValuesIn(kAttacks), [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace lua::testing
