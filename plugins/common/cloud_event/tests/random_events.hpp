// Random events and filters that meet often, and an evaluator that does everything the slow and obvious way.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace cloud_event::testing {

/// A JSON value as a tree, with what it is written as.
struct Tree {
  enum class Kind { null, boolean, number, text, list, object };
  Kind kind = Kind::null;
  std::string written;  // of all but lists and objects
  std::string text;     // of texts
  bool boolean = false;
  long double number = 0;
  std::vector<std::string> names;
  std::vector<Tree> items;

  std::string json() const;
};

/// One filter of a subscription as somebody writes it, and as the evaluator takes it.
struct OneFilter {
  std::string op;
  std::string key;
  std::vector<Tree> values;

  std::string json() const;
};

struct Subscription {
  std::vector<std::string> types;
  std::string begin, end;  // of the subject
  bool exact = false;
  bool basic = false;
  bool arrays = true;
  std::vector<OneFilter> filters;

  std::string json() const;
  bool passes(const Tree& event) const;
};

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  Tree event();
  Subscription subscription();
  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(engine_); }

 private:
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class List>
  const auto& any(const List& list) {
    return list[below(std::size(list))];
  }
  std::string word();
  Tree text();
  Tree number();
  Tree scalar();
  Tree value(int depth);
  Tree object(int depth);
  OneFilter filter();

  std::mt19937_64 engine_;
};

}  // namespace cloud_event::testing
