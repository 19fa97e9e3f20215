// The rules of an ACL file, compiled: who may write and read which topics.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "topic_pattern.hpp"

namespace acl {

enum class Action { publish, subscribe, receive };
enum class Verdict { allow, deny, none };  // none: no rule says anything

/// When a subscription is accepted: a read rule must cover the whole filter, or any read rule may match a part of it.
enum class SubscribeRule { covered, any };

/// Rules of one section with one effect. Those for exactly one topic are kept sorted, to be found without a scan.
class RuleList {
 public:
  enum Access : unsigned { read = 1, write = 2 };

  void add(TopicPattern pattern, unsigned access);
  void sort();
  bool covers(std::string_view filter, unsigned access, const Names& names, TopicPattern::Doubt doubt) const noexcept;
  bool overlaps(std::string_view filter, unsigned access, const Names& names) const noexcept;

 private:
  struct Rule {
    TopicPattern pattern;
    unsigned access;
  };
  std::vector<Rule> open_;   // with wildcards or placeholders
  std::vector<Rule> exact_;  // sorted by text
};

/// An ACL file. Immutable once parsed; all threads may ask at once, and asking allocates nothing.
class RuleSet {
 public:
  /// Reads the text of a file; `name` is the file's name for messages. Every mistake adds a line to `errors`, and the
  /// result is only good when none was added.
  static RuleSet parse(std::string_view text, std::string_view name, std::vector<std::string>& errors);

  Verdict decide(Action action, std::string_view topic, const Names& names, SubscribeRule subscribe) const noexcept;

  size_t rule_count() const noexcept { return rule_count_; }

 private:
  struct Section {
    RuleList allow;
    RuleList deny;
  };
  friend class RuleParser;

  const Section* section_of(std::string_view username) const noexcept;

  Section anonymous_;                                  // before the first `user` line
  std::map<std::string, Section, std::less<>> users_;  // transparent: looked up by view
  Section patterns_;                                   // for everybody
  size_t rule_count_ = 0;
};

}  // namespace acl
