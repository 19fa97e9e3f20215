// string: Lua's own functions where they are short, and those with patterns on a matcher that can be ended.
#include <algorithm>
#include <cstring>

#include "libraries.hpp"
#include "pattern.hpp"
#include "runner.hpp"

namespace lua {
namespace {

std::string_view text_argument(lua_State* state, int index) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(state, index, &size);
  return {text, size};
}

/// Where a search begins, from 0; one behind the end where it begins beyond.
std::size_t start_of(lua_State* state, int index, std::size_t size) {
  const lua_Integer at = luaL_optinteger(state, index, 1);
  if (at > 0) return std::min(static_cast<std::size_t>(at) - 1, size + 1);
  if (at == 0 || at < -static_cast<lua_Integer>(size)) return 0;
  return size - static_cast<std::size_t>(-at);
}

int search(lua_State* state, bool find) {
  const std::string_view subject = text_argument(state, 1);
  const std::string_view text = text_argument(state, 2);
  const std::size_t start = start_of(state, 3, subject.size());
  if (start > subject.size()) {
    luaL_pushfail(state);
    return 1;
  }
  if (find && (lua_toboolean(state, 4) != 0 || is_plain(text))) {
    const void* found = text.empty() ? subject.data() + start
                                     : memmem(subject.data() + start, subject.size() - start, text.data(), text.size());
    if (found == nullptr) {
      luaL_pushfail(state);
      return 1;
    }
    const auto at = static_cast<const char*>(found) - subject.data();
    lua_pushinteger(state, at + 1);
    lua_pushinteger(state, at + static_cast<lua_Integer>(text.size()));
    return 2;
  }
  Pattern pattern(state, subject, text);
  const char* last = subject.data() + subject.size();
  for (const char* s = subject.data() + start; s <= last; ++s) {
    if (const char* end = pattern.match(s)) {
      if (!find) return pattern.push_all(s, end);
      lua_pushinteger(state, s - subject.data() + 1);
      lua_pushinteger(state, end - subject.data());
      return pattern.push_all(s, end, false) + 2;
    }
    if (pattern.anchored()) break;
  }
  luaL_pushfail(state);
  return 1;
}

int find(lua_State* state) { return search(state, true); }
int match(lua_State* state) { return search(state, false); }

/// Upvalues: subject, pattern, where to go on, where the last match ended or -1.
int next_match(lua_State* state) {
  std::size_t size = 0;
  const char* data = lua_tolstring(state, lua_upvalueindex(1), &size);
  const std::string_view subject(data, size);
  data = lua_tolstring(state, lua_upvalueindex(2), &size);
  Pattern pattern(state, subject, {data, size}, false);
  const lua_Integer last_end = lua_tointeger(state, lua_upvalueindex(4));
  const char* last = subject.data() + subject.size();
  for (const char* s = subject.data() + lua_tointeger(state, lua_upvalueindex(3)); s <= last; ++s) {
    const char* end = pattern.match(s);
    if (end == nullptr || end - subject.data() == last_end) continue;
    lua_pushinteger(state, end - subject.data());
    lua_pushvalue(state, -1);
    lua_replace(state, lua_upvalueindex(3));
    lua_replace(state, lua_upvalueindex(4));
    return pattern.push_all(s, end);
  }
  return 0;
}

int gmatch(lua_State* state) {
  const std::string_view subject = text_argument(state, 1);
  text_argument(state, 2);
  const std::size_t start = start_of(state, 3, subject.size());
  lua_settop(state, 2);
  lua_pushinteger(state, static_cast<lua_Integer>(start));
  lua_pushinteger(state, -1);
  lua_pushcclosure(state, next_match, 4);
  return 1;
}

void add_template(lua_State* state, luaL_Buffer* out, const Pattern& pattern, const char* begin, const char* end) {
  std::size_t size = 0;
  const char* text = lua_tolstring(state, 3, &size);
  for (std::size_t i = 0; i < size; ++i) {
    if (text[i] != '%') {
      luaL_addchar(out, text[i]);
      continue;
    }
    const char next = ++i < size ? text[i] : '\0';
    if (next == '%') {
      luaL_addchar(out, '%');
    } else if (next == '0') {
      luaL_addlstring(out, begin, static_cast<std::size_t>(end - begin));
    } else if (next >= '1' && next <= '9') {
      pattern.push(static_cast<std::size_t>(next - '1'), begin, end);
      luaL_tolstring(state, -1, nullptr);
      lua_remove(state, -2);
      luaL_addvalue(out);
    } else {
      luaL_error(state, "invalid use of '%%' in replacement string");
    }
  }
}

/// Adds what one match is replaced by. Answers whether it differs from what was there.
bool add_replacement(lua_State* state, luaL_Buffer* out, const Pattern& pattern, const char* begin, const char* end) {
  switch (lua_type(state, 3)) {
    case LUA_TFUNCTION: {
      lua_pushvalue(state, 3);
      const int count = pattern.push_all(begin, end);
      lua_call(state, count, 1);
      break;
    }
    case LUA_TTABLE:
      pattern.push(0, begin, end);
      lua_gettable(state, 3);
      break;
    default:
      add_template(state, out, pattern, begin, end);
      return true;
  }
  if (lua_toboolean(state, -1) == 0) {
    lua_pop(state, 1);
    luaL_addlstring(out, begin, static_cast<std::size_t>(end - begin));
    return false;
  }
  if (lua_isstring(state, -1) == 0) {
    luaL_error(state, "invalid replacement value (a %s)", luaL_typename(state, -1));
  }
  luaL_addvalue(out);
  return true;
}

int gsub(lua_State* state) {
  const std::string_view subject = text_argument(state, 1);
  const std::string_view text = text_argument(state, 2);
  const int type = lua_type(state, 3);
  luaL_argexpected(state, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
                   "string/function/table");
  const lua_Integer most = luaL_optinteger(state, 4, static_cast<lua_Integer>(subject.size()) + 1);
  lua_settop(state, 4);
  Pattern pattern(state, subject, text);
  luaL_Buffer out;
  luaL_buffinit(state, &out);
  lua_Integer count = 0;
  bool changed = false;
  const char* s = subject.data();
  const char* last = s + subject.size();
  const char* last_end = nullptr;
  while (count < most) {
    const char* end = pattern.match(s);
    if (end != nullptr && end != last_end) {
      ++count;
      changed = add_replacement(state, &out, pattern, s, end) || changed;
      s = last_end = end;
    } else if (s < last) {
      luaL_addchar(&out, *s++);
    } else {
      break;
    }
    if (pattern.anchored()) break;
  }
  if (changed) {
    luaL_addlstring(&out, s, static_cast<std::size_t>(last - s));
    luaL_pushresult(&out);
  } else {
    lua_pushvalue(state, 1);
  }
  lua_pushinteger(state, count);
  return 2;
}

/// By doubling, and refused before anything is done where the text would not fit.
int rep(lua_State* state) {
  const std::string_view text = text_argument(state, 1);
  const lua_Integer count = luaL_checkinteger(state, 2);
  const std::string_view between = lua_isnoneornil(state, 3) ? std::string_view() : text_argument(state, 3);
  if (count <= 0 || text.size() + between.size() == 0) {
    lua_pushliteral(state, "");
    return 1;
  }
  const std::size_t most = Runner::of(state).heap().largest_block();
  const std::size_t unit = text.size() + between.size();
  if (static_cast<lua_Unsigned>(count) > most / unit) return luaL_error(state, "resulting string too large");
  const std::size_t size = unit * static_cast<std::size_t>(count) - between.size();
  luaL_Buffer buffer;
  char* out = luaL_buffinitsize(state, &buffer, size + between.size());
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  if (!between.empty()) std::memcpy(out + text.size(), between.data(), between.size());
  for (std::size_t done = unit; done < size;) {
    const std::size_t more = std::min(done, size - done);
    std::memcpy(out + done, out, more);
    done += more;
  }
  luaL_pushresultsize(&buffer, size);
  return 1;
}

}  // namespace

void open_string(lua_State* state) {
  open_stock(state, luaopen_string);
  lua_newtable(state);
  for (const char* name :
       {"byte", "char", "format", "len", "lower", "pack", "packsize", "reverse", "sub", "unpack", "upper"}) {
    lua_getfield(state, -2, name);
    lua_setfield(state, -2, name);
  }
  static constexpr luaL_Reg kOwn[] = {{"find", find}, {"match", match}, {"gmatch", gmatch},
                                      {"gsub", gsub}, {"rep", rep},     {nullptr, nullptr}};
  luaL_setfuncs(state, kOwn, 0);
  lua_remove(state, -2);
  lua_pushliteral(state, "");
  lua_getmetatable(state, -1);  // its arithmetic stays
  lua_pushvalue(state, -3);
  lua_setfield(state, -2, "__index");
  lua_pushliteral(state, "locked");
  lua_setfield(state, -2, "__metatable");
  lua_pop(state, 2);
}

}  // namespace lua
