// The numbered rules of the contract that the checks look at. docs/abi.md has the same list.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace trellis::check {

/// Numbers are for good: a rule that goes leaves its number unused.
enum class Rule : unsigned {
  loads = 1,
  exports = 2,
  entry = 3,
  descriptor = 4,
  schema = 5,
  create = 6,
  tables = 7,
  examples = 8,
  configure = 9,
  start = 10,
  stop = 11,
  beside = 12,
  returns = 13,
  views = 14,
  refusals = 15,
  host = 16,
  shards = 17,
  retained = 18,
  memory = 19,
  verdicts = 20,
  tokens = 21,
  gone = 22,
  allocation = 23,
  open = 24,
  bytes = 25,
  store = 26,
};

struct RuleText {
  Rule rule;
  std::string_view sentence;
  std::string_view headers;  // that say it, of trellis/abi
};

std::span<const RuleText> rules();

/// "R7"
std::string number(Rule rule);

/// The list as `--list-rules` prints it: number, sentence, headers, a line each.
std::string list_rules();

/// Which rule a broken promise is about that a TestHost tells of.
Rule rule_of(std::string_view violation);

}  // namespace trellis::check
