// Reads an ACL file line by line and reports every mistake with its line.
#include <string>
#include <utility>

#include "rules.hpp"

namespace acl {
namespace {

constexpr std::string_view kBlank = " \t\r\v\f";

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Cuts the first word off `text` and leaves the trimmed rest.
std::string_view take_word(std::string_view& text) {
  const size_t end = text.find_first_of(kBlank);
  const std::string_view word = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : trimmed(text.substr(end));
  return word;
}

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

}  // namespace

/// State of reading one file.
class RuleParser {
 public:
  RuleParser(std::string_view name, std::vector<std::string>& errors) : name_(name), errors_(errors) {}

  RuleSet read(std::string_view text) {
    section_ = &rules_.anonymous_;
    while (!text.empty()) {
      const size_t end = text.find('\n');
      ++line_;
      read_line(trimmed(text.substr(0, end)));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    sort(rules_.anonymous_);
    sort(rules_.patterns_);
    for (auto& [user, section] : rules_.users_) sort(section);
    return std::move(rules_);
  }

 private:
  static void sort(RuleSet::Section& section) {
    section.allow.sort();
    section.deny.sort();
  }

  void read_line(std::string_view line) {
    if (line.empty() || line.front() == '#') return;
    std::string_view rest = line;
    const std::string_view word = take_word(rest);
    if (word == "user") {
      if (rest.empty()) return fail("expected a user name after \"user\"");
      section_ = &rules_.users_[std::string(rest)];
    } else if (word == "topic") {
      read_rule(rest, *section_, TopicPattern::Placeholders::literal);
    } else if (word == "pattern") {
      read_rule(rest, rules_.patterns_, TopicPattern::Placeholders::replaced);
    } else {
      fail("found " + quoted(word) + R"(, expected "user", "topic" or "pattern")");
    }
  }

  /// Reads "[read|write|readwrite|deny] FILTER". The word may be missing only where the filter has no blank.
  void read_rule(std::string_view rest, RuleSet::Section& section, TopicPattern::Placeholders placeholders) {
    unsigned access = RuleList::read | RuleList::write;
    RuleList* list = &section.allow;
    std::string_view filter = rest;
    const std::string_view word = take_word(filter);
    if (word == "deny") {
      list = &section.deny;
    } else if (word == "read") {
      access = RuleList::read;
    } else if (word == "write") {
      access = RuleList::write;
    } else if (word != "readwrite") {
      if (!filter.empty())
        return fail("found " + quoted(word) + R"(, expected "read", "write", "readwrite" or "deny")");
      filter = word;
    }
    TopicPattern pattern;
    if (const std::string why = pattern.parse(filter, placeholders); !why.empty()) return fail(why);
    list->add(std::move(pattern), access);
    ++rules_.rule_count_;
  }

  void fail(const std::string& what) { errors_.push_back(name_ + ':' + std::to_string(line_) + ": " + what); }

  std::string name_;
  std::vector<std::string>& errors_;
  RuleSet rules_;
  RuleSet::Section* section_ = nullptr;
  size_t line_ = 0;
};

RuleSet RuleSet::parse(std::string_view text, std::string_view name, std::vector<std::string>& errors) {
  return RuleParser(name, errors).read(text);
}

}  // namespace acl
