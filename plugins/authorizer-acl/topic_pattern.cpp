// Compares topics level by level, without building the topic the placeholders would give.
#include "topic_pattern.hpp"

namespace acl {
namespace {

/// Hands out the levels of a topic or filter from left to right.
class LevelReader {
 public:
  explicit LevelReader(std::string_view topic) : rest_(topic) {}

  bool done() const { return done_; }
  std::string_view rest() const { return rest_; }

  std::string_view next() {
    const size_t slash = rest_.find('/');
    const std::string_view level = rest_.substr(0, slash);
    done_ = slash == std::string_view::npos;
    rest_.remove_prefix(done_ ? rest_.size() : slash + 1);
    return level;
  }

 private:
  std::string_view rest_;
  bool done_ = false;
};

bool is_placeholder(std::string_view text, size_t at) {
  return text[at] == '%' && at + 1 < text.size() && (text[at + 1] == 'c' || text[at + 1] == 'u');
}

bool has_placeholder(std::string_view text) {
  for (size_t at = 0; at < text.size(); ++at)
    if (is_placeholder(text, at)) return true;
  return false;
}

std::string_view value_of(char letter, const Names& names) { return letter == 'c' ? names.client_id : names.username; }

/// How the names of a client go into one level.
enum class Use { possible, absent, unsafe };

Use use_of(std::string_view text, const Names& names) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (!is_placeholder(text, at)) continue;
    const std::string_view value = value_of(text[at + 1], names);
    if (value.empty()) return Use::absent;
    if (value.front() == '$' || value.find_first_of("+#/") != std::string_view::npos) return Use::unsafe;
  }
  return Use::possible;
}

/// Whether `level` is `text` with its placeholders replaced.
bool equals_replaced(std::string_view text, const Names& names, std::string_view level) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (is_placeholder(text, at)) {
      const std::string_view value = value_of(text[++at], names);
      if (!level.starts_with(value)) return false;
      level.remove_prefix(value.size());
    } else {
      if (level.empty() || level.front() != text[at]) return false;
      level.remove_prefix(1);
    }
  }
  return level.empty();
}

/// Topics that begin with '$' match no filter that begins with a wildcard (MQTT 5, 4.7.2).
bool hidden(bool first, std::string_view level) { return first && level.starts_with('$'); }

}  // namespace

std::string TopicPattern::parse(std::string_view filter, Placeholders placeholders) {
  if (filter.empty()) return "the topic is missing";
  if (filter.size() > 65535) return "the topic is longer than 65535 bytes";
  if (filter.find('\0') != std::string_view::npos) return "the topic contains a null character";
  text_ = filter;
  for (LevelReader reader(filter); !reader.done();) {
    const std::string_view level = reader.next();
    Kind kind = Kind::text;
    if (level == "#") {
      if (!reader.done()) return "'#' must be the last level";
      kind = Kind::hash;
    } else if (level == "+") {
      kind = Kind::plus;
    } else if (level.find_first_of("+#") != std::string_view::npos) {
      return "a wildcard must be a level of its own, found \"" + std::string(level) + "\"";
    } else if (placeholders == Placeholders::replaced && has_placeholder(level)) {
      kind = Kind::named;
    }
    exact_ = exact_ && kind == Kind::text;
    levels_.push_back({kind, std::string(level)});
  }
  return {};
}

bool TopicPattern::covers(std::string_view filter, const Names& names, Doubt doubt) const noexcept {
  LevelReader reader(filter);
  bool first = true;
  for (const Level& level : levels_) {
    if (level.kind == Kind::hash) return !hidden(first, reader.rest());
    if (reader.done()) return false;
    const std::string_view other = reader.next();
    if (level.kind == Kind::plus) {
      if (other == "#" || hidden(first, other)) return false;
    } else if (level.kind == Kind::text) {
      if (other != level.text) return false;
    } else {
      const Use use = use_of(level.text, names);
      if (use != Use::possible) return use == Use::unsafe && doubt == Doubt::holds;
      if (!equals_replaced(level.text, names, other)) return false;
    }
    first = false;
  }
  return reader.done();
}

bool TopicPattern::overlaps(std::string_view filter, const Names& names, Doubt doubt) const noexcept {
  LevelReader reader(filter);
  bool first = true;
  for (const Level& level : levels_) {
    if (level.kind == Kind::hash) return !hidden(first, reader.rest());
    if (reader.done()) return false;
    if (level.kind == Kind::named) {
      const Use use = use_of(level.text, names);
      if (use != Use::possible) return use == Use::unsafe && doubt == Doubt::holds;
    }
    const std::string_view other = reader.next();
    if (other == "#") return level.kind == Kind::plus || !hidden(first, level.text);
    if (level.kind == Kind::plus) {
      if (hidden(first, other)) return false;
    } else if (other == "+") {
      if (hidden(first, level.text)) return false;
    } else if (level.kind == Kind::text ? other != level.text : !equals_replaced(level.text, names, other)) {
      return false;
    }
    first = false;
  }
  return reader.done() || reader.rest() == "#";
}

}  // namespace acl
