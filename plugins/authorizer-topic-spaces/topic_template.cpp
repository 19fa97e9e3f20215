#include "topic_template.hpp"

#include <algorithm>
#include <set>
#include <trellis/json.hpp>
#include <trellis/topic.hpp>

#include "access/attributes.hpp"

namespace topic_spaces {
namespace {

constexpr int kMostVariablesInLevel = 4;
constexpr std::string_view kName = "client.authenticationName";
constexpr std::string_view kAttributes = "client.attributes.";

std::string quoted(std::string_view text) { return trellis::json::quote(text); }

std::int32_t index_of(const Variable& variable, std::vector<Variable>& variables) {
  const auto found = std::ranges::find(variables, variable);
  const auto index = static_cast<std::int32_t>(found - variables.begin());
  if (found == variables.end()) variables.push_back(variable);
  return index;
}

// What stands between ${ and }.
trellis::Result<void> add_variable(std::string_view inside, Segment& segment, std::vector<Variable>& variables) {
  const std::size_t bar = inside.find('|');
  const std::string_view source = inside.substr(0, bar);
  Variable variable;
  if (source.starts_with(kAttributes)) {
    variable.attribute = source.substr(kAttributes.size());
    if (!rights::is_attribute_name(variable.attribute)) {
      return trellis::fail(quoted(variable.attribute) + " is no name of an attribute");
    }
  } else if (source != kName) {
    return trellis::fail("\"${" + std::string(inside) +
                         "}\" is no variable; there are ${client.authenticationName} and ${client.attributes.<name>}, "
                         "with an ending behind '|'");
  }
  segment.pieces.push_back({.variable = index_of(variable, variables)});
  if (bar != std::string_view::npos && bar + 1 < inside.size()) {
    segment.pieces.push_back({.text = std::string(inside.substr(bar + 1))});
  }
  return trellis::ok();
}

trellis::Result<Segment> parse_segment(std::string_view level, std::vector<Variable>& variables) {
  Segment segment;
  if (level == "+") segment.kind = Segment::Kind::any;
  if (level == "#") segment.kind = Segment::Kind::rest;
  if (segment.kind != Segment::Kind::text) return segment;
  std::string_view rest = level;
  while (!rest.empty()) {
    const std::size_t begin = rest.find("${");
    if (begin != 0) segment.pieces.push_back({.text = std::string(rest.substr(0, begin))});
    if (begin == std::string_view::npos) break;
    const std::size_t end = rest.find('}', begin);
    if (end == std::string_view::npos) return trellis::fail("\"${\" without '}' in the level " + quoted(level));
    if (const auto added = add_variable(rest.substr(begin + 2, end - begin - 2), segment, variables); !added) {
      return added.error();
    }
    rest.remove_prefix(end + 1);
  }
  const auto variables_in_level =
      std::ranges::count_if(segment.pieces, [](const Piece& piece) { return piece.variable >= 0; });
  if (variables_in_level > kMostVariablesInLevel) {
    return trellis::fail("a level has at most " + std::to_string(kMostVariablesInLevel) + " variables, " +
                         quoted(level) + " has " + std::to_string(variables_in_level));
  }
  const auto wild = [](const Piece& piece) { return piece.text.find_first_of("+#") != std::string::npos; };
  if (std::ranges::any_of(segment.pieces, wild)) {
    return trellis::fail("'+' and '#' stand alone in a level, not as in " + quoted(level));
  }
  const bool plain = std::ranges::all_of(segment.pieces, [](const Piece& piece) { return piece.variable < 0; });
  if (plain) {
    segment.text = level;
    segment.pieces.clear();
  } else {
    segment.kind = Segment::Kind::pattern;
  }
  return segment;
}

bool repeats_variable(const std::vector<Segment>& segments) {
  std::set<std::int32_t> seen;
  for (const Segment& segment : segments) {
    for (const Piece& piece : segment.pieces) {
      if (piece.variable >= 0 && !seen.insert(piece.variable).second) return true;
    }
  }
  return false;
}

}  // namespace

trellis::Result<TopicTemplate> TopicTemplate::parse(std::string_view text, std::vector<Variable>& variables) {
  TopicTemplate made{std::string(text)};
  if (text.empty()) return trellis::fail("a template is not empty");
  if (text.size() > trellis::kMaxTopicBytes || trellis::topic_levels(text) > trellis::kMaxTopicLevels) {
    return trellis::fail("the template is longer than a topic filter may be");
  }
  if (!trellis::valid_text(text)) return trellis::fail("the template is no UTF-8 text");
  trellis::LevelCursor levels(text);
  while (levels.more()) {
    auto segment = parse_segment(levels.next(), variables);
    if (!segment) return segment.error();
    if (segment.value().kind == Segment::Kind::rest && levels.more()) {
      return trellis::fail("'#' stands in the last level only");
    }
    made.segments.push_back(std::move(segment).value());
  }
  made.repeats = repeats_variable(made.segments);
  return made;
}

bool can_stand_in_level(std::string_view value) noexcept {
  return !value.empty() && value.find_first_of("/+#") == std::string_view::npos;
}

// Where in the level it may be after each piece: every place is looked at once, however many ways lead there.
bool fits(std::string_view level, const std::vector<Piece>& pieces, const VariableValues& values) noexcept {
  thread_local std::vector<std::size_t> places;
  thread_local std::vector<std::size_t> next;
  places.assign(1, 0);
  for (const Piece& piece : pieces) {
    next.clear();
    const auto try_text = [&](std::string_view text) {
      for (const std::size_t place : places) {
        if (level.substr(place).starts_with(text)) next.push_back(place + text.size());
      }
    };
    if (piece.variable < 0) {
      try_text(piece.text);
    } else {
      std::ranges::for_each(values[static_cast<std::size_t>(piece.variable)], try_text);
    }
    std::ranges::sort(next);
    next.erase(std::ranges::unique(next).begin(), next.end());
    places.swap(next);
  }
  return !places.empty() && places.back() == level.size();
}

std::vector<std::string> substituted(const TopicTemplate& from, const VariableValues& values, std::size_t most) {
  std::vector<std::int32_t> used;
  for (const Segment& segment : from.segments) {
    for (const Piece& piece : segment.pieces) {
      if (piece.variable >= 0 && std::ranges::find(used, piece.variable) == used.end()) used.push_back(piece.variable);
    }
  }
  std::vector<std::size_t> chosen(values.size(), 0);
  std::vector<std::string> filters;
  for (const std::int32_t variable : used) {
    if (values[static_cast<std::size_t>(variable)].empty()) return filters;
  }
  while (filters.size() < most) {
    std::string filter;
    for (const Segment& segment : from.segments) {
      if (&segment != from.segments.data()) filter += '/';
      if (segment.kind == Segment::Kind::any) filter += '+';
      if (segment.kind == Segment::Kind::rest) filter += '#';
      filter += segment.text;
      for (const Piece& piece : segment.pieces) {
        const auto variable = static_cast<std::size_t>(piece.variable);
        filter += piece.variable < 0 ? piece.text : values[variable][chosen[variable]];
      }
    }
    filters.push_back(std::move(filter));
    // The next choice of values, as a counter with a digit for each variable.
    std::size_t digit = 0;
    for (; digit < used.size(); ++digit) {
      const auto variable = static_cast<std::size_t>(used[digit]);
      if (++chosen[variable] < values[variable].size()) break;
      chosen[variable] = 0;
    }
    if (digit == used.size()) break;
  }
  return filters;
}

bool covers(std::string_view filter, std::string_view topic) noexcept {
  if (topic.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#'))) return false;
  trellis::LevelCursor f(filter);
  trellis::LevelCursor t(topic);
  while (f.more()) {
    const std::string_view level = f.next();
    if (level == "#") return true;
    if (!t.more()) return false;
    const std::string_view asked = t.next();
    if (asked == "#" || (level != "+" && level != asked)) return false;
    if (!t.more() && f.more()) return f.next() == "#";
  }
  return !t.more();
}

bool overlap(std::string_view a, std::string_view b) noexcept {
  const auto begins_wild = [](std::string_view filter) { return filter.starts_with('+') || filter.starts_with('#'); };
  if ((a.starts_with('$') && begins_wild(b)) || (b.starts_with('$') && begins_wild(a))) return false;
  trellis::LevelCursor x(a);
  trellis::LevelCursor y(b);
  while (x.more() && y.more()) {
    const std::string_view one = x.next();
    const std::string_view other = y.next();
    if (one == "#" || other == "#") return true;
    if (one != "+" && other != "+" && one != other) return false;
  }
  if (!x.more() && !y.more()) return true;
  trellis::LevelCursor& longer = x.more() ? x : y;
  return longer.next() == "#";
}

}  // namespace topic_spaces
