#include "snapshot.hpp"

#include <algorithm>

#include "types.hpp"

namespace topic_spaces {
namespace {

// Choices of values of a template that repeats a variable; beyond them nothing is allowed, and everything denied.
constexpr std::size_t kMostChoices = 1000;

template <class Number>
void stricter(Number& kept, Number said) {
  if (said != 0 && (kept == 0 || said < kept)) kept = said;
}

void stricter(trellis::ClientLimits& kept, const trellis::ClientLimits& said) {
  stricter(kept.sessions, said.sessions);
  stricter(kept.subscriptions, said.subscriptions);
  stricter(kept.session_expiry_s, said.session_expiry_s);
  stricter(kept.publishes_per_s, said.publishes_per_s);
  stricter(kept.bytes_per_s, said.bytes_per_s);
}

}  // namespace

bool Member::is_large() const noexcept {
  std::size_t bytes = 0;
  for (const auto& list : values) {
    for (const std::string& value : list) bytes += sizeof(std::string) + value.size();
  }
  return bytes > 8192;
}

bool Snapshot::in_group(const Subject& subject, std::uint32_t group) const {
  const Group& asked = groups_[group];
  return asked.query == nullptr || asked.query->matches({subject.name, &subject.attributes});
}

bool Snapshot::has_role(const Subject& subject, const Role& role) {
  return std::ranges::find(subject.principals, role.principal) != subject.principals.end();
}

VariableValues Snapshot::values_of(const Subject& subject) const {
  VariableValues values(variables_.size());
  const auto add = [](std::vector<std::string>& to, std::string value) {
    if (can_stand_in_level(value) && std::ranges::find(to, value) == to.end()) to.push_back(std::move(value));
  };
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    if (variables_[i].attribute.empty()) {
      add(values[i], subject.name);
      continue;
    }
    const rights::Value* const value = Person{subject.name, &subject.attributes}.find(variables_[i].attribute);
    if (value == nullptr) continue;
    if (const auto* number = std::get_if<std::int64_t>(value)) add(values[i], std::to_string(*number));
    if (const auto* text = std::get_if<std::string>(value)) add(values[i], *text);
    if (const auto* list = std::get_if<std::vector<std::string>>(value)) {
      for (const std::string& item : *list) add(values[i], item);
    }
  }
  return values;
}

Member Snapshot::member(const Subject& subject) const {
  Member member;
  member.disabled = subject.disabled;
  member.limits = limits_;
  if (subject.disabled) return member;
  member.values = values_of(subject);
  std::vector<bool> in(groups_.size(), false);
  const bool groups_give = groups_count(subject);
  for (std::uint32_t i = 0; i < groups_.size(); ++i) {
    in[i] = in_group(subject, i);
    if (in[i] && groups_give) stricter(member.limits, groups_[i].limits);
  }
  for (const Binding& binding : bindings_) {
    if (!in[binding.group] || !(binding.denies || groups_give)) continue;
    Member::Rights& rights = binding.publishes ? member.publish : member.subscribe;
    (binding.denies ? rights.denied : rights.allowed).add(binding.space);
  }
  for (const Role& role : roles_) {
    if (!subject.by_roles || !has_role(subject, role)) continue;
    SpaceSet& allowed = role.publishes ? member.publish.allowed : member.subscribe.allowed;
    if (role.space >= 0) allowed.add(static_cast<std::uint32_t>(role.space));
    for (std::uint32_t i = 0; role.space < 0 && i < spaces_.size(); ++i) allowed.add(i);
  }
  return member;
}

Snapshot::Answer Snapshot::judge(const Member& member, trellis::Action action, std::string_view topic) const {
  if (member.disabled) return Answer::denied;
  const bool publishes = action == trellis::Action::publish;
  if (publishes && topic.starts_with('$')) return Answer::denied;
  const Member::Rights& rights = publishes ? member.publish : member.subscribe;
  const auto any_choice = [&](std::uint32_t number, auto fits_filter, bool too_many) {
    const auto filters = substituted(templates_[number], member.values, kMostChoices);
    return (too_many && filters.size() == kMostChoices) || std::ranges::any_of(filters, fits_filter);
  };
  const auto denies = [&](std::uint32_t number) {
    if (!rights.denied.contains(space_of_[number])) return false;
    return !templates_[number].repeats ||
           any_choice(
               number, [&](const std::string& filter) { return overlap(filter, topic); }, true);
  };
  if (!rights.denied.empty() && trie_.any_overlapping(topic, member.values, denies)) return Answer::denied;
  const auto allows = [&](std::uint32_t number) {
    if (!rights.allowed.contains(space_of_[number])) return false;
    return !templates_[number].repeats ||
           any_choice(
               number, [&](const std::string& filter) { return covers(filter, topic); }, false);
  };
  const bool allowed = !rights.allowed.empty() && trie_.any_covering(topic, member.values, allows);
  return allowed ? Answer::allowed : Answer::nothing;
}

}  // namespace topic_spaces
