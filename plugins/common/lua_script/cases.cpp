#include "cases.hpp"

#include <trellis/json.hpp>

#include "case_call.hpp"
#include "local_services.hpp"

namespace lua {
namespace {

using trellis::json::Type;
using trellis::json::Value;

/// Where several may be expected, and one may stand for a list of one.
std::vector<const Value*> listed(const Value& expected) {
  if (expected.type != Type::list) return {&expected};
  std::vector<const Value*> out;
  for (const Value& item : expected.items) out.push_back(&item);
  return out;
}

/// Empty where these are the messages that were expected.
std::string difference(const Value& expected, const std::vector<OwnedMessage>& found, const std::string& shown) {
  const auto wanted = listed(expected);
  if (wanted.size() != found.size()) return shown;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::string wrong = found[i].difference(*wanted[i]);
    if (!wrong.empty()) return (wanted.size() > 1 ? "message " + std::to_string(i + 1) + ": " : "") + wrong;
  }
  return "";
}

/// {"allow": "name"} or {"allow": {"name": …, "attributes": {…}}}, of which what is named is compared.
bool allowed_so(const Value& expected, const Actual& actual) {
  if (actual.word != "allow") return false;
  const Value* name = expected.type == Type::text ? &expected : expected.find("name");
  if (name != nullptr && name->text != actual.text) return false;
  const Value* attributes = expected.find("attributes");
  if (attributes == nullptr) return true;
  const auto found = trellis::json::parse(actual.json);
  return found && same_json(*attributes, *found);
}

/// Nothing where the object says nothing but what messages are expected.
std::optional<bool> as_expected(const Value& expected, const Actual& actual) {
  for (const char* word : {"drop", "deny"}) {
    if (const Value* reason = expected.find(word)) return actual.word == word && reason->text == actual.text;
  }
  if (const Value* error = expected.find("error"))
    return actual.word == "error" && actual.text.find(error->text) != std::string::npos;
  if (const Value* allow = expected.find("allow")) return allowed_so(*allow, actual);
  if (const Value* limits = expected.find("limits")) {
    const auto found = trellis::json::parse(actual.json.empty() ? "{}" : actual.json);
    return actual.word == "limits" && found && same_json(*limits, *found);
  }
  return std::nullopt;
}

/// Empty where the call came out as expected.
std::string difference(const Value& expected, const Actual& actual) {
  const std::string shown = "expected " + std::string(expected.source) + "\n     found " + actual.describe();
  if (expected.type == Type::boolean) return actual.word == (expected.boolean ? "true" : "false") ? "" : shown;
  if (expected.type == Type::text) return expected.text == actual.word ? "" : shown;
  if (expected.type == Type::object) {
    if (const auto right = as_expected(expected, actual)) return *right ? "" : shown;
  }
  return difference(expected, actual.messages, shown);
}

trellis::Error wrong(std::size_t index, const std::string& what) {
  return trellis::fail("case " + std::to_string(index + 1) + ": " + what);
}

const char* wrong_expectation(const Value* expected) {
  if (expected == nullptr) return "the key \"expect\" is missing";
  static constexpr std::string_view kWords[] = {"pass", "drop", "allow", "deny", "defer", "done"};
  bool known = expected->type == Type::object || expected->type == Type::list || expected->type == Type::boolean;
  for (const std::string_view word : kWords) known = known || (expected->type == Type::text && expected->text == word);
  return known ? nullptr
               : "\"expect\" is none of \"pass\", \"drop\", \"allow\", \"deny\", \"defer\", \"done\", true, false, "
                 "{\"drop\": reason}, {\"deny\": reason}, {\"error\": text}, {\"allow\": name}, {\"limits\": {…}}, a "
                 "message and a list of messages";
}

trellis::Result<CaseResult> run_case(const Value& item, std::size_t index, Runner& runner, LocalServices& services) {
  const auto call = CaseCall::read(item);
  if (!call) return wrong(index, call.error().text);
  for (const std::string& key : item.keys) {
    if (key != "name" && key != "expect" && key != "publishes" && !CaseCall::is_key(key))
      return wrong(index, "there is no key \"" + key + "\"; see docs/lua-routing.md");
  }
  if (const char* what = wrong_expectation(item.find("expect"))) return wrong(index, what);
  if (call->at()) {
    const auto time = *call->at() + std::chrono::seconds(1);
    if (time < services.now()) return wrong(index, "\"at\" is before the case above");
    services.advance_to(time);
  }
  const auto actual = call->run(runner, services);
  if (!actual) return wrong(index, actual.error().text);
  const Value* named = item.find("name");
  CaseResult result{named != nullptr ? named->text : "case " + std::to_string(index + 1), {}};
  result.difference = difference(*item.find("expect"), *actual);
  if (const Value* sent = item.find("publishes"); sent != nullptr && result.difference.empty()) {
    const std::string shown = "expected to publish " + std::string(sent->source) + "\n     found " + actual->describe();
    result.difference = difference(*sent, actual->published, shown);
  }
  return result;
}

}  // namespace

std::string cases_path(std::string_view script_path) {
  if (script_path.ends_with(".lua")) script_path.remove_suffix(4);
  return std::string(script_path) + ".cases.json";
}

trellis::Result<std::vector<CaseResult>> run_cases(const Source& script, std::string_view cases, const Limits& limits) {
  const auto root = trellis::json::parse(cases);
  if (!root) return trellis::fail("the cases are no JSON: " + root.error().text);
  if (root->type != Type::list)
    return trellis::fail("the cases are " + std::string(trellis::json::name(root->type)) + ", expected a list");
  LocalServices services;
  auto runner = Runner::load(script, limits, services, 1);
  if (!runner) return runner.error();
  std::vector<CaseResult> results;
  for (const Value& item : root->items) {
    auto result = run_case(item, results.size(), **runner, services);
    if (!result) return result.error();
    results.push_back(std::move(result).value());
  }
  return results;
}

}  // namespace lua
