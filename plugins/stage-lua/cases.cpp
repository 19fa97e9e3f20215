#include "cases.hpp"

#include <algorithm>
#include <optional>
#include <trellis/config.hpp>
#include <trellis/json.hpp>

#include "case_message.hpp"
#include "local_services.hpp"

namespace lua {
namespace {

using trellis::json::Type;
using trellis::json::Value;

/// What a call came to, in the words of the cases: "pass", {"drop": …}, {"error": …}, or messages.
struct Actual {
  std::string word;
  std::string text;
  std::vector<CaseMessage> messages;

  std::string describe() const {
    if (word == "drop") return text.empty() ? "\"drop\"" : "{\"drop\": " + trellis::json::quote(text) + "}";
    if (word == "error") return "{\"error\": " + trellis::json::quote(text) + "}";
    if (word == "pass") return "\"pass\"";
    std::string out = "[";
    for (const CaseMessage& message : messages) out += (out.size() > 1 ? ", " : "") + message.json();
    return out + "]";
  }
};

Actual run_one(Runner& runner, Hook hook, const CaseMessage& sent, const LocalServices& services) {
  CaseMessage::Raw raw(sent, services.wall().count());
  const Outcome& outcome = runner.call(hook, raw.message(), sent.name_space);
  if (runner.failure() != Failure::none) return {"error", runner.error(), {}};
  if (outcome.kind == Outcome::Kind::drop) return {"drop", std::string(outcome.reason), {}};
  Actual actual{"messages", {}, {}};
  if (outcome.kind == Outcome::Kind::pass) {
    actual.word = "pass";
    actual.messages.push_back(sent);
  }
  for (std::size_t i = 0; i < outcome.targets.size() && outcome.kind == Outcome::Kind::targets; ++i)
    actual.messages.push_back(CaseMessage::of(compose(raw.message(), outcome.targets[i], services.wall().count())));
  return actual;
}

/// Empty where the call came out as expected.
std::string difference(const Value& expected, const Actual& actual) {
  const std::string shown = "expected " + std::string(expected.source) + "\n     found " + actual.describe();
  if (expected.type == Type::text) return expected.text == actual.word ? "" : shown;
  if (expected.type == Type::object) {
    if (const Value* reason = expected.find("drop"))
      return actual.word == "drop" && reason->text == actual.text ? "" : shown;
    if (const Value* error = expected.find("error")) {
      return actual.word == "error" && actual.text.find(error->text) != std::string::npos ? "" : shown;
    }
  }
  std::vector<const Value*> wanted;
  if (expected.type == Type::list) {
    for (const Value& item : expected.items) wanted.push_back(&item);
  } else {
    wanted.push_back(&expected);
  }
  if (wanted.size() != actual.messages.size()) return shown;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::string wrong = actual.messages[i].difference(*wanted[i]);
    if (!wrong.empty()) return (wanted.size() > 1 ? "message " + std::to_string(i + 1) + ": " : "") + wrong;
  }
  return "";
}

trellis::Error wrong(std::size_t index, const std::string& what) {
  return trellis::fail("case " + std::to_string(index + 1) + ": " + what);
}

const char* wrong_expectation(const Value* expected) {
  if (expected == nullptr) return "the key \"expect\" is missing";
  const bool word = expected->type == Type::text && (expected->text == "pass" || expected->text == "drop");
  if (word || expected->type == Type::object || expected->type == Type::list) return nullptr;
  return "\"expect\" is none of \"pass\", \"drop\", {\"drop\": reason}, {\"error\": text}, a message and a list of "
         "messages";
}

std::optional<Hook> hook_of(const Value& item, const Runner& runner) {
  const Value* named = item.find("hook");
  if (named == nullptr) return runner.has(Hook::publish) ? Hook::publish : Hook::deliver;
  for (const Hook hook : {Hook::publish, Hook::deliver}) {
    if (named->text == name(hook) && runner.has(hook)) return hook;
  }
  return std::nullopt;
}

trellis::Result<CaseResult> run_case(const Value& item, std::size_t index, Runner& runner, LocalServices& services) {
  if (item.type != Type::object)
    return wrong(index, "expected an object, found " + std::string(trellis::json::name(item.type)));
  for (const std::string& key : item.keys) {
    if (key != "name" && key != "at" && key != "hook" && key != "message" && key != "expect")
      return wrong(index, "the key \"" + key + "\" is none of \"name\", \"at\", \"hook\", \"message\", \"expect\"");
  }
  const Value* message = item.find("message");
  if (message == nullptr) return wrong(index, "the key \"message\" is missing");
  auto sent = CaseMessage::read(*message);
  if (!sent) return wrong(index, sent.error().text);
  if (const char* what = wrong_expectation(item.find("expect"))) return wrong(index, what);
  const auto hook = hook_of(item, runner);
  if (!hook) return wrong(index, "\"hook\" is not the name of a hook the script has");
  if (const Value* at = item.find("at")) {
    const std::chrono::milliseconds time(static_cast<std::int64_t>(at->number * 1000));
    if (time + std::chrono::seconds(1) < services.now()) return wrong(index, "\"at\" is before the case above");
    services.advance_to(time + std::chrono::seconds(1));
  }
  const Value* named = item.find("name");
  CaseResult result{named != nullptr ? named->text : "case " + std::to_string(index + 1), {}};
  result.difference = difference(*item.find("expect"), run_one(runner, *hook, *sent, services));
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
