// re.match(text, pattern): RE2.
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "libraries.hpp"
#include "runner.hpp"

namespace lua {

Expressions::Expressions() = default;
Expressions::~Expressions() = default;

const re2::RE2* Expressions::find(std::string_view pattern, std::string& error) {
  key_.assign(pattern);
  if (const auto found = compiled_.find(key_); found != compiled_.end()) return found->second.get();
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 18);
  auto made = std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!made->ok()) {
    error = made->error();
    return nullptr;
  }
  // A script that makes patterns of messages pays by compiling them; one that has some dozen of them never gets here.
  if (compiled_.size() >= kMost) compiled_.clear();
  return compiled_.emplace(key_, std::move(made)).first->second.get();
}

namespace {

/// Answers the captures, the whole match where there are none, or nil.
int match(lua_State* state) {
  static constexpr int kMostCaptures = 32;
  std::size_t size = 0;
  const char* text = luaL_checklstring(state, 1, &size);
  std::size_t pattern_size = 0;
  const char* pattern = luaL_checklstring(state, 2, &pattern_size);
  luaL_argcheck(state, size <= Expressions::kLongestSubject, 1, "longer than 65536 bytes");
  luaL_argcheck(state, pattern_size <= Expressions::kLongestPattern, 2, "longer than 1024 bytes");
  Runner& runner = Runner::of(state);
  const re2::RE2* expression = runner.expressions().find({pattern, pattern_size}, runner.scratch());
  if (expression == nullptr) return luaL_error(state, "no regular expression: %s", runner.scratch().c_str());
  const auto instructions = static_cast<std::size_t>(std::max(expression->ProgramSize(), 1));
  if (size > Expressions::kMostWork / instructions) {
    return luaL_error(state, "the regular expression has %I instructions, which makes texts of %I bytes the longest",
                      static_cast<LUAI_UACINT>(instructions),
                      static_cast<LUAI_UACINT>(Expressions::kMostWork / instructions));
  }
  const int captures = expression->NumberOfCapturingGroups();
  if (captures >= kMostCaptures) return luaL_error(state, "the regular expression has more than 31 groups");
  std::array<re2::StringPiece, kMostCaptures> found;
  if (!expression->Match({text, size}, 0, size, re2::RE2::UNANCHORED, found.data(), captures + 1)) {
    luaL_pushfail(state);
    return 1;
  }
  runner.check(state);
  luaL_checkstack(state, captures + 1, "too many groups");
  for (int i = captures == 0 ? 0 : 1; i <= captures; ++i) {
    const re2::StringPiece& piece = found[static_cast<std::size_t>(i)];
    if (piece.data() == nullptr) {
      lua_pushboolean(state, 0);  // a group that took no part; nil would end the list for table.pack's readers
    } else {
      lua_pushlstring(state, piece.data(), piece.size());
    }
  }
  return captures == 0 ? 1 : captures;
}

}  // namespace

void open_re(lua_State* state) {
  lua_createtable(state, 0, 1);
  lua_pushcfunction(state, match);
  lua_setfield(state, -2, "match");
}

}  // namespace lua
