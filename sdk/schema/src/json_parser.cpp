#include "json_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <trellis/schema/near_match.hpp>
#include <trellis/schema/pointer.hpp>
#include <utility>

namespace trellis::schema {

namespace {

bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) || byte >= 0x80 ||
         std::string_view("_-+.$@%&*!?~^\\|<>()").find(c) != std::string_view::npos;
}

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0u | (code >> 6));
    out += static_cast<char>(0x80u | (code & 0x3Fu));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0u | (code >> 12));
    out += static_cast<char>(0x80u | ((code >> 6) & 0x3Fu));
    out += static_cast<char>(0x80u | (code & 0x3Fu));
  } else {
    out += static_cast<char>(0xF0u | (code >> 18));
    out += static_cast<char>(0x80u | ((code >> 12) & 0x3Fu));
    out += static_cast<char>(0x80u | ((code >> 6) & 0x3Fu));
    out += static_cast<char>(0x80u | (code & 0x3Fu));
  }
}

// RFC 8259, section 6: what std::from_chars accepts is close to it, but not the same.
bool is_json_number(std::string_view word) {
  std::size_t i = word.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t begin = i;
    while (i < word.size() && word[i] >= '0' && word[i] <= '9') ++i;
    return i - begin;
  };
  const bool zero = i < word.size() && word[i] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (i < word.size() && word[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < word.size() && (word[i] == 'e' || word[i] == 'E')) {
    ++i;
    if (i < word.size() && (word[i] == '+' || word[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == word.size();
}

}  // namespace

JsonParser::JsonParser(const SourceText& source, unsigned max_depth)
    : source_(source), text_(source.text()), max_depth_(max_depth) {
  if (text_.starts_with("\xEF\xBB\xBF")) at_ = last_end_ = 3;  // a byte order mark, as some editors write it
}

ParsedText JsonParser::run() {
  if (!skip_space()) return std::move(result_);
  if (at_end()) {
    hard_error({0, 0}, "the file is empty; expected an object: {…}");
    return std::move(result_);
  }
  if (!parse_value(result_.root) || !skip_space()) return std::move(result_);
  if (!at_end()) {
    if (peek() == ':' && result_.root.isString()) {
      hard_error({0, 1}, "\"{\" is missing at the beginning of the file");
    } else {
      bracket_error({at_, at_ + 1}, "nothing may follow the end of the configuration",
                    {{{last_end_ - 1, last_end_}, "it ends here"}}, true);
    }
    return std::move(result_);
  }
  result_.usable = true;
  return std::move(result_);
}

// --- white space and comments

bool JsonParser::skip_space() {
  while (!at_end()) {
    const char c = peek();
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at_;
    } else if (c == '#' || text_.substr(at_).starts_with("//")) {
      if (c == '#') soft_error({at_, at_ + 1}, "\"#\" does not begin a comment here", "//");
      at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
    } else if (text_.substr(at_).starts_with("/*")) {
      if (!skip_block_comment()) return false;
    } else {
      return true;
    }
  }
  return true;
}

bool JsonParser::skip_block_comment() {
  const std::size_t end = text_.find("*/", at_ + 2);
  if (end == std::string_view::npos) {
    return hard_error({at_, at_ + 2}, "the comment opened here is never closed; expected */");
  }
  at_ = end + 2;
  return true;
}

// --- values

bool JsonParser::parse_value(Json::Value& out) {
  if (!skip_space()) return false;
  if (at_end()) return unclosed_at_end();
  const std::size_t begin = at_;
  bool read = false;
  switch (peek()) {
    case '{':
      read = open(begin) && parse_object(out);
      break;
    case '[':
      read = open(begin) && parse_array(out);
      break;
    case '"':
    case '\'': {
      std::string text;
      const char quote = peek();
      read = parse_string(text, quote);
      out = Json::Value(text.data(), text.data() + text.size());
      break;
    }
    default:
      return is_word(peek()) ? parse_word(out) : missing_value(out);
  }
  out.setOffsetStart(static_cast<std::ptrdiff_t>(begin));
  out.setOffsetLimit(static_cast<std::ptrdiff_t>(at_));
  last_end_ = at_;
  return read;
}

bool JsonParser::missing_value(Json::Value& out) {
  const char c = peek();
  if (c == ',' && !open_.empty() && open_.back().character == '[') {
    soft_error({at_, at_ + 1}, "a value is missing before this comma");
  } else if (c == ',' || c == '}' || c == ']') {
    soft_error({last_end_ - 1, last_end_},
               fmt::format("a value is missing between \"{}\" and \"{}\"", text_[last_end_ - 1], c));
  } else {
    return hard_error({at_, at_ + 1}, fmt::format("unexpected \"{}\"; expected a value", c));
  }
  broken(out, at_);
  return true;
}

bool JsonParser::parse_word(Json::Value& out) {
  const std::size_t begin = at_;
  const std::string word(word_at(begin));
  at_ += word.size();
  out = Json::Value();
  if (word == "true" || word == "false") {
    out = Json::Value(word == "true");
  } else if (word != "null" && !parse_number(out, word, begin)) {
    if (peek() == '"') {
      return hard_error({begin, at_}, fmt::format("the opening double quote is missing before {}", shown(word)));
    }
    if (result_.broken.empty() || result_.broken.back() != begin) {
      std::string meant = near_match(word, {"true", "false", "null"});
      if (word == "yes" || word == "on") meant = "true";
      if (word == "no" || word == "off") meant = "false";
      if (meant.empty() && shown(word) == word) meant = '"' + word + '"';
      soft_error({begin, at_}, fmt::format("{} is not a JSON value; text is written in double quotes", shown(word)),
                 meant);
      broken(out, begin);
    }
  }
  out.setOffsetStart(static_cast<std::ptrdiff_t>(begin));
  out.setOffsetLimit(static_cast<std::ptrdiff_t>(at_));
  last_end_ = at_;
  return true;
}

// True if `word` was a number and is in `out`; a number that cannot be kept is reported and marked broken.
bool JsonParser::parse_number(Json::Value& out, std::string_view word, std::size_t begin) {
  if (!is_json_number(word)) {
    const bool digit = word.find_first_of("0123456789") <= 1;
    if (!digit || peek() == '"') return false;
    const bool has_unit = std::isalpha(static_cast<unsigned char>(word.back())) && !word.starts_with("0x");
    soft_error({begin, at_},
               fmt::format("{} is not a JSON number{}", shown(word),
                           has_unit ? "; with a unit it is text in double quotes" : ""),
               has_unit ? fmt::format("\"{}\"", shown(word)) : "");
    broken(out, begin);
    return false;
  }
  const char* const last = word.data() + word.size();
  if (word.find_first_of(".eE") == std::string_view::npos) {
    Json::Int64 number = 0;
    Json::UInt64 large = 0;
    if (std::from_chars(word.data(), last, number).ec == std::errc{}) {
      out = Json::Value(number);
      return true;
    }
    if (!word.starts_with('-') && std::from_chars(word.data(), last, large).ec == std::errc{}) {
      out = Json::Value(large);
      return true;
    }
  } else {
    double number = 0;
    if (std::from_chars(word.data(), last, number).ec == std::errc{} && std::isfinite(number)) {
      out = Json::Value(number);
      return true;
    }
  }
  soft_error({begin, at_}, fmt::format("the number {} is out of range", shown(word)));
  broken(out, begin);
  return false;
}

// --- strings

bool JsonParser::parse_string(std::string& out, char quote) {
  const std::size_t begin = at_++;
  if (quote == '\'') soft_error({begin, begin + 1}, "text is written in double quotes, not in single ones", "\"");
  while (!at_end() && peek() != quote) {
    const char c = peek();
    if (c == '\n' || c == '\r') break;
    if (c == '\\') {
      if (!parse_escape(out)) return false;
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x20) {
      soft_error({at_, at_ + 1},
                 fmt::format("the control character U+{:04X} may not stand in text as it is", static_cast<unsigned>(c)),
                 fmt::format("\\u{:04x}", static_cast<unsigned>(c)));
    }
    out += c;
    ++at_;
  }
  if (at_end() || peek() != quote) {
    return hard_error({begin, at_}, "the text opened here is not closed on its line; expected a double quote");
  }
  ++at_;
  return true;
}

bool JsonParser::parse_escape(std::string& out) {
  static constexpr std::string_view kEscapes = "\"\\/bfnrt";
  static constexpr std::string_view kMeaning = "\"\\/\b\f\n\r\t";
  const std::size_t begin = at_++;
  const char c = peek();
  if (c == 'u') return parse_unicode_escape(out);
  const std::size_t known = at_end() ? std::string_view::npos : kEscapes.find(c);
  if (known == std::string_view::npos) {
    soft_error({begin, begin + 1}, "a backslash must be followed by one of \" \\ / b f n r t u", "\\\\");
    out += '\\';
    return true;
  }
  out += kMeaning[known];
  ++at_;
  return true;
}

std::optional<unsigned> JsonParser::parse_hex4() {
  unsigned code = 0;
  if (at_ + 4 > text_.size()) return std::nullopt;
  const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + at_ + 4, code, 16);
  if (error != std::errc{} || end != text_.data() + at_ + 4) return std::nullopt;
  at_ += 4;
  return code;
}

bool JsonParser::parse_unicode_escape(std::string& out) {
  const std::size_t begin = at_++ - 1;
  auto code = parse_hex4();
  if (!code) {
    soft_error({begin, at_}, "\\u must be followed by four hexadecimal digits");
    return true;
  }
  if (*code >= 0xD800 && *code <= 0xDBFF && text_.substr(at_).starts_with("\\u")) {
    at_ += 2;
    const auto low = parse_hex4();
    code = low && *low >= 0xDC00 && *low <= 0xDFFF ? 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00) : 0xD800;
  }
  if (*code == 0 || (*code >= 0xD800 && *code <= 0xDFFF)) {
    soft_error({begin, at_},
               *code == 0 ? "U+0000 may not stand in text" : "half of a surrogate pair stands alone here");
    return true;
  }
  append_utf8(out, *code);
  return true;
}

// --- reports

void JsonParser::soft_error(Span where, std::string message, std::string suggestion) {
  // One slip often makes its whole line unreadable: the first report is the useful one.
  const unsigned at_line = line(where.begin);
  if (at_line == last_soft_line_ || result_.errors.size() >= kMostErrors) return;
  last_soft_line_ = at_line;
  result_.errors.push_back({where, pointer(), std::move(message), std::move(suggestion)});
}

bool JsonParser::hard_error(Span where, std::string message, std::string suggestion, std::vector<SyntaxNote> notes) {
  if (line(where.begin) != last_soft_line_) {
    result_.errors.push_back({where, pointer(), std::move(message), std::move(suggestion), std::move(notes)});
  }
  return false;
}

bool JsonParser::bracket_error(Span where, std::string message, std::vector<SyntaxNote> notes, bool surplus) {
  std::optional<SyntaxError> suspect = sure_suspect_;
  const bool near = !suspects_.empty() && line(suspects_.back().where.begin) + 1 >= line(where.begin);
  if (surplus && (near || (suspects_.size() == 1 && sure_suspect_))) suspect = suspects_.back();
  // What was reported already is the likelier cause, so nothing that comes before it is blamed.
  if (!result_.errors.empty()) return hard_error({at_, at_ + 1}, std::move(message), {}, std::move(notes));
  if (!suspect) return hard_error(where, std::move(message), {}, std::move(notes));
  suspect->notes.push_back({where, "noticed here: " + message});
  result_.errors.push_back(std::move(*suspect));
  return false;
}

void JsonParser::broken(Json::Value& out, std::size_t begin) {
  out = Json::Value();
  out.setOffsetStart(static_cast<std::ptrdiff_t>(begin));
  out.setOffsetLimit(static_cast<std::ptrdiff_t>(std::max(at_, begin + 1)));
  result_.broken.push_back(begin);
}

std::string_view JsonParser::word_at(std::size_t begin) const {
  std::size_t end = begin;
  while (end < text_.size() && is_word(text_[end])) ++end;
  return text_.substr(begin, end - begin);
}

std::string JsonParser::shown(std::string_view word) const {
  return std::any_of(path_.begin(), path_.end(), looks_secret) ? "***" : std::string(word);
}

std::string JsonParser::pointer() const {
  std::string out;
  for (const std::string& step : path_) out = pointer_to(out, step);
  return out;
}

}  // namespace trellis::schema
