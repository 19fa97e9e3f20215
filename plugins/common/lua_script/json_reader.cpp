#include "json_reader.hpp"

#include <simdjson.h>

#include <lua.hpp>

#include "libraries.hpp"
#include "runner.hpp"

namespace lua {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

/// Pushes values; what it holds needs no destructor, for Lua's errors pass through.
class Pusher {
 public:
  explicit Pusher(lua_State* state) : state_(state) {
    lua_getfield(state, LUA_REGISTRYINDEX, "json.array");
    array_ = lua_gettop(state);
  }

  /// The value alone, without what was needed on the way.
  void push_root(element value, int depth) {
    push(value, depth);
    lua_remove(state_, array_);
  }

 private:
  void push(element value, int depth) {
    if ((++count_ & 127U) == 0) Runner::of(state_).check(state_);
    switch (value.type()) {
      case element_type::ARRAY:
        return push_list(value.get_array().value_unsafe(), depth);
      case element_type::OBJECT:
        return push_object(value.get_object().value_unsafe(), depth);
      case element_type::INT64:
        return lua_pushinteger(state_, value.get_int64().value_unsafe());
      case element_type::UINT64:
        return lua_pushnumber(state_, static_cast<lua_Number>(value.get_uint64().value_unsafe()));
      case element_type::DOUBLE:
        return lua_pushnumber(state_, value.get_double().value_unsafe());
      case element_type::STRING: {
        const std::string_view text = value.get_string().value_unsafe();
        lua_pushlstring(state_, text.data(), text.size());
        return;
      }
      case element_type::BOOL:
        return lua_pushboolean(state_, value.get_bool().value_unsafe() ? 1 : 0);
      case element_type::NULL_VALUE:
        return lua_pushlightuserdata(state_, nullptr);
    }
  }
  void enter(int depth) {
    if (depth >= JsonReader::kDeepest) luaL_error(state_, "JSON nested deeper than %d", JsonReader::kDeepest);
    luaL_checkstack(state_, 4, "JSON");
  }
  void push_list(simdjson::dom::array list, int depth) {
    enter(depth);
    lua_createtable(state_, static_cast<int>(list.size()), 0);
    lua_Integer index = 0;
    for (const element item : list) {
      push(item, depth + 1);
      lua_rawseti(state_, -2, ++index);
    }
    lua_pushvalue(state_, array_);
    lua_setmetatable(state_, -2);
  }
  void push_object(simdjson::dom::object object, int depth) {
    enter(depth);
    lua_createtable(state_, 0, static_cast<int>(object.size()));
    for (const auto& field : object) {
      lua_pushlstring(state_, field.key.data(), field.key.size());
      push(field.value, depth + 1);
      lua_rawset(state_, -3);
    }
  }

  lua_State* state_;
  int array_ = 0;
  unsigned count_ = 0;
};

int decode(lua_State* state) {
  std::string_view text;
  if (luaL_testudata(state, 1, "message") != nullptr) {
    const auto& payload = Runner::of(state).message(state)->payload;  // without a copy of the payload in between
    text = trellis::text(payload);
  } else {
    std::size_t size = 0;
    const char* data = luaL_checklstring(state, 1, &size);
    text = {data, size};
  }
  if (text.size() > Runner::of(state).heap().largest_block()) return luaL_error(state, "JSON too large");
  if (const char* wrong = Runner::of(state).json().push(state, text)) {
    luaL_pushfail(state);
    lua_pushstring(state, wrong);
    return 2;
  }
  return 1;
}

int mark_array(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  lua_settop(state, 1);
  lua_getfield(state, LUA_REGISTRYINDEX, "json.array");
  const bool marked = lua_getmetatable(state, 1) != 0 && lua_rawequal(state, -1, 2) != 0;
  if (!marked && luaL_getmetafield(state, 1, "__metatable") != LUA_TNIL)
    return luaL_error(state, "the table is locked");
  lua_settop(state, 2);
  lua_setmetatable(state, 1);
  return 1;
}

}  // namespace

struct JsonReader::Parser {
  simdjson::dom::parser parser;
  element root;
};

JsonReader::JsonReader() = default;
JsonReader::~JsonReader() = default;

const char* JsonReader::parse(std::string_view text) {
  if (parser_ == nullptr) parser_ = std::make_unique<Parser>();
  const auto wrong = parser_->parser.parse(text.data(), text.size()).get(parser_->root);
  return wrong == simdjson::SUCCESS ? nullptr : simdjson::error_message(wrong);
}

const char* JsonReader::push(lua_State* state, std::string_view text) {
  if (const char* wrong = parse(text)) return wrong;
  Pusher(state).push_root(parser_->root, 0);
  return nullptr;
}

bool JsonReader::push_member(lua_State* state, std::string_view name) {
  element member;
  if (parser_->root.at_key(name).get(member) != simdjson::SUCCESS) return false;
  Pusher(state).push_root(member, 1);
  return true;
}

bool JsonReader::has_text(std::string_view name, std::string_view text) const {
  std::string_view found;
  if (parser_->root.at_key(name).get(found) != simdjson::SUCCESS) return false;
  return text.empty() ? !found.empty() : found == text;
}

void open_json(lua_State* state) {
  lua_createtable(state, 0, 1);
  lua_pushliteral(state, "locked");
  lua_setfield(state, -2, "__metatable");
  lua_setfield(state, LUA_REGISTRYINDEX, "json.array");
  lua_createtable(state, 0, 4);
  static constexpr luaL_Reg kOwn[] = {
      {"decode", decode}, {"encode", encode_json}, {"array", mark_array}, {nullptr, nullptr}};
  luaL_setfuncs(state, kOwn, 0);
  lua_pushlightuserdata(state, nullptr);
  lua_setfield(state, -2, "null");
}

}  // namespace lua
