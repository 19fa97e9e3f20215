#include "event_reader.hpp"

#include <optional>
#include <trellis/message.hpp>

#include "common/base64/base64.hpp"
#include "common/cloud_event/event.hpp"
#include "runner.hpp"

namespace lua {
namespace {

using cloud_event::Event;

void push_text(lua_State* state, std::optional<std::string_view> text) {
  if (text) {
    lua_pushlstring(state, text->data(), text->size());
  } else {
    lua_pushnil(state);
  }
}

/// Of events whose data stand beside the attributes.
void push_data(lua_State* state, const Event& event) {
  const bool json = event.data() == Event::Data::json || event.data() == Event::Data::json_or_text;
  if (json && Runner::of(state).json().push(state, event.bytes()) == nullptr) return;
  if (event.data() == Event::Data::json) {
    lua_pushnil(state);  // it says that it is JSON, and is none
  } else {
    push_text(state, event.bytes());
  }
}

void push_binary(lua_State* state, const Event& event, std::string_view name) {
  if (name == "datacontenttype") return push_text(state, event.content_type());
  std::optional<std::string_view> found;
  for (const auto& [key, value] : event.attributes()) {
    if (key == name && !found) found = value;
  }
  push_text(state, found);
}

}  // namespace

void EventReader::push_structured(lua_State* state, std::string_view json, std::string_view name) {
  if (!parsed_) {
    parsed_ = true;
    is_event_ = json_.parse(json) == nullptr && json_.has_text("specversion", "1.0") && json_.has_text("id") &&
                json_.has_text("source") && json_.has_text("type");
  }
  if (is_event_ && json_.push_member(state, name)) return;
  if (is_event_ && name == "data" && json_.push_member(state, "data_base64")) {
    std::size_t size = 0;
    const char* text = lua_tolstring(state, -1, &size);
    const auto bytes = text == nullptr ? std::nullopt : common::from_base64({text, size});
    lua_pop(state, 1);
    return push_text(state, bytes ? std::optional<std::string_view>(*bytes) : std::nullopt);
  }
  lua_pushnil(state);
}

void EventReader::push(lua_State* state, const trellis_message& message, std::string_view name) {
  const Event event = Event::of(trellis::Message(&message));
  if (event.bytes().size() > Runner::of(state).heap().largest_block())
    luaL_error(state, "the event has %I bytes, more than a script's texts may have",
               static_cast<LUAI_UACINT>(event.bytes().size()));
  if (event.form() == Event::Form::structured) return push_structured(state, event.bytes(), name);
  if (name == "data") return push_data(state, event);
  if (event.form() == Event::Form::binary) return push_binary(state, event, name);
  char time[32];
  push_text(state, event.plain_attribute(name, time));
}

}  // namespace lua
