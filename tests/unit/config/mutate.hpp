// Damages configuration files the way people and cut-off copies do, knowing for each damage what should be reported.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <trellis/schema/document.hpp>
#include <trellis/schema/pointer.hpp>
#include <trellis/schema/schema.hpp>
#include <utility>
#include <vector>

namespace trellis::schema::testing {

struct Mutation {
  std::string kind;
  std::string text;          // the damaged file
  std::set<unsigned> lines;  // where a report is right; empty: anything goes, as long as nothing crashes
  std::string key;           // what the damaged key was; empty: no key was damaged
  bool may_be_valid = false;
};

/// The rules at a pointer, or null where they are not known. For several schemas joined by the program, give a
/// function that knows them all; for one, see rules_of().
using Rules = std::function<const SchemaNode*(std::string_view pointer)>;

inline Rules rules_of(const Schema& schema) {
  return [&schema](std::string_view pointer) { return schema.find(pointer); };
}

/// Makes mutations of one valid file. The same seed makes the same ones.
class Mutator {
 public:
  Mutator(const std::string& text, Rules rules, unsigned seed) : text_(text), rules_(std::move(rules)), random_(seed) {
    Diagnostics none;
    document_.emplace(*Document::parse(text, "sample", none));
    walk(document_->root(), "");
    find_punctuation();
  }

  Mutation next() {
    while (true) {
      std::optional<Mutation> mutation;
      switch (pick(14)) {
        case 0:
        case 1:
        case 2:
        case 3:
          mutation = mistype_key();
          break;
        case 4:
          mutation = change_type();
          break;
        case 5:
          mutation = mistype_choice();
          break;
        case 6:
          mutation = break_unit();
          break;
        case 7:
          mutation = remove_punctuation();
          break;
        case 8:
          mutation = insert_punctuation();
          break;
        case 9:
          mutation = swap_bracket();
          break;
        case 10:
          mutation = repeat_key();
          break;
        case 11:
          mutation = truncate();
          break;
        case 12:
          mutation = flip_byte();
          break;
        default:
          mutation = trailing_comma();
      }
      if (mutation) return *mutation;
    }
  }

 private:
  struct Entry {
    const Json::Value* value;
    std::string pointer;
    std::string key;  // empty for items of lists
    const Json::Value* object;
    const SchemaNode* rules;         // may be null
    const SchemaNode* object_rules;  // may be null
  };

  std::size_t pick(std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_); }
  char letter() { return "abcdefghijklmnopqrstuvwxyz_"[pick(27)]; }
  unsigned line(std::size_t offset) const { return document_->source().position(offset).line; }
  unsigned last_line() const { return line(text_.size()); }

  void walk(const Json::Value& value, const std::string& pointer) {
    if (value.isObject()) {
      for (auto member = value.begin(); member != value.end(); ++member) {
        const std::string place = pointer_to(pointer, member.name());
        entries_.push_back({&*member, place, member.name(), &value, rules_(place), rules_(pointer)});
        walk(*member, place);
      }
    } else if (value.isArray()) {
      for (Json::ArrayIndex i = 0; i < value.size(); ++i) {
        const std::string place = pointer_to(pointer, i);
        entries_.push_back({&value[i], place, "", &value, rules_(place), rules_(pointer)});
        walk(value[i], place);
      }
    }
  }

  // Everything outside of texts and comments that is punctuation, and the quotes of the texts.
  void find_punctuation() {
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const std::string_view rest = std::string_view(text_).substr(i);
      if (rest.starts_with("//")) {
        i = text_.find('\n', i);
      } else if (rest.starts_with("/*")) {
        i = text_.find("*/", i) + 1;
      } else if (text_[i] == '"') {
        punctuation_.push_back(i);
        for (++i; text_[i] != '"'; ++i) i += text_[i] == '\\' ? 1 : 0;
        punctuation_.push_back(i);
      } else if (std::string_view("{}[],:").find(text_[i]) != std::string_view::npos) {
        punctuation_.push_back(i);
      }
    }
  }

  std::string replaced(std::size_t begin, std::size_t end, std::string_view with) const {
    return text_.substr(0, begin) + std::string(with) + text_.substr(end);
  }
  Mutation replace(std::string kind, std::size_t begin, std::size_t end, std::string_view with) const {
    return {std::move(kind), replaced(begin, end, with), {line(begin)}, "", false};
  }
  Mutation replace_value(std::string kind, const Entry& entry, std::string_view with) const {
    const Span place = document_->place(*entry.value);
    return replace(std::move(kind), place.begin, place.end, with);
  }

  std::string mistyped(const std::string& word) {
    std::string out = word;
    const std::size_t at = pick(out.size());
    switch (pick(4)) {
      case 0:
        out[at] = letter();
        break;
      case 1:
        out.erase(at, 1);
        break;
      case 2:
        out.insert(out.begin() + static_cast<std::ptrdiff_t>(pick(out.size() + 1)), letter());
        break;
      default:
        if (at + 1 < out.size()) std::swap(out[at], out[at + 1]);
    }
    return out;
  }

  std::optional<Mutation> mistype_key() {
    const Entry& entry = entries_[pick(entries_.size())];
    // Where any key is allowed, a mistyped one is just another.
    if (entry.key.empty() || entry.object_rules == nullptr || entry.object_rules->property(entry.key) == nullptr)
      return {};
    const std::string typo = mistyped(entry.key);
    if (typo == entry.key || typo.empty() || entry.object_rules->property(typo) != nullptr) return {};
    const Span place = document_->key_place(*entry.value);
    Mutation mutation = replace("key typo", place.begin, place.end, '"' + typo + '"');
    mutation.key = entry.key;
    return mutation;
  }

  std::optional<Mutation> change_type() {
    const Entry& entry = entries_[pick(entries_.size())];
    static constexpr std::string_view kOthers[] = {"[[]]", "{\"a\": {}}", "-3.25", "\"?\"", "null", "false", "-1"};
    const std::string_view other = kOthers[pick(std::size(kOthers))];
    Mutation mutation = replace_value("type", entry, other);
    if (entry.value->isObject() || entry.value->isArray()) {
      // The lines behind move up; the place of the mistake does not.
    }
    mutation.may_be_valid = true;  // some of them fit some rules
    return mutation;
  }

  std::optional<Mutation> mistype_choice() {
    const Entry& entry = entries_[pick(entries_.size())];
    if (entry.rules == nullptr || entry.rules->choices.empty() || !entry.value->isString()) return {};
    const std::string typo = mistyped(entry.value->asString());
    for (const Json::Value& choice : entry.rules->choices) {
      if (choice == Json::Value(typo)) return {};
    }
    return replace_value("choice typo", entry, '"' + typo + '"');
  }

  std::optional<Mutation> break_unit() {
    const Entry& entry = entries_[pick(entries_.size())];
    if (entry.rules == nullptr) return {};
    const bool unit = entry.rules->format == Format::bytes || entry.rules->format == Format::duration;
    if (!unit) return {};
    static constexpr std::string_view kBad[] = {
        "\"8MBB\"", "\"-8MiB\"", "\"99999999999999999999GiB\"", "\"1.5s\"", "\"s\"", "\"\"", "-5", "2.5", "\"8 MiBs\""};
    return replace_value("unit", entry, kBad[pick(std::size(kBad))]);
  }

  // A missing token is missing somewhere between its neighbours; a missing closer may as well be reported at its
  // opener.
  std::set<unsigned> lines_around(std::size_t index) const {
    std::set<unsigned> lines = {line(punctuation_[index])};
    const auto add_token = [&](std::size_t from, int step) {
      for (std::size_t i = from; i < text_.size(); i += static_cast<std::size_t>(step)) {
        if (!std::isspace(static_cast<unsigned char>(text_[i]))) return void(lines.insert(line(i)));
      }
    };
    add_token(punctuation_[index] + 1, 1);
    add_token(punctuation_[index] - 1, -1);
    const char c = text_[punctuation_[index]];
    if (c == '}' || c == ']') lines.insert(line(opener_of(index)));
    return lines;
  }

  std::size_t opener_of(std::size_t index) const {
    int depth = 0;
    for (std::size_t i = index + 1; i-- > 0;) {
      const char c = text_[punctuation_[i]];
      if (c == '}' || c == ']') ++depth;
      if (c == '{' || c == '[') --depth;
      if (depth == 0 && (c == '{' || c == '[')) return punctuation_[i];
    }
    return 0;
  }

  std::optional<Mutation> remove_punctuation() {
    const std::size_t index = pick(punctuation_.size());
    Mutation mutation = replace("removed", punctuation_[index], punctuation_[index] + 1, "");
    mutation.lines = lines_around(index);
    return mutation;
  }

  std::optional<Mutation> insert_punctuation() {
    const std::size_t index = pick(punctuation_.size());
    const std::string_view added = std::string_view("{}[],:\"").substr(pick(7), 1);
    const std::size_t at = punctuation_[index];
    const bool bracket = added == "{" || added == "[";
    Mutation mutation = replace("inserted", at, at, added);
    // A second opener in front of a value may be reported where the first closer does not fit it.
    if (bracket && (text_[at] == '{' || text_[at] == '[')) mutation.lines.insert(line(closer_of_index(index)));
    // Two quotes in a row may close a text and begin another.
    mutation.may_be_valid = true;
    return mutation;
  }

  std::size_t closer_of_index(std::size_t index) const {
    int depth = 0;
    for (std::size_t i = index; i < punctuation_.size(); ++i) {
      const char c = text_[punctuation_[i]];
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      if (depth == 0) return punctuation_[i];
    }
    return text_.size();
  }

  std::optional<Mutation> swap_bracket() {
    const std::size_t index = pick(punctuation_.size());
    const char c = text_[punctuation_[index]];
    const std::size_t kind = std::string_view("{}[]").find(c);
    if (kind == std::string_view::npos) return {};
    Mutation mutation =
        replace("swapped", punctuation_[index], punctuation_[index] + 1, std::string_view("[]{}").substr(kind, 1));
    const bool opener = c == '{' || c == '[';
    mutation.lines.insert(line(opener ? closer_of_index(index) : opener_of(index)));
    if (opener) {
      // The first thing inside is what does not belong there.
      const std::set<unsigned> around = lines_around(index);
      mutation.lines.insert(around.begin(), around.end());
    }
    return mutation;
  }

  std::optional<Mutation> repeat_key() {
    const Entry& entry = entries_[pick(entries_.size())];
    if (entry.key.empty()) return {};
    const Span key = document_->key_place(*entry.value);
    const std::string again = text_.substr(key.begin, document_->place(*entry.value).end - key.begin);
    Mutation mutation = replace("repeated", key.begin, key.begin, again + ", ");
    mutation.lines.insert(line(key.begin) + static_cast<unsigned>(std::count(again.begin(), again.end(), '\n')));
    return mutation;
  }

  std::optional<Mutation> truncate() {
    const std::size_t last = text_.find_last_of('}');
    const std::size_t at = text_.find('{') + 1 + pick(last - text_.find('{') - 1);
    Mutation mutation{"truncated", text_.substr(0, at), {line(at), line(at - 1)}, "", false};
    std::vector<std::size_t> open;
    for (const std::size_t offset : punctuation_) {
      if (offset >= at) break;
      if (text_[offset] == '{' || text_[offset] == '[') open.push_back(offset);
      if (text_[offset] == '}' || text_[offset] == ']') open.pop_back();
    }
    for (const std::size_t offset : open) mutation.lines.insert(line(offset));
    return mutation;
  }

  std::optional<Mutation> flip_byte() {
    std::string damaged = text_;
    damaged[pick(damaged.size())] = static_cast<char>(pick(256));
    return Mutation{"byte", std::move(damaged), {}, "", true};
  }

  std::optional<Mutation> trailing_comma() {
    const std::size_t index = pick(punctuation_.size());
    const char c = text_[punctuation_[index]];
    if (c != '}' && c != ']') return {};
    std::size_t end = punctuation_[index];
    while (std::isspace(static_cast<unsigned char>(text_[end - 1]))) --end;
    return replace("trailing comma", end, end, ",");
  }

  std::string text_;
  Rules rules_;
  std::mt19937 random_;
  std::optional<Document> document_;
  std::vector<Entry> entries_;
  std::vector<std::size_t> punctuation_;
};

/// What came of many mutations.
struct Tally {
  unsigned tried = 0;
  unsigned reported = 0;
  unsigned right_line = 0;
  unsigned silent = 0;  // damage that should have been reported and was not
  unsigned key_typos = 0;
  unsigned right_key = 0;
  std::string misses;  // for the developer: what went wrong, with the damaged text's line and the report

  double line_share() const { return reported == 0 ? 1.0 : double(right_line) / reported; }
  double key_share() const { return key_typos == 0 ? 1.0 : double(right_key) / key_typos; }
};

/// Checks a text as the program would.
using Check = std::function<Diagnostics(const std::string& text)>;

inline void judge(const Mutation& mutation, const Diagnostics& found, Tally& tally) {
  ++tally.tried;
  if (found.ok()) {
    if (!mutation.may_be_valid) {
      ++tally.silent;
      tally.misses += "not reported: " + mutation.kind + "\n" + mutation.text + "\n";
    }
    return;
  }
  bool right_key = false;
  for (const Diagnostic& diagnostic : found) right_key |= diagnostic.suggestion == '"' + mutation.key + '"';
  // The first report is what people look at first.
  const bool right_line = mutation.lines.count(found[0].line) != 0;
  if (!mutation.lines.empty()) {
    ++tally.reported;
    tally.right_line += right_line ? 1 : 0;
  }
  if (!mutation.key.empty()) {
    ++tally.key_typos;
    tally.right_key += right_key ? 1 : 0;
  }
  const bool missed = (!mutation.lines.empty() && !right_line) || (!mutation.key.empty() && !right_key);
  if (!missed) return;
  tally.misses += mutation.kind + ", expected line";
  for (const unsigned line : mutation.lines) tally.misses += ' ' + std::to_string(line);
  tally.misses += mutation.key.empty() ? "\n" : ", key " + mutation.key + "\n";
  tally.misses += found.text() + "\n";
}

inline Tally try_mutations(const std::string& text, const Rules& rules, unsigned count, unsigned seed,
                           const Check& check) {
  Mutator mutator(text, rules, seed);
  Tally tally;
  for (unsigned i = 0; i < count; ++i) {
    const Mutation mutation = mutator.next();
    judge(mutation, check(mutation.text), tally);
  }
  return tally;
}

}  // namespace trellis::schema::testing
