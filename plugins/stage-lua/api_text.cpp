// The reference, as a page and as stubs.
#include "api.hpp"

namespace lua {
namespace {

constexpr std::string_view kPageHead =
    "# What scripts may use\n"
    "\n"
    "The functions plugins ask, what they are asked about, and what scripts can call. How to write, try and run a "
    "script:\n"
    "[lua-routing.md](lua-routing.md). Written by `scripts/dev/gen-docs` from `trellis lua reference`; for editors "
    "with a Lua\n"
    "language server the same is in [sdk/lua/trellis.d.lua](../sdk/lua/trellis.d.lua).\n";

constexpr std::string_view kStubsHead =
    "---@meta\n"
    "-- What scripts of Trellis may use, for editors with a Lua language server. Written by scripts/dev/gen-docs.\n"
    "\n"
    "---Who a client is: what allow(name) answers.\n"
    "---@class trellis.Grant\n"
    "\n"
    "log, metrics, state, json, re, resources, crypto, base64, hex, http = {}, {}, {}, {}, {}, {}, {}, {}, {}, {}\n"
    "---`null` of JSON.\n"
    "json.null = nil\n";

/// A cell of a table: types have | between them.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string names(std::span<const ApiParameter> parameters) {
  std::string out;
  for (const ApiParameter& parameter : parameters) {
    std::string_view name = parameter.name;
    const bool optional = name.ends_with('?');
    if (optional) name.remove_suffix(1);
    const std::string before = out.empty() ? "" : ", ";
    out += optional ? "[" + before + std::string(name) + "]" : before + std::string(name);
  }
  return out;
}

std::string plain_names(std::span<const ApiParameter> parameters) {
  std::string out;
  for (const ApiParameter& parameter : parameters) {
    out += (out.empty() ? "" : ", ") + std::string(parameter.name.substr(0, parameter.name.find('?')));
  }
  return out;
}

/// "a|b, c?" has a return in each line.
void add_returns(std::string& out, std::string_view returns) {
  while (!returns.empty()) {
    const std::size_t comma = returns.find(", ");
    out += "---@return " + std::string(returns.substr(0, comma)) + "\n";
    returns = comma == std::string_view::npos ? std::string_view() : returns.substr(comma + 2);
  }
}

void add_stub(std::string& out, std::string_view name, std::span<const ApiParameter> parameters,
              std::string_view returns, std::string_view help) {
  out += "\n---" + std::string(help) + "\n";
  for (const ApiParameter& parameter : parameters)
    out += "---@param " + std::string(parameter.name) + " " + std::string(parameter.type) + "\n";
  add_returns(out, returns);
  out += "function " + std::string(name) + "(" + plain_names(parameters) + ") end\n";
}

}  // namespace

std::string api_reference() {
  std::string out(kPageHead);
  out += "\n## Functions that plugins ask\n\n| function | plugin | is asked | answers |\n|---|---|---|---|\n";
  for (const ApiHook& hook : api_hooks()) {
    out += "| `" + std::string(hook.name) + "(" + names(hook.parameters) + ")` | " + std::string(hook.plugin) + " | " +
           cell(hook.asked) + " | " + cell(hook.answers) + " |\n";
  }
  out +=
      "| `on_event(event, arguments)`, or any other name | predicate-lua | about each event, by subscriptions and "
      "routes that name it | `true`: the "
      "subscription gets it |\n\n## What calls are about\n";
  for (const ApiClass& one : api_classes()) {
    out += "\n### " + std::string(one.variable) + "\n\n" + std::string(one.help) +
           "\n\n| field | type | |\n|---|---|---|\n";
    for (const ApiField& field : one.fields)
      out += "| `" + std::string(field.name) + "` | `" + cell(field.type) + "` | " + cell(field.help) + " |\n";
  }
  out += "\n## Functions\n\n| function | answers | errors |\n|---|---|---|\n";
  for (const ApiFunction& function : api_functions()) {
    out += "| `" + std::string(function.name) + "(" + names(function.parameters) + ")` | " + cell(function.answers) +
           " | " + cell(function.errors) + " |\n";
  }
  return out + "| `json.null` | `null` | |\n";
}

std::string api_stubs() {
  std::string out(kStubsHead);
  for (const ApiClass& one : api_classes()) {
    out += "\n---" + std::string(one.help) + "\n---@class " + std::string(one.name) + "\n";
    for (const ApiField& field : one.fields)
      out += "---@field " + std::string(field.name) + " " + std::string(field.type) +
             (field.help.empty() ? "" : " " + std::string(field.help)) + "\n";
  }
  for (const ApiFunction& function : api_functions())
    add_stub(out, function.name, function.parameters, function.returns,
             std::string(function.answers) +
                 (function.errors.empty() ? "." : ". Errors: " + std::string(function.errors) + "."));
  for (const ApiHook& hook : api_hooks())
    add_stub(out, hook.name, hook.parameters, hook.returns,
             "Of " + std::string(hook.plugin) + ": asked " + std::string(hook.asked) + ". Answers " +
                 std::string(hook.answers) + ".");
  return out;
}

}  // namespace lua
