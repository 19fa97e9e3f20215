// What a call is about, and how its answer is read.
#pragma once

#include <trellis/abi/identity.h>
#include <trellis/abi/message.h>

#include <lua.hpp>
#include <string_view>

namespace lua {

/// What the message, the client, the event and the credentials of a call show. Borrowed for the call.
struct Subject {
  std::string_view name_space = {};
  const trellis_message* message = nullptr;
  std::string_view client_id = {};
  std::string_view client_name = {};
  const trellis_identity* identity = nullptr;  // null: what else is known of the client is not known here
  const trellis_credentials* credentials = nullptr;
  std::string_view text = {};  // the topic, the filter or the name, of hooks that are asked about one
};

/// Takes what a function answered.
class Reader {
 public:
  /// The usual answers, which lie at `at` and behind: must not need memory of the state. False for all others.
  virtual bool take(lua_State* state, int at) noexcept = 0;
  /// The others, at 1 and 2. Raises what is wrong with one.
  virtual void read(lua_State* state) = 0;

 protected:
  ~Reader() = default;
};

}  // namespace lua
