// JSON text into Lua values.
#pragma once

#include <memory>
#include <string_view>

struct lua_State;

namespace lua {

/// Holds the parser's memory between documents. A document is read whole before anything is made of it, so that a wrong
/// one leaves nothing behind.
class JsonReader {
 public:
  static constexpr int kDeepest = 64;

  JsonReader();
  ~JsonReader();
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  /// Pushes what the text says. Where it is no JSON pushes nothing and answers why.
  const char* push(lua_State* state, std::string_view text);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// The C function json.encode.
int encode_json(lua_State* state);

}  // namespace lua
