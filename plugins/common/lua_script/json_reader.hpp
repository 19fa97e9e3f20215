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

  /// Reads a document for the functions below, which may be called until the next one. Null, or why it is no JSON.
  const char* parse(std::string_view text);
  /// Pushes a member of the object that was read; false where there is none.
  bool push_member(lua_State* state, std::string_view name);
  /// Whether a member is a text that is not empty, or that one.
  bool has_text(std::string_view name, std::string_view text = {}) const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// The C function json.encode.
int encode_json(lua_State* state);

}  // namespace lua
