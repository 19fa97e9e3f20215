// json.encode: Lua values into JSON text.
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <trellis/topic.hpp>

#include "json_reader.hpp"
#include "runner.hpp"

namespace lua {
namespace {

class Writer {
 public:
  Writer(lua_State* state, std::string& out, std::size_t most) : state_(state), out_(out), most_(most) { out_.clear(); }

  /// Of the value at the top, which stays there.
  void write(int depth) {
    if ((++count_ & 127U) == 0) Runner::of(state_).check(state_);
    if (out_.size() > most_) luaL_error(state_, "JSON too large");
    switch (lua_type(state_, -1)) {
      case LUA_TSTRING:
        return write_text();
      case LUA_TNUMBER:
        return write_number();
      case LUA_TBOOLEAN:
        out_ += lua_toboolean(state_, -1) != 0 ? "true" : "false";
        return;
      case LUA_TLIGHTUSERDATA:
        out_ += "null";
        return;
      case LUA_TTABLE:
        return write_table(depth);
      default:
        luaL_error(state_, "a %s has no form in JSON", luaL_typename(state_, -1));
    }
  }

 private:
  void write_text() {
    static constexpr char kHex[] = "0123456789abcdef";
    std::size_t size = 0;
    const char* data = lua_tolstring(state_, -1, &size);
    const std::string_view text(data, size);
    if (!trellis::valid_utf8(text)) luaL_error(state_, "a text that is no UTF-8 has no form in JSON");
    out_ += '"';
    std::size_t plain = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
      out_.append(text, plain, i - plain);
      plain = i + 1;
      if (byte == '"' || byte == '\\') {
        out_ += {'\\', text[i]};
      } else {
        out_ += {'\\', 'u', '0', '0', kHex[byte >> 4U], kHex[byte & 15U]};
      }
    }
    out_.append(text, plain);
    out_ += '"';
  }

  void write_number() {
    std::array<char, 32> digits{};
    char* end = digits.data();
    if (lua_isinteger(state_, -1) != 0) {
      end = std::to_chars(digits.data(), digits.data() + digits.size(), lua_tointeger(state_, -1)).ptr;
    } else {
      const lua_Number number = lua_tonumber(state_, -1);
      if (!std::isfinite(number)) luaL_error(state_, "a number that is not finite has no form in JSON");
      end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    }
    out_.append(digits.data(), end);
  }

  bool is_list() {
    if (lua_getmetatable(state_, -1) != 0) {
      lua_getfield(state_, LUA_REGISTRYINDEX, "json.array");
      const bool marked = lua_rawequal(state_, -1, -2) != 0;
      lua_pop(state_, 2);
      if (marked) return true;
    }
    return lua_rawlen(state_, -1) > 0;
  }

  void write_table(int depth) {
    if (depth >= JsonReader::kDeepest)
      luaL_error(state_, "tables nested deeper than %d have no form in JSON", JsonReader::kDeepest);
    luaL_checkstack(state_, 6, "JSON");
    if (is_list()) return write_list(depth);
    bool first = true;
    out_ += '{';
    for (lua_pushnil(state_); lua_next(state_, -2) != 0; lua_pop(state_, 1)) {
      if (lua_type(state_, -2) != LUA_TSTRING)
        luaL_error(state_, "a key that is a %s has no form in JSON", luaL_typename(state_, -2));
      if (!first) out_ += ',';
      first = false;
      lua_pushvalue(state_, -2);
      write_text();
      lua_pop(state_, 1);
      out_ += ':';
      write(depth + 1);
    }
    out_ += '}';
  }

  void write_list(int depth) {
    const auto size = static_cast<lua_Integer>(lua_rawlen(state_, -1));
    lua_Integer keys = 0;
    for (lua_pushnil(state_); lua_next(state_, -2) != 0; lua_pop(state_, 1)) ++keys;
    if (keys != size) luaL_error(state_, "a table with both a list and other keys has no form in JSON");
    out_ += '[';
    for (lua_Integer i = 1; i <= size; ++i) {
      if (i > 1) out_ += ',';
      lua_rawgeti(state_, -1, i);
      write(depth + 1);
      lua_pop(state_, 1);
    }
    out_ += ']';
  }

  lua_State* state_;
  std::string& out_;
  std::size_t most_;
  unsigned count_ = 0;
};

}  // namespace

std::string_view write_json(lua_State* state) {
  Runner& runner = Runner::of(state);
  Writer(state, runner.scratch(), runner.heap().largest_block()).write(0);
  return runner.scratch();
}

int encode_json(lua_State* state) {
  luaL_checkany(state, 1);
  lua_settop(state, 1);
  const std::string_view json = write_json(state);
  lua_pushlstring(state, json.data(), json.size());
  return 1;
}

}  // namespace lua
