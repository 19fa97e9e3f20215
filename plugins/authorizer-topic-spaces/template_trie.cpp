#include "template_trie.hpp"

#include <algorithm>

namespace topic_spaces {
namespace {

// The first level of a topic, and what is behind it.
struct Levels {
  explicit Levels(std::string_view topic) noexcept {
    const std::size_t slash = topic.find('/');
    first = topic.substr(0, slash);
    last = slash == std::string_view::npos;
    if (!last) rest = topic.substr(slash + 1);
  }
  std::string_view first;
  std::string_view rest;
  bool last;
};

// Whether the client has all of its variables.
bool can_be(const std::vector<Piece>& pieces, const VariableValues& values) {
  return std::ranges::all_of(pieces, [&](const Piece& piece) {
    return piece.variable < 0 || !values[static_cast<std::size_t>(piece.variable)].empty();
  });
}

}  // namespace

bool TemplateTrie::Question::any_of(const std::vector<std::uint32_t>& numbers) const {
  return std::ranges::any_of(numbers, [&](std::uint32_t number) { return accepts(number); });
}

std::uint32_t TemplateTrie::child(std::uint32_t node, const Segment& segment) {
  const auto made = static_cast<std::uint32_t>(nodes_.size());
  Node& at = nodes_[node];
  std::uint32_t found = made;
  if (segment.kind == Segment::Kind::any) {
    found = at.any == 0 ? at.any = made : at.any;
  } else if (segment.kind == Segment::Kind::text) {
    found = at.texts.emplace(segment.text, made).first->second;
  } else {
    const auto same = std::ranges::find(at.patterns, segment.pieces, &Pattern::pieces);
    if (same != at.patterns.end()) return same->node;
    at.patterns.push_back({segment.pieces, made});
  }
  if (found == made) nodes_.emplace_back();
  return found;
}

void TemplateTrie::add(const TopicTemplate& from, std::uint32_t number) {
  std::uint32_t node = 0;
  for (const Segment& segment : from.segments) {
    if (segment.kind == Segment::Kind::rest) return nodes_[node].rest.push_back(number);
    node = child(node, segment);
  }
  nodes_[node].ends.push_back(number);
}

// What varies in a template's first level, a wildcard or a variable, fits no topic that begins with '$'.
bool TemplateTrie::cover(std::uint32_t node, std::string_view levels, bool first, const Question& question) const {
  const Node& at = nodes_[node];
  const Levels topic(levels);
  const bool wild = !first || !topic.first.starts_with('$');
  if (wild && question.any_of(at.rest)) return true;
  if (topic.first == "#") return false;
  const auto goes_on = [&](std::uint32_t next) {
    if (!topic.last) return cover(next, topic.rest, false, question);
    return question.any_of(nodes_[next].ends) || question.any_of(nodes_[next].rest);
  };
  if (at.any != 0 && wild && goes_on(at.any)) return true;
  if (topic.first == "+") return false;
  if (const auto text = at.texts.find(topic.first); text != at.texts.end() && goes_on(text->second)) return true;
  return wild && std::ranges::any_of(at.patterns, [&](const Pattern& pattern) {
           return fits(topic.first, pattern.pieces, question.values) && goes_on(pattern.node);
         });
}

bool TemplateTrie::overlap(std::uint32_t node, std::string_view levels, bool first, const Question& question) const {
  const Node& at = nodes_[node];
  const Levels filter(levels);
  const bool wild = !first || !filter.first.starts_with('$');
  if (wild && question.any_of(at.rest)) return true;
  if (filter.first == "#") return below(node, first, question);
  const auto goes_on = [&](std::uint32_t next) {
    if (!filter.last) return overlap(next, filter.rest, false, question);
    return question.any_of(nodes_[next].ends) || question.any_of(nodes_[next].rest);
  };
  if (at.any != 0 && wild && goes_on(at.any)) return true;
  const auto hidden = [&](std::string_view text) { return first && text.starts_with('$'); };
  if (filter.first == "+") {
    const auto plain = [&](const auto& text) { return !hidden(text.first) && goes_on(text.second); };
    if (std::ranges::any_of(at.texts, plain)) return true;
    return std::ranges::any_of(at.patterns, [&](const Pattern& pattern) {
      return can_be(pattern.pieces, question.values) && goes_on(pattern.node);
    });
  }
  if (const auto text = at.texts.find(filter.first); text != at.texts.end() && goes_on(text->second)) return true;
  return std::ranges::any_of(at.patterns, [&](const Pattern& pattern) {
    return fits(filter.first, pattern.pieces, question.values) && goes_on(pattern.node);
  });
}

// Everything that ends at the node or below it.
bool TemplateTrie::below(std::uint32_t node, bool first, const Question& question) const {
  const Node& at = nodes_[node];
  if (question.any_of(at.ends) || question.any_of(at.rest)) return true;
  if (at.any != 0 && below(at.any, false, question)) return true;
  for (const auto& [text, next] : at.texts) {
    if (!(first && text.starts_with('$')) && below(next, false, question)) return true;
  }
  return std::ranges::any_of(at.patterns, [&](const Pattern& pattern) {
    return can_be(pattern.pieces, question.values) && below(pattern.node, false, question);
  });
}

}  // namespace topic_spaces
