// Topic names and filters: matching agrees with a slow matcher written straight from the rules.
//
// Input: a filter, a line feed, a topic.
#include <string_view>
#include <vector>

#include "fuzz.hpp"
#include "message/topic.hpp"

namespace {

using trellis::fuzz::require;
using namespace trellis::kernel;

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> levels;
  for (LevelCursor cursor(text); cursor.more();) levels.push_back(cursor.next());
  return levels;
}

bool matches_slowly(const std::vector<std::string_view>& filter, const std::vector<std::string_view>& topic) {
  for (std::size_t i = 0; i < filter.size(); ++i) {
    const bool wild = filter[i] == "#" || filter[i] == "+";
    if (i == 0 && wild && topic[0].starts_with('$')) return false;
    if (filter[i] == "#") return true;
    if (i == topic.size()) return false;
    if (filter[i] != "+" && filter[i] != topic[i]) return false;
  }
  return filter.size() == topic.size();
}

// A filter is a sequence of levels; whoever indexes them must get the text back.
void check_levels(std::string_view text) {
  std::size_t bytes = 0;
  const auto levels = split(text);
  for (const std::string_view level : levels) bytes += level.size() + 1;
  require(bytes == text.size() + 1, "levels and separators make up the text");
  require(levels.size() == topic_levels(text), "levels are counted right");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t newline = text.find('\n');
  const std::string_view filter = text.substr(0, newline);
  const std::string_view topic = newline == std::string_view::npos ? std::string_view() : text.substr(newline + 1);
  if (valid_topic_name(topic)) {
    require(valid_text(topic), "a topic is text");
    require(topic.find_first_of("+#") == std::string_view::npos, "a topic has no wildcards");
    require(valid_topic_filter(topic), "a topic is a filter too");
    require(topic_matches(topic, topic), "a topic matches itself");
  }
  if (valid_topic_filter(filter)) check_levels(filter);
  if (valid_topic_filter(filter) && valid_topic_name(topic)) {
    require(topic_matches(filter, topic) == matches_slowly(split(filter), split(topic)), "both matchers agree");
  }
  return 0;
}
