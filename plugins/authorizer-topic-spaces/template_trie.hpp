// All topic templates of a namespace in one tree, by their levels: what a question costs does not grow with those that
// cannot fit.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "topic_template.hpp"

namespace topic_spaces {

/// Filled, then only read. [any]
class TemplateTrie {
 public:
  void add(const TopicTemplate& from, std::uint32_t number);

  /// Asks about the templates that cover a topic name or filter, for one client's values, until accepts(number) says
  /// yes. Of templates that repeat a variable it asks about more than do.
  template <class Function>
  bool any_covering(std::string_view topic, const VariableValues& values, const Function& accepts) const {
    return cover(0, topic, true, {values, AcceptsRef(accepts)});
  }
  /// The same for those that fit some topic name the filter fits too.
  template <class Function>
  bool any_overlapping(std::string_view filter, const VariableValues& values, const Function& accepts) const {
    return overlap(0, filter, true, {values, AcceptsRef(accepts)});
  }

 private:
  struct Pattern {
    std::vector<Piece> pieces;
    std::uint32_t node;
  };
  struct Node {
    std::map<std::string, std::uint32_t, std::less<>> texts;
    std::vector<Pattern> patterns;
    std::uint32_t any = 0;            // of '+'; 0: none
    std::vector<std::uint32_t> ends;  // templates that end here
    std::vector<std::uint32_t> rest;  // templates that go on with '#'
  };
  // Refers to a function of the caller's, without allocating.
  class AcceptsRef {
   public:
    template <class Function>
    explicit AcceptsRef(const Function& function) noexcept
        : function_(&function),
          call_([](const void* to, std::uint32_t number) { return (*static_cast<const Function*>(to))(number); }) {}
    bool operator()(std::uint32_t number) const { return call_(function_, number); }

   private:
    const void* function_;
    bool (*call_)(const void*, std::uint32_t);
  };
  struct Question {
    const VariableValues& values;
    AcceptsRef accepts;
    bool any_of(const std::vector<std::uint32_t>& numbers) const;
  };

  std::uint32_t child(std::uint32_t node, const Segment& segment);
  bool cover(std::uint32_t node, std::string_view levels, bool first, const Question& question) const;
  bool overlap(std::uint32_t node, std::string_view levels, bool first, const Question& question) const;
  bool below(std::uint32_t node, bool first, const Question& question) const;

  std::vector<Node> nodes_{1};
};

}  // namespace topic_spaces
