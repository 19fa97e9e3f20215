// Why a snapshot answers as it does, for people.
#include <algorithm>
#include <trellis/json.hpp>

#include "snapshot.hpp"
#include "types.hpp"

namespace topic_spaces {
namespace {

constexpr std::size_t kShownChoices = 16;

std::string quoted(std::string_view text) { return trellis::json::quote(text); }

std::string listed(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + text;
  return list.empty() ? "none" : list;
}

}  // namespace

// Which template of the space fits, or what each of them comes to.
std::string Snapshot::cover_text(const Space& space, const VariableValues& values, std::string_view topic,
                                 bool overlaps) const {
  std::string others;
  for (const std::uint32_t number : space.templates) {
    const TopicTemplate& from = templates_[number];
    const auto filters = substituted(from, values, kShownChoices);
    const auto fit = std::ranges::find_if(
        filters, [&](const std::string& filter) { return overlaps ? overlap(filter, topic) : covers(filter, topic); });
    const std::string meant = from.text + (filters.empty()           ? " (the client lacks a variable of it)"
                                           : filters[0] != from.text ? " = " + listed(filters)
                                                                     : "");
    if (fit != filters.end()) return "the template " + meant + (overlaps ? " holds some of it" : " covers it");
    others += (others.empty() ? "" : "; ") + meant;
  }
  return (overlaps ? "no template holds any of it: " : "no template covers it: ") + others;
}

void Snapshot::explain_binding(const Binding& binding, const Subject& subject, const VariableValues& values,
                               std::string_view topic, const trellis::ExplainSink& tell) const {
  const std::string what = "binding " + binding.name + (binding.denies ? " (denies)" : "");
  const std::string& group = groups_[binding.group].name;
  if (!in_group(subject, binding.group)) return tell(what, "the client is not in the group " + group);
  const Space& space = spaces_[binding.space];
  tell(what,
       "group " + group + ", topic space " + space.name + ": " + cover_text(space, values, topic, binding.denies));
}

void Snapshot::explain_roles(const Subject& subject, bool publishes, const VariableValues& values,
                             std::string_view topic, const trellis::ExplainSink& tell) const {
  tell("role assignments", "the client counts as " + listed(subject.principals));
  for (const Role& role : roles_) {
    if (role.publishes != publishes || !has_role(subject, role)) continue;
    const std::string what = "role of " + role.principal;
    if (role.space >= 0) {
      const Space& space = spaces_[static_cast<std::size_t>(role.space)];
      tell(what, "topic space " + space.name + ": " + cover_text(space, values, topic, false));
    } else {
      for (const Space& space : spaces_) {
        tell(what, "every topic space, " + space.name + ": " + cover_text(space, values, topic, false));
      }
    }
  }
}

// Groups give nothing to who is judged by roles, but what they are denied they are denied.
void Snapshot::explain_groups(const Subject& subject, bool publishes, const VariableValues& values,
                              std::string_view topic, const trellis::ExplainSink& tell) const {
  std::vector<std::string> groups;
  for (std::uint32_t i = 0; i < groups_.size(); ++i) {
    if (in_group(subject, i)) groups.push_back(groups_[i].name);
  }
  const bool groups_give = groups_count(subject);
  tell("client groups", listed(groups) + (groups_give ? "" : "; only what they are denied counts beside roles"));
  const auto fits = [&](const Binding& binding) {
    return binding.publishes == publishes && (binding.denies || groups_give);
  };
  if (groups_give && std::ranges::none_of(bindings_, fits)) {
    tell("bindings", std::string("the namespace has none for a ") + (publishes ? "Publisher" : "Subscriber"));
  }
  for (const Binding& binding : bindings_) {
    if (fits(binding)) explain_binding(binding, subject, values, topic, tell);
  }
}

void Snapshot::explain(const Subject& subject, trellis::Action action, std::string_view topic,
                       const trellis::ExplainSink& tell) const {
  tell("attributes", subject.origin);
  for (const rights::Attribute& one : subject.attributes) tell("attribute " + one.name, rights::to_json(one.value));
  if (subject.disabled) return tell("state", "the registered client is disabled, which denies everything");
  const bool publishes = action == trellis::Action::publish;
  if (publishes && topic.starts_with('$')) {
    return tell("topic", "nobody publishes to topics that begin with '$'");
  }
  const VariableValues values = values_of(subject);
  explain_groups(subject, publishes, values, topic, tell);
  if (subject.by_roles) explain_roles(subject, publishes, values, topic, tell);
  const char* const text[] = {"allowed", "denied by a binding that says so",
                              publishes ? "no topic space lets the client publish there"
                                        : "no topic space covers the filter as a whole for the client"};
  tell(quoted(topic), text[static_cast<std::size_t>(judge(member(subject), action, topic))]);
}

}  // namespace topic_spaces
