// The matcher does what Lua's own does.
#include <random>
#include <string>

#include "fixture.hpp"

namespace lua::testing {
namespace {

/// What a script without limits and with Lua's own libraries answers.
class Stock {
 public:
  Stock() : state_(luaL_newstate()) { luaL_openlibs(state_); }
  ~Stock() { lua_close(state_); }
  Stock(const Stock&) = delete;
  Stock& operator=(const Stock&) = delete;

  lua_State* state() { return state_; }

 private:
  lua_State* state_;
};

constexpr const char* kProbe = R"(
local subject, pattern = ...
local function show(...)
  local out = {}
  for i = 1, select('#', ...) do out[i] = tostring((select(i, ...))) end
  return table.concat(out, '|')
end
local function try(f, ...)
  local function pack(ok, ...)
    if ok then return show(...) end
    return 'error'
  end
  return pack(pcall(f, ...))
end
local all = {}
pcall(function()
  for a, b in subject:gmatch(pattern) do all[#all + 1] = tostring(a) .. '/' .. tostring(b) end
end)
return try(string.find, subject, pattern) .. ' ; ' .. try(string.match, subject, pattern, 2) .. ' ; ' ..
  try(string.gsub, subject, pattern, '<%0>') .. ' ; ' .. try(string.gsub, subject, pattern, '%1', 2) .. ' ; ' ..
  try(string.find, subject, pattern, -2) .. ' ; ' .. table.concat(all, ',')
)";

std::string probe(lua_State* state, const std::string& subject, const std::string& pattern) {
  lua_settop(state, 0);
  if (luaL_loadstring(state, kProbe) != LUA_OK) return "no probe";
  lua_pushlstring(state, subject.data(), subject.size());
  lua_pushlstring(state, pattern.data(), pattern.size());
  if (lua_pcall(state, 2, 1, 0) != LUA_OK) return std::string("failed: ") + lua_tostring(state, -1);
  return lua_tostring(state, -1);
}

/// The same through a script of ours.
std::string ours(const std::string& subject, const std::string& pattern) {
  static Script script(std::string("local probe = function(...) ") + kProbe +
                       " end function on_publish(message) return false, probe(message.payload, message.topic) end");
  return script.answer({.topic = pattern, .payload = subject});
}

TEST(Pattern, AgreesWithLuaOnKnownOnes) {
  Stock stock;
  const std::pair<const char*, const char*> rows[] = {
      {"hello world", "o w"},
      {"hello", "l+"},
      {"hello", "(h)(.)(l*)"},
      {"key = value", "^(%w+)%s*=%s*(%w+)$"},
      {"THE (quick) fox", "%((%a+)%)"},
      {"f(a(b)c)d", "%b()"},
      {"THE (quick) fox", "%f[%a]%a+"},
      {"abcabc", "(abc)%1"},
      {"x", "()"},
      {"", ""},
      {"", ".-"},
      {"aaa", "a-"},
      {"a]b", "[]]"},
      {"a-b", "[a-]"},
      {"a^b", "[%^]"},
      {"abc", "[^b]"},
      {"a.b", "%."},
      {"a\tb", "%s"},
      {"2024-05-01", "(%d+)-(%d+)-(%d+)"},
      {"abc", "$"},
      {"a$b", "a$b"},
      {"abc", "^b"},
      {"aXb", "%u"},
      {"abc", "b?c"},
      {"abc", "(a(b)c)"},
      {"abc", "%"},
      {"abc", "["},
      {"abc", "(a"},
      {"abc", "a)"},
      {"abc", "%1"},
      {"abc", "%b"},
      {"abc", "%f"},
      {"a\\b", "[\\]"},
      {"x^y", "x^"},
      {"]", "[^]]"},
      {"abc", "[a-c-e]+"},
      {"a%b", "[%%]"},
      {"hello", "(l)(l)()"},
  };
  for (const auto& [subject, pattern] : rows) {
    EXPECT_EQ(ours(subject, pattern), probe(stock.state(), subject, pattern)) << subject << " with " << pattern;
  }
}

TEST(Pattern, AgreesWithLuaOnRandomOnes) {
  Stock stock;
  std::mt19937 random(7);
  const std::string pieces[] = {"a",  "b",    ".",      "%a", "%d",  "[ab]", "[^a]", "[a-c]",   "a*", "b-",
                                "a+", "b?",   ".-",     ".*", "(a)", "()",   "(.-)", "(a*(b))", "%1", "^",
                                "$",  "%b()", "%f[%a]", "%s", "(",   ")",    "[",    "%w*",     "-",  "]"};
  const std::string letters = "aabbc1() ";
  for (int i = 0; i < 4000; ++i) {
    std::string pattern;
    std::string subject;
    for (auto n = random() % 5 + 1; n > 0; --n) pattern += pieces[random() % std::size(pieces)];
    for (auto n = random() % 12; n > 0; --n) subject += letters[random() % letters.size()];
    ASSERT_EQ(ours(subject, pattern), probe(stock.state(), subject, pattern))
        << '"' << subject << "\" with " << pattern;
  }
}

}  // namespace
}  // namespace lua::testing
