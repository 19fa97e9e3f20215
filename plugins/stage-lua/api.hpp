// What scripts may use, said once: for docs/lua-functions.md and for the stubs that editors read.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace lua {

struct ApiParameter {
  std::string_view name;  // with ? where it may be missing
  std::string_view type;  // as LuaLS writes it
};

struct ApiFunction {
  std::string_view name;  // with its library: state.get
  std::span<const ApiParameter> parameters;
  std::string_view returns;  // types, as LuaLS writes them; empty: nothing
  std::string_view answers;  // what it does and answers
  std::string_view errors;   // empty: none
};

struct ApiField {
  std::string_view name;
  std::string_view type;
  std::string_view help;
};

struct ApiClass {
  std::string_view name;      // trellis.Message
  std::string_view variable;  // what scripts mostly call one
  std::string_view help;
  std::span<const ApiField> fields;
};

/// Functions of scripts that plugins ask.
struct ApiHook {
  std::string_view name;
  std::span<const ApiParameter> parameters;
  std::string_view returns;
  std::string_view plugin;
  std::string_view asked;
  std::string_view answers;
};

std::span<const ApiFunction> api_functions() noexcept;
std::span<const ApiClass> api_classes() noexcept;
std::span<const ApiHook> api_hooks() noexcept;

/// docs/lua-functions.md.
std::string api_reference();
/// sdk/lua/trellis.d.lua.
std::string api_stubs();

}  // namespace lua
