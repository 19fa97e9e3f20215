// A small strict JSON reader and what is needed to write JSON, for configuration. Not meant for messages.
#pragma once

#include <charconv>
#include <cstdint>
#include <locale>
#include <sstream>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <unordered_set>
#include <utility>
#include <vector>

namespace trellis::json {

enum class Type { null, boolean, integer, number, text, list, object };

/// How people call a type.
constexpr std::string_view name(Type type) noexcept {
  switch (type) {
    case Type::null:
      return "null";
    case Type::boolean:
      return "true or false";
    case Type::integer:
      return "a whole number";
    case Type::number:
      return "a number";
    case Type::text:
      return "text";
    case Type::list:
      return "a list";
    case Type::object:
      return "an object";
  }
  return "";
}

/// One value of a document, with what is below it.
struct Value {
  Type type = Type::null;
  bool boolean = false;
  std::int64_t integer = 0;
  double number = 0;              // of integers too
  std::string text;               // of Type::text
  std::string_view source;        // the value as written
  std::vector<Value> items;       // of Type::list, and the values of Type::object in the order written
  std::vector<std::string> keys;  // of Type::object, one for each item

  const Value* find(std::string_view key) const noexcept {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (keys[i] == key) return &items[i];
    }
    return nullptr;
  }
};

/// The text in quotes, escaped.
inline std::string quote(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += {kHex[byte >> 4U], kHex[byte & 15U]};
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// Reads one document. Refuses what is not JSON, keys that repeat, and nesting deeper than kMaximumDepth.
class Reader {
 public:
  static constexpr int kMaximumDepth = 64;
  static constexpr std::size_t kManyKeys = 32;

  explicit Reader(std::string_view source) : source_(source) {}

  Result<Value> read() {
    Value value;
    if (!read_value(value, 0)) return failure();
    skip_space();
    if (at_ != source_.size()) {
      (void)refuse("nothing more after the value");
      return failure();
    }
    return value;
  }

 private:
  Error failure() const {
    return fail("JSON, byte " + std::to_string(at_) + ": expected " + expected_, Status::invalid);
  }

  bool refuse(std::string_view expected) {
    expected_ = expected;
    return false;
  }

  char peek() const { return at_ < source_.size() ? source_[at_] : '\0'; }

  bool accept(char c) {
    if (at_ >= source_.size() || source_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool accept_word(std::string_view word) {
    if (source_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  void skip_space() {
    while (at_ < source_.size() && std::string_view(" \t\r\n").find(source_[at_]) != std::string_view::npos) ++at_;
  }

  bool read_value(Value& value, int depth) {
    skip_space();
    if (depth > kMaximumDepth) return refuse("no deeper nesting than 64");
    const std::size_t begin = at_;
    if (!read_any(value, depth)) return false;
    value.source = source_.substr(begin, at_ - begin);
    return true;
  }

  bool read_any(Value& value, int depth) {
    switch (peek()) {
      case '{':
        value.type = Type::object;
        return read_object(value, depth);
      case '[':
        value.type = Type::list;
        return read_list(value, depth);
      case '"':
        value.type = Type::text;
        return read_text(value.text);
      default:
        break;
    }
    if (accept_word("null")) return true;
    const bool yes = accept_word("true");
    if (yes || accept_word("false")) {
      value.type = Type::boolean;
      value.boolean = yes;
      return true;
    }
    return read_number(value);
  }

  bool read_object(Value& value, int depth) {
    ++at_;
    skip_space();
    if (accept('}')) return true;
    std::unordered_set<std::string> many;  // the keys, once looking through them would take long
    do {
      skip_space();
      std::string key;
      if (peek() != '"') return refuse("a key in quotes");
      if (!read_text(key)) return false;
      if (value.keys.size() == kManyKeys) many.insert(value.keys.begin(), value.keys.end());
      const bool known = value.keys.size() < kManyKeys ? value.find(key) != nullptr : !many.insert(key).second;
      if (known) return refuse("every key once, not " + quote(key) + " again");
      skip_space();
      if (!accept(':')) return refuse("':' after the key");
      value.keys.push_back(std::move(key));
      value.items.emplace_back();
      if (!read_value(value.items.back(), depth + 1)) return false;
      skip_space();
    } while (accept(','));
    return accept('}') || refuse("',' or '}'");
  }

  bool read_list(Value& value, int depth) {
    ++at_;
    skip_space();
    if (accept(']')) return true;
    do {
      value.items.emplace_back();
      if (!read_value(value.items.back(), depth + 1)) return false;
      skip_space();
    } while (accept(','));
    return accept(']') || refuse("',' or ']'");
  }

  bool read_text(std::string& out) {
    ++at_;
    while (at_ < source_.size()) {
      const char c = source_[at_];
      if (static_cast<unsigned char>(c) < 0x20) return refuse("no control character in text");
      ++at_;
      if (c == '"') return true;
      if (c != '\\') {
        out += c;
      } else if (!read_escape(out)) {
        return false;
      }
    }
    return refuse("'\"' at the end of the text");
  }

  bool read_escape(std::string& out) {
    static constexpr std::string_view kNames = "\"\\/bfnrt";
    static constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    const char c = peek();
    if (const std::size_t found = kNames.find(c); c != '\0' && found != std::string_view::npos) {
      out += kMeant[found];
      ++at_;
      return true;
    }
    std::uint32_t code = 0;
    if (!accept('u') || !read_hex(code)) return refuse("an escape of JSON");
    if (code >= 0xDC00 && code <= 0xDFFF) return refuse("the first half of a surrogate pair");
    if (code >= 0xD800 && code <= 0xDBFF) {
      std::uint32_t low = 0;
      if (!accept_word("\\u") || !read_hex(low) || low < 0xDC00 || low > 0xDFFF) {
        return refuse("the second half of a surrogate pair");
      }
      code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
    }
    append_utf8(out, code);
    return true;
  }

  bool read_hex(std::uint32_t& code) {
    if (source_.size() - at_ < 4) return false;
    const char* begin = source_.data() + at_;
    if (std::from_chars(begin, begin + 4, code, 16).ptr != begin + 4) return false;
    at_ += 4;
    return true;
  }

  static void append_utf8(std::string& out, std::uint32_t code) {
    const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((code >> shift) & 0x3FU)); };
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xC0U | (code >> 6U));
      tail(0);
    } else if (code < 0x10000) {
      out += static_cast<char>(0xE0U | (code >> 12U));
      tail(6);
      tail(0);
    } else {
      out += static_cast<char>(0xF0U | (code >> 18U));
      tail(12);
      tail(6);
      tail(0);
    }
  }

  std::size_t skip_digits() {
    const std::size_t begin = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ - begin;
  }

  bool read_number(Value& value) {
    const std::size_t begin = at_;
    accept('-');
    const bool leading_zero = peek() == '0';
    const std::size_t digits = skip_digits();
    if (digits == 0 || (leading_zero && digits > 1)) return refuse("a value");
    bool whole = true;
    if (accept('.')) {
      whole = false;
      if (skip_digits() == 0) return refuse("a digit after '.'");
    }
    if (accept('e') || accept('E')) {
      whole = false;
      if (!accept('+')) accept('-');
      if (skip_digits() == 0) return refuse("a digit in the exponent");
    }
    const std::string_view written = source_.substr(begin, at_ - begin);
    const char* end = written.data() + written.size();
    const auto parsed = std::from_chars(written.data(), end, value.integer);
    whole = whole && parsed.ec == std::errc{} && parsed.ptr == end;
    value.type = whole ? Type::integer : Type::number;
    value.number = whole ? static_cast<double>(value.integer) : to_double(written);
    return true;
  }

  // std::from_chars for double is missing in some standard libraries, and strtod listens to the locale.
  static double to_double(std::string_view written) {
    std::istringstream in{std::string(written)};
    in.imbue(std::locale::classic());
    double number = 0;
    in >> number;
    return number;
  }

  std::string_view source_;
  std::size_t at_ = 0;
  std::string expected_;
};

/// Reads a document. The values' `source` points into `text`.
inline Result<Value> parse(std::string_view text) { return Reader(text).read(); }

}  // namespace trellis::json
