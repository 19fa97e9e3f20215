#include "name_filter.hpp"

#include "route.hpp"

namespace management {

/// Reads one expression by recursive descent.
class FilterReader {
 public:
  explicit FilterReader(std::string_view text) : text_(text) {}

  trellis::Result<NameFilter> read() {
    std::size_t whole = 0;
    if (!read_or(whole)) return failure();
    skip_blanks();
    if (at_ == text_.size()) return std::move(filter_);
    (void)refuse("and, or, or the end");
    return failure();
  }

 private:
  using Kind = NameFilter::Kind;
  static constexpr int kMostDepth = 16;
  static constexpr std::size_t kMostNodes = 100;

  trellis::Error failure() const {
    return trellis::fail("$filter, character " + std::to_string(at_ + 1) + ": expected " + expected_ +
                         "; for example contains(name,'press') and name ne 'press-04'");
  }
  bool refuse(std::string expected) {
    if (expected_.empty()) expected_ = std::move(expected);
    return false;
  }
  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool accept(char c) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool accept_word(std::string_view word) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(word)) return false;
    const std::size_t end = at_ + word.size();
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    if (end < text_.size() && is_letter(text_[end])) return false;
    at_ = end;
    return true;
  }
  bool add(NameFilter::Node node, std::size_t& made) {
    if (filter_.nodes_.size() == kMostNodes) return refuse("a shorter expression");
    filter_.nodes_.push_back(std::move(node));
    made = filter_.nodes_.size() - 1;
    return true;
  }

  bool read_or(std::size_t& made) {
    if (!read_and(made)) return false;
    while (accept_word("or")) {
      std::size_t right = 0;
      if (!read_and(right) || !add({.kind = Kind::either, .left = made, .right = right}, made)) return false;
    }
    return true;
  }
  bool read_and(std::size_t& made) {
    if (!read_not(made)) return false;
    while (accept_word("and")) {
      std::size_t right = 0;
      if (!read_not(right) || !add({.kind = Kind::both, .left = made, .right = right}, made)) return false;
    }
    return true;
  }
  bool read_not(std::size_t& made) {
    if (++depth_ > kMostDepth) return refuse("less nesting");
    const bool read = read_operand(made);
    --depth_;
    return read;
  }
  bool read_operand(std::size_t& made) {
    if (accept_word("not")) {
      std::size_t inner = 0;
      return read_not(inner) && add({.kind = Kind::no, .left = inner}, made);
    }
    if (accept('(')) return read_or(made) && (accept(')') || refuse("')'"));
    std::string text;
    if (accept_word("contains")) {
      if (!accept('(') || !accept_word("name") || !accept(',')) return refuse("contains(name,'…')");
      return read_text(text) && (accept(')') || refuse("')'")) && add({.kind = Kind::contains, .text = text}, made);
    }
    if (!accept_word("name")) return refuse("name, contains, not or '('");
    const bool equal = accept_word("eq");
    if (!equal && !accept_word("ne")) return refuse("eq or ne");
    if (!read_text(text) || !add({.kind = Kind::equals, .text = text}, made)) return false;
    return equal || add({.kind = Kind::no, .left = made}, made);
  }
  bool read_text(std::string& out) {
    if (!accept('\'')) return refuse("text in single quotes");
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c != '\'') {
        out += c;
      } else if (at_ < text_.size() && text_[at_] == '\'') {
        out += text_[at_++];
      } else {
        return true;
      }
    }
    return refuse("a single quote at the end of the text");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::string expected_;
  NameFilter filter_;
};

trellis::Result<NameFilter> NameFilter::parse(std::string_view text) { return FilterReader(text).read(); }

bool NameFilter::passes(std::size_t node, std::string_view name) const {
  const Node& one = nodes_[node];
  const std::string_view meant = one.text.find('/') == std::string::npos ? own_name(name) : name;
  switch (one.kind) {
    case Kind::contains:
      return meant.find(one.text) != std::string_view::npos;
    case Kind::equals:
      return meant == one.text;
    case Kind::no:
      return !passes(one.left, name);
    case Kind::both:
      return passes(one.left, name) && passes(one.right, name);
    case Kind::either:
      return passes(one.left, name) || passes(one.right, name);
  }
  return false;
}

}  // namespace management
