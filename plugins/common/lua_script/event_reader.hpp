// The CloudEvent a message is, for scripts.
#pragma once

#include <trellis/abi/message.h>

#include <lua.hpp>
#include <string_view>

#include "json_reader.hpp"

namespace lua {

/// Reads an event in structured mode once per call, when its first attribute is asked for.
class EventReader {
 public:
  /// Another message from now on.
  void begin() noexcept { parsed_ = false; }
  /// Pushes an attribute, or the data: nil where the event has none, or the message is no event.
  void push(lua_State* state, const trellis_message& message, std::string_view name);

 private:
  void push_structured(lua_State* state, std::string_view json, std::string_view name);

  JsonReader json_;
  bool parsed_ = false;
  bool is_event_ = false;
};

}  // namespace lua
