#include "records.hpp"

#include <charconv>

namespace lua {
namespace {

trellis::Error in_line(std::size_t number, const std::string& what) {
  return trellis::fail("line " + std::to_string(number) + ": " + what);
}

}  // namespace

trellis::Result<RecordWords> RecordWords::read(const std::vector<std::string_view>& words) {
  RecordWords out;
  const bool replays = words.front() == "replay";
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string word(words[i]);
    if (!word.starts_with("--")) {
      if (!out.script.empty()) return trellis::fail("expected one script, found '" + word + "' too");
      out.script = word;
      continue;
    }
    const bool known = word == "--record" || word == (replays ? "--against" : "--times");
    if (!known) return trellis::fail("unknown option '" + word + "'");
    if (++i == words.size()) return trellis::fail(word + " wants a value");
    const std::string value(words[i]);
    if (word == "--record") out.record = value;
    if (word == "--against") out.against = value;
    if (word != "--times") continue;
    const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), out.times);
    if (problem != std::errc() || end != value.data() + value.size() || out.times < 1 || out.times > 1'000'000)
      return trellis::fail("--times wants a whole number from 1 to 1000000");
  }
  if (out.script.empty()) return trellis::fail("expected a script");
  if (replays && out.record.empty()) return trellis::fail("replay wants --record FILE");
  return out;
}

trellis::Result<std::vector<CaseCall>> read_record(std::string_view text) {
  std::vector<CaseCall> out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto value = trellis::json::parse(line);
    if (!value) return in_line(number, value.error().text);
    auto call = CaseCall::read(*value);
    if (!call) return in_line(number, call.error().text);
    for (const std::string& key : value->keys) {
      if (!CaseCall::is_key(key)) return in_line(number, "there is no key \"" + key + "\"");
    }
    out.push_back(std::move(*call));
  }
  if (out.empty()) return trellis::fail("there is nothing in it");
  return out;
}

trellis::Result<std::vector<CaseCall>> read_cases(std::string_view text) {
  const auto root = trellis::json::parse(text);
  if (!root || root->items.empty()) return trellis::fail("there is no case in it");
  std::vector<CaseCall> out;
  for (const trellis::json::Value& item : root->items) {
    auto call = CaseCall::read(item);
    if (!call) return trellis::fail("case " + std::to_string(out.size() + 1) + ": " + call.error().text);
    out.push_back(std::move(*call));
  }
  return out;
}

}  // namespace lua
