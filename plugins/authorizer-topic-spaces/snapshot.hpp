// The rights in one namespace, compiled.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/authorizer.hpp>
#include <trellis/resources.hpp>
#include <vector>

#include "group_query.hpp"
#include "template_trie.hpp"
#include "topic_template.hpp"

namespace topic_spaces {

/// A set of topic spaces, by their indices.
class SpaceSet {
 public:
  void add(std::uint32_t space) {
    if (words_.size() <= space / 64) words_.resize(space / 64 + 1);
    words_[space / 64] |= std::uint64_t{1} << space % 64;
  }
  bool contains(std::uint32_t space) const noexcept {
    return space / 64 < words_.size() && (words_[space / 64] >> space % 64 & 1) != 0;
  }
  bool empty() const noexcept { return words_.empty(); }

 private:
  std::vector<std::uint64_t> words_;  // the last one is not 0
};

/// Who asks, and what is known of it.
struct Subject {
  std::string name;                          // the authentication name
  rights::Attributes attributes = {};        // its own, or those of the registered client
  std::vector<std::string> principals = {};  // what role assignments may call it
  bool by_roles = false;                     // they, not groups, say what it may
  bool disabled = false;                     // it is registered, and may nothing
  std::string origin = {};                   // of the attributes, for people
};

/// A subject in the light of a snapshot: compiled once, asked often.
struct Member {
  struct Rights {
    SpaceSet allowed;
    SpaceSet denied;
  };
  Rights publish;
  Rights subscribe;
  VariableValues values;
  trellis::ClientLimits limits{};
  bool disabled = false;
  std::uint32_t version = 0;  // of the client's name when it was made

  /// Whether its values take more room than a memory of many should give to one.
  bool is_large() const noexcept;
};

/// What holds for sessions where the settings of a namespace do not say it; 0: what the transport says.
struct SessionDefaults {
  std::int64_t sessions_of_name = 0;
  std::int64_t expiry_hours = 0;
};
inline constexpr SessionDefaults kEventGridDefaults{1, 1};

/// Groups, spaces and bindings of a namespace at one moment. Immutable. [any]
class Snapshot {
 public:
  /// Of what there is now. [control]
  static std::shared_ptr<const Snapshot> read(const trellis::Host& host, std::string_view name_space,
                                              const SessionDefaults& defaults);

  Member member(const Subject& subject) const;
  /// denied: by a binding that says so; otherwise nothing allows it.
  enum class Answer : std::uint8_t { allowed, denied, nothing };
  Answer judge(const Member& member, trellis::Action action, std::string_view topic) const;
  /// The same with its reasons.
  void explain(const Subject& subject, trellis::Action action, std::string_view topic,
               const trellis::ExplainSink& tell) const;

 private:
  struct Group {
    std::string name;
    std::shared_ptr<const GroupQuery> query;  // null: everybody
    trellis::ClientLimits limits{};
  };
  struct Space {
    std::string name;
    std::vector<std::uint32_t> templates;
  };
  struct Binding {
    std::string name;
    std::uint32_t group;
    std::uint32_t space;
    bool publishes;
    bool denies;
  };
  struct Role {
    std::string principal;
    std::int32_t space;  // -1: all
    bool publishes;
  };
  void read_groups(const trellis::Host& host, std::string_view name_space);
  void read_spaces(const trellis::Host& host, std::string_view name_space);
  void read_bindings(const trellis::Host& host, std::string_view name_space);
  void read_settings(const trellis::Host& host, std::string_view name_space, const SessionDefaults& defaults);

  bool in_group(const Subject& subject, std::uint32_t group) const;
  bool groups_count(const Subject& subject) const { return !subject.by_roles || roles_and_groups_; }
  static bool has_role(const Subject& subject, const Role& role);
  VariableValues values_of(const Subject& subject) const;
  std::string cover_text(const Space& space, const VariableValues& values, std::string_view topic, bool overlaps) const;
  void explain_binding(const Binding& binding, const Subject& subject, const VariableValues& values,
                       std::string_view topic, const trellis::ExplainSink& tell) const;
  void explain_groups(const Subject& subject, bool publishes, const VariableValues& values, std::string_view topic,
                      const trellis::ExplainSink& tell) const;
  void explain_roles(const Subject& subject, bool publishes, const VariableValues& values, std::string_view topic,
                     const trellis::ExplainSink& tell) const;

  std::vector<Group> groups_;
  std::vector<Space> spaces_;
  std::vector<Binding> bindings_;
  std::vector<Role> roles_;
  std::vector<Variable> variables_;
  std::vector<TopicTemplate> templates_;
  std::vector<std::uint32_t> space_of_;  // by template
  TemplateTrie trie_;
  trellis::ClientLimits limits_{};
  bool roles_and_groups_ = false;
};

}  // namespace topic_spaces
