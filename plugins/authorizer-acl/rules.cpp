// Answers questions from compiled rules: a rule that denies wins over any that allows.
#include "rules.hpp"

#include <algorithm>
#include <utility>

namespace acl {

void RuleList::add(TopicPattern pattern, unsigned access) {
  auto& list = pattern.exact() ? exact_ : open_;
  list.push_back({std::move(pattern), access});
}

void RuleList::sort() {
  std::stable_sort(exact_.begin(), exact_.end(),
                   [](const Rule& a, const Rule& b) { return a.pattern.text() < b.pattern.text(); });
}

bool RuleList::covers(std::string_view filter, unsigned access, const Names& names,
                      TopicPattern::Doubt doubt) const noexcept {
  auto at = std::lower_bound(exact_.begin(), exact_.end(), filter,
                             [](const Rule& rule, std::string_view text) { return rule.pattern.text() < text; });
  for (; at != exact_.end() && at->pattern.text() == filter; ++at)
    if ((at->access & access) != 0) return true;
  return std::any_of(open_.begin(), open_.end(), [&](const Rule& rule) {
    return (rule.access & access) != 0 && rule.pattern.covers(filter, names, doubt);
  });
}

bool RuleList::overlaps(std::string_view filter, unsigned access, const Names& names) const noexcept {
  const auto hits = [&](const Rule& rule) {
    return (rule.access & access) != 0 && rule.pattern.overlaps(filter, names, TopicPattern::Doubt::fails);
  };
  return std::any_of(open_.begin(), open_.end(), hits) || std::any_of(exact_.begin(), exact_.end(), hits);
}

const RuleSet::Section* RuleSet::section_of(std::string_view username) const noexcept {
  if (username.empty()) return &anonymous_;
  const auto found = users_.find(username);
  return found == users_.end() ? nullptr : &found->second;
}

Verdict RuleSet::decide(Action action, std::string_view topic, const Names& names,
                        SubscribeRule subscribe) const noexcept {
  const unsigned access = action == Action::publish ? RuleList::write : RuleList::read;
  const Section* const sections[] = {section_of(names.username), &patterns_};
  for (const Section* section : sections)
    if (section != nullptr && section->deny.covers(topic, access, names, TopicPattern::Doubt::holds))
      return Verdict::deny;
  const bool partly = action == Action::subscribe && subscribe == SubscribeRule::any;
  for (const Section* section : sections) {
    if (section == nullptr) continue;
    if (partly ? section->allow.overlaps(topic, access, names)
               : section->allow.covers(topic, access, names, TopicPattern::Doubt::fails))
      return Verdict::allow;
  }
  return Verdict::none;
}

}  // namespace acl
