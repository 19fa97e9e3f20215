// The half of JsonParser that deals with objects, lists and what goes wrong between their brackets.
#include <fmt/format.h>

#include <utility>

#include "json_parser.hpp"

namespace trellis::schema {

namespace {

char closer_of(char opener) { return opener == '{' ? '}' : ']'; }

}  // namespace

bool JsonParser::open(std::size_t offset) {
  if (open_.size() >= max_depth_) {
    return hard_error({offset, offset + 1}, fmt::format("brackets are nested more than {} deep here", max_depth_));
  }
  open_.push_back({offset, text_[offset]});
  last_end_ = ++at_;
  return true;
}

void JsonParser::close(std::size_t offset) {
  const Bracket opener = open_.back();
  open_.pop_back();
  last_end_ = ++at_;
  const std::size_t open_indent = source_.indentation(opener.offset);
  const std::size_t close_indent = source_.indentation(offset);
  const bool sure = source_.begins_line(offset);
  if (open_indent == close_indent || line(opener.offset) == line(offset) || (sure && sure_suspect_)) return;
  const Span here{offset, offset + 1};
  const Span there{opener.offset, opener.offset + 1};
  SyntaxError suspect{there, pointer(), fmt::format("\"{}\" opened here seems never to be closed", opener.character)};
  suspect.notes = {{here, "this one closes it, but is indented like an outer one"}};
  if (close_indent > open_indent) {
    suspect.where = here;
    suspect.message = fmt::format("this \"{}\" seems to be one too many", text_[offset]);
    suspect.notes = {{there, "it closes this one, whose line is indented otherwise"}};
  }
  if (sure) {
    sure_suspect_ = std::move(suspect);
  } else if (!sure_suspect_) {
    suspects_.push_back(std::move(suspect));
  }
}

bool JsonParser::parse_object(Json::Value& out) {
  out = Json::Value(Json::objectValue);
  while (true) {
    if (!skip_space()) return false;
    if (at_end()) return unclosed_at_end();
    if (peek() == '}') break;
    if (peek() == ']') return wrong_closer();
    if (peek() == ',') {
      soft_error({at_, at_ + 1}, "there is nothing before this comma");
      last_end_ = ++at_;
      continue;
    }
    if (!parse_member(out)) return false;
    if (!skip_space()) return false;
    if (peek() == '}') break;
    if (!expect_separator('}', false)) return false;
  }
  close(at_);
  return true;
}

bool JsonParser::parse_member(Json::Value& object) {
  std::string key;
  Span place;
  if (!parse_key(key, place) || !expect_colon(place)) return false;
  const std::size_t colon_end = last_end_;
  Json::Value value;
  path_.push_back(key);
  const bool read = parse_value(value) && skip_space();
  path_.pop_back();
  if (!read) return false;
  if (peek() == ':' && value.isString()) {
    return hard_error({colon_end - 1, colon_end}, fmt::format("\"{{\" is missing after \"{}\":", key));
  }
  const auto begin = static_cast<std::size_t>(value.getOffsetStart());
  last_object_ = value.isObject() ? begin : std::string_view::npos;
  if (const Json::Value* first = object.find(key.data(), key.data() + key.size())) {
    Span first_place{};
    for (const KeyPlace& known : result_.keys) {
      if (known.value_begin == static_cast<std::size_t>(first->getOffsetStart())) first_place = known.key;
    }
    path_.push_back(key);
    result_.errors.push_back({place,
                              pointer(),
                              fmt::format("\"{}\" is given twice; expected it once", key),
                              {},
                              {{first_place, "first given here"}}});
    path_.pop_back();
    return result_.errors.size() < kMostErrors;
  }
  object[key] = std::move(value);
  result_.keys.push_back({begin, place});
  return true;
}

bool JsonParser::parse_key(std::string& key, Span& place) {
  const std::size_t begin = at_;
  const char c = peek();
  if (c == '"' || c == '\'') {
    if (!parse_string(key, c)) return false;
  } else if (std::string word(word_at(at_)); !word.empty()) {
    at_ += word.size();
    const bool half = peek() == '"';
    if (half) {
      return hard_error({begin, at_}, fmt::format("the opening double quote is missing before {}", word),
                        '"' + word + '"');
    }
    soft_error({begin, at_}, fmt::format("keys are written in double quotes, {} is not", word), '"' + word + '"');
    key = std::move(word);
  } else if ((c == '{' || c == '[') && open_.size() > 1 && open_[open_.size() - 2].character == '[' && c == '{') {
    const Bracket opener = open_.back();
    return bracket_error({opener.offset, opener.offset + 1}, "\"{\" opened here is not closed before the next one",
                         {{{at_, at_ + 1}, "the next one"}});
  } else if (c == '{' && looks_like_next_item(at_)) {
    return bracket_error({last_object_, last_object_ + 1}, "\"[\" is missing before this",
                         {{{at_, at_ + 1}, "another one follows"}});
  } else {
    return hard_error({at_, at_ + 1}, fmt::format("unexpected \"{}\"; expected a key in double quotes", c));
  }
  place = {begin, at_};
  last_end_ = at_;
  return true;
}

bool JsonParser::expect_colon(const Span& key) {
  if (!skip_space()) return false;
  if (at_end()) return unclosed_at_end();
  if (peek() == ':') {
    last_end_ = ++at_;
    return true;
  }
  if (peek() == '=') {
    soft_error({at_, at_ + 1}, "keys and values are separated by a colon", ":");
    last_end_ = ++at_;
    return true;
  }
  const std::string_view text = text_.substr(key.begin, key.end - key.begin);
  if (text.find(':') != std::string_view::npos || text.find(',') != std::string_view::npos) {
    return hard_error(key, "a double quote seems to be missing around here");
  }
  return hard_error({key.end - 1, key.end}, fmt::format("a colon and a value are missing after the key {}", text));
}

bool JsonParser::parse_array(Json::Value& out) {
  out = Json::Value(Json::arrayValue);
  while (true) {
    if (!skip_space()) return false;
    if (at_end()) return unclosed_at_end();
    if (peek() == ']') break;
    if (peek() == '}') return wrong_closer();
    Json::Value value;
    path_.push_back(std::to_string(out.size()));
    const bool read = parse_value(value) && skip_space();
    path_.pop_back();
    if (!read) return false;
    if (peek() == ':' && value.isString()) {
      return key_in_list(static_cast<std::size_t>(value.getOffsetStart()), out);
    }
    const bool last_was_text = value.isString();
    out.append(std::move(value));
    if (peek() == ']') break;
    if (!expect_separator(']', last_was_text)) return false;
  }
  close(at_);
  return true;
}

// `"text":` inside a list: either its "]" is missing before, or the "{" of the next item is.
bool JsonParser::key_in_list(std::size_t key, const Json::Value& list) {
  const Bracket opener = open_.back();
  const bool list_of_others = !list.empty() && !list[list.size() - 1].isObject();
  const bool beside = !list.empty() && source_.indentation(key) == source_.indentation(opener.offset);
  if (list_of_others || beside) {
    return bracket_error({opener.offset, opener.offset + 1}, "\"[\" opened here is not closed before the next key",
                         {{{key, key + 1}, "the next key"}});
  }
  return bracket_error({key, key + 1}, "\"{\" is missing before this key: keys belong in an object",
                       {{{opener.offset, opener.offset + 1}, "this is a list"}}, true);
}

bool JsonParser::expect_separator(char closer, bool last_was_text) {
  if (at_end()) return unclosed_at_end();
  if (peek() == ',') {
    const std::size_t comma = at_;
    last_end_ = ++at_;
    if (!skip_space()) return false;
    if (peek() == closer) {
      const std::size_t next = text_.find_first_not_of(" \t", at_ + 1);
      const bool stray = next < text_.size() && std::string_view("\"{[:").find(text_[next]) != std::string_view::npos;
      if (stray) return hard_error({at_, at_ + 1}, fmt::format("unexpected \"{}\"; expected another entry", closer));
      soft_error({comma, comma + 1},
                 fmt::format("there is a comma before \"{}\"; expected none after the last entry", closer));
    }
    return true;
  }
  const char c = peek();
  if (c == '}' || c == ']') return wrong_closer();
  if (c == ':' || c == '=' || (closer == '}' && (c == '{' || c == '['))) {
    return hard_error({at_, at_ + 1}, fmt::format("unexpected \"{}\"; expected a comma or \"{}\"", c, closer));
  }
  const bool closed = c != '"' || text_.find('"', at_ + 1) < text_.find('\n', at_);
  if (!closed) return hard_error({at_, at_ + 1}, fmt::format("unexpected \"; expected a comma or \"{}\"", closer));
  if (last_was_text && line(last_end_) == line(at_) && c != '"' && c != '{' && c != '[') {
    return hard_error({last_end_ - 1, last_end_},
                      "a comma is missing here, or a double quote too many stands before it");
  }
  soft_error({last_end_ - 1, last_end_},
             fmt::format("a comma is missing after this; expected \",\" or \"{}\"", closer));
  return true;
}

// --- brackets that do not add up

bool JsonParser::wrong_closer() {
  const char c = peek();
  const Bracket opener = open_.back();
  std::size_t i = open_.size();
  while (i > 0 && closer_of(open_[i - 1].character) != c) --i;
  const bool closes_an_outer_one =
      i > 0 && source_.begins_line(at_) && source_.indentation(at_) == source_.indentation(open_[i - 1].offset);
  const Span here{at_, at_ + 1};
  const Span there{opener.offset, opener.offset + 1};
  if (closes_an_outer_one) {
    return bracket_error(there, fmt::format("\"{}\" opened here is not closed before \"{}\"", opener.character, c),
                         {{here, fmt::format("expected \"{}\" before this", closer_of(opener.character))}});
  }
  const std::size_t next = text_.find_first_not_of(" \t", at_ + 1);
  const bool ends_entry = next >= text_.size() || text_[next] != '}';
  if (c == ']' && i == 0 && last_object_ != std::string_view::npos && source_.begins_line(at_) && ends_entry) {
    return bracket_error({last_object_, last_object_ + 1}, "\"[\" is missing before this", {{here, "to go with this"}});
  }
  return bracket_error(here, fmt::format("unexpected \"{}\"; expected \"{}\"", c, closer_of(opener.character)),
                       {{there, fmt::format("to close this \"{}\"", opener.character)}});
}

// True if the object at `offset` begins with the same key as the one just read: then both are items of one list.
bool JsonParser::looks_like_next_item(std::size_t offset) const {
  if (last_object_ == std::string_view::npos) return false;
  const auto first_key = [&](std::size_t begin) {
    const std::size_t quote = text_.find_first_not_of(" \t\r\n", begin + 1);
    if (quote >= text_.size() || text_[quote] != '"') return std::string_view{};
    return text_.substr(quote, text_.find('"', quote + 1) - quote);
  };
  return !first_key(offset).empty() && first_key(offset) == first_key(last_object_);
}

bool JsonParser::unclosed_at_end() {
  if (open_.empty()) return hard_error({last_end_, last_end_}, "the file ends where a value was expected");
  const Bracket opener = open_.back();
  const SyntaxNote note{{text_.size(), text_.size()}, "the file ends here"};
  return bracket_error({opener.offset, opener.offset + 1},
                       fmt::format("\"{}\" opened here is never closed", opener.character), {note});
}

}  // namespace trellis::schema
