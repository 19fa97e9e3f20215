// trellis-plugin-check: says whether plugin files keep to the contract.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <trellis/console/verbs.hpp>
#include <vector>

#include "checks.hpp"

namespace trellis::check {
namespace {

namespace po = boost::program_options;
using Files = std::vector<std::string>;

template <class Value>
std::optional<Value> given(const console::Values& values, const char* name) {
  if (values.count(name) == 0) return std::nullopt;
  return values[name].as<Value>();
}

/// The text itself, or what is in the file behind an @.
std::optional<std::string> json_text(const console::Values& values, const char* name) {
  const auto text = given<std::string>(values, name);
  if (!text || !text->starts_with('@')) return text;
  std::ifstream file(text->substr(1));
  if (!file) throw console::WrongUsage("cannot read " + text->substr(1));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

CheckOptions check_options(const console::Values& values) {
  CheckOptions options;
  options.settings = json_text(values, "settings");
  options.samples = {json_text(values, "filter"), json_text(values, "destination")};
  options.waived = given<Files>(values, "waive").value_or(Files());
  for (const std::string& rule : options.waived) {
    if (list_rules().find(rule + "  ") == std::string::npos) throw console::WrongUsage("there is no rule " + rule);
  }
  options.seed = given<std::uint64_t>(values, "seed").value_or(options.seed);
  options.rounds = given<std::uint32_t>(values, "rounds").value_or(options.rounds);
  if (const auto seconds = given<std::uint32_t>(values, "deadline")) options.deadline = std::chrono::seconds(*seconds);
  return options;
}

int check(const console::Values& values) {
  if (values.count("list-rules") != 0) {
    std::fputs(list_rules().c_str(), stdout);
    return console::kDone;
  }
  if (values.count("plugin") == 0) throw console::WrongUsage("name a plugin file");
  const CheckOptions options = check_options(values);
  const bool json = console::wants_json(values) || values.count("json") != 0;
  bool conform = true;
  for (const std::string& file : values["plugin"].as<Files>()) {
    const Report report = check_file(file, options);
    std::fputs((json ? report.for_programs() : report.for_people()).c_str(), stdout);
    conform = conform && report.conforms();
  }
  return conform ? console::kDone : console::kFailed;
}

console::Verb program() {
  const auto text = [] { return po::value<std::string>()->value_name("JSON"); };
  console::Options options;
  options.add_options()("plugin", po::value<Files>()->multitoken()->value_name("FILE"), "a file to check")(
      "settings", text(),
      "configure with these settings; @FILE reads them from a file (default: none, or the first example of the "
      "plugin's schema where it requires some)")("filter", text(), "what a predicate compiles, or @FILE")(
      "destination", text(), "what a handler opens, or @FILE")(
      "waive", po::value<Files>()->value_name("RULE"), "a rule that the plugin may break, and why is known: R23")(
      "rounds", po::value<std::uint32_t>()->value_name("N"), "how many random settings to try (default: 100)")(
      "seed", po::value<std::uint64_t>()->value_name("N"), "of the random settings (default: 1)")(
      "deadline", po::value<std::uint32_t>()->value_name("SECONDS"),
      "how long a group of checks may take before the plugin hangs (default: 20)")(
      "list-rules", "print the rules that findings name, and check nothing")("json", "the same as -o json");
  console::add_output(options, "text, for people, or json: one JSON object per file");
  return console::make_verb(
      "trellis-plugin-check",
      "Checks that plugin files keep to the contract of Trellis plugins: what they export, what they say about\n"
      "themselves, how they live and end, what they say to settings, what they do with what they borrow, on several\n"
      "shards at once, and what they leave behind. Findings name the rule of docs/abi.md.\n\n"
      "Exit codes: 0 all conform, 1 one does not, 2 wrong usage.\n"
      "The plugin's code runs here, in processes that may crash: check files you would load.",
      options, "plugin", &check);
}

}  // namespace
}  // namespace trellis::check

int main(int count, char** words) {
  const trellis::console::Verb program = trellis::check::program();
  return program.run(program.name, {words + 1, words + count});
}
