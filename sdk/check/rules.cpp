#include "rules.hpp"

#include <utility>

namespace trellis::check {
namespace {

constexpr RuleText kRules[] = {
    {Rule::loads, "The file loads: no symbol that it needs is missing.", "plugin.h"},
    {Rule::exports, "It exports `trellis_plugin_entry` and nothing else.", "plugin.h"},
    {Rule::entry,
     "The entry is of a version that the broker takes, as large as that version's, and has every function that may not "
     "be null.",
     "plugin.h"},
    {Rule::descriptor,
     "The descriptor names the plugin, its kind, version, stability and the host tables it wants, and says in a "
     "sentence what it is for.",
     "plugin.h"},
    {Rule::schema,
     "Its schemas keep to the documented subset of JSON Schema and take objects only; their defaults and examples "
     "satisfy them.",
     "plugin.h"},
    {Rule::create, "`create()` makes an instance, or refuses, and has no other effect: no thread, no file.",
     "plugin.h"},
    {Rule::tables,
     "`get_table()` offers the table of the plugin's kind with every function that may not be null, and null for an id "
     "it does not know.",
     "plugin.h"},
    {Rule::examples, "`configure()` takes each example of the schema.", "plugin.h"},
    {Rule::configure,
     "`configure()` answers whatever the schema lets pass, the same every time: it takes it or refuses it, and does no "
     "I/O.",
     "plugin.h"},
    {Rule::start, "With settings it took, `start()` succeeds or refuses, and `shard_open()` answers a state.",
     "plugin.h"},
    {Rule::stop,
     "`stop()` is safe in every state, and twice; after it no thread, file, timer or call without its answer is left.",
     "plugin.h"},
    {Rule::beside, "Instances of one plugin live beside each other.", "plugin.h"},
    {Rule::returns, "Every call returns: it does not crash, throw across the boundary, end the process or hang.",
     "base.h"},
    {Rule::views, "What is borrowed is read until the call returns, within its size, and not afterwards.", "base.h"},
    {Rule::refusals, "A refusal has a status that is one, and a sentence that fits into `trellis_error`.", "base.h"},
    {Rule::host,
     "Functions of the host are called on the thread and in the state that their comments name, with values that mean "
     "something.",
     "base.h, host.h"},
    {Rule::shards, "`[shard]` functions of several shards run at the same time.", "base.h"},
    {Rule::retained, "A message that was retained is released, once.", "message.h"},
    {Rule::memory, "What an instance, a compiled filter or an opened destination allocated is freed with it.",
     "plugin.h, filter.h, handler.h"},
    {Rule::verdicts, "Every message and every question gets a verdict, one that its table knows.",
     "filter.h, identity.h"},
    {Rule::tokens, "A token is answered once, and only one that was given out.",
     "base.h, identity.h, handler.h, service.h"},
    {Rule::gone, "Clients, requests and destinations may go before they have their answer.",
     "identity.h, handler.h, service.h"},
    {Rule::allocation, "Functions that must not allocate per message or question do not.", "filter.h, identity.h"},
    {Rule::open, "`compile()` and `open()` answer any text: with what it made of it, or null and a sentence.",
     "filter.h, handler.h"},
    {Rule::bytes, "Layers and protocols take any bytes in pieces of any size, and consume no more than they get.",
     "connection.h"},
    {Rule::store, "A store gives back what it took, at the most it promises, and answers in order.", "store.h"},
};

constexpr std::pair<std::string_view, Rule> kViolations[] = {
    {"on another shard", Rule::host},    {" is [shard]", Rule::host},       {" verdict", Rule::verdicts},
    {"answered access", Rule::verdicts}, {"said REPLACED", Rule::verdicts}, {"left a question", Rule::verdicts},
    {"retain", Rule::retained},          {"release()", Rule::retained},     {" refused ", Rule::refusals},
    {"consumed ", Rule::bytes},          {"stopped without", Rule::stop},   {"out of order", Rule::store},
    {"gave more", Rule::store},          {"answered a call", Rule::tokens}, {"answered a token", Rule::tokens},
    {"outcome", Rule::tokens},           {"bytes although", Rule::bytes},   {"outside the message", Rule::views},
    {"no longer valid", Rule::views},
};

}  // namespace

std::span<const RuleText> rules() { return kRules; }

std::string number(Rule rule) { return "R" + std::to_string(static_cast<unsigned>(rule)); }

std::string list_rules() {
  std::string out;
  for (const RuleText& one : kRules) {
    out += number(one.rule) + "  " + std::string(one.sentence) + " (" + std::string(one.headers) + ")\n";
  }
  return out;
}

Rule rule_of(std::string_view violation) {
  for (const auto& [words, rule] : kViolations) {
    if (violation.find(words) != std::string_view::npos) return rule;
  }
  return Rule::host;
}

}  // namespace trellis::check
