// One topic filter of a rule, and the two questions asked of it: does it cover a topic or filter, does it overlap one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace acl {

/// What %c and %u stand for while one question is answered. Empty: the client has no such name.
struct Names {
  std::string_view client_id;
  std::string_view username;
};

/// A topic filter split into levels once, so that answering allocates nothing. All threads may ask at once.
class TopicPattern {
 public:
  /// Whether %c and %u stand for themselves or for the names of the client.
  enum class Placeholders { literal, replaced };

  /// What to answer where a name would change the shape of the topic: it contains '+', '#' or '/', or begins with '$'.
  /// Clients choose their ids, so a rule that allows must then fail and one that denies must hold.
  enum class Doubt { fails, holds };

  /// Splits `filter`. Answers what is wrong with it, or an empty text.
  std::string parse(std::string_view filter, Placeholders placeholders);

  /// Whether every topic `filter` stands for matches this pattern. A topic name stands for itself.
  bool covers(std::string_view filter, const Names& names, Doubt doubt) const noexcept;

  /// Whether some topic matches both this pattern and `filter`.
  bool overlaps(std::string_view filter, const Names& names, Doubt doubt) const noexcept;

  /// True when the pattern stands for exactly one topic, whoever asks.
  bool exact() const noexcept { return exact_; }
  const std::string& text() const noexcept { return text_; }

 private:
  enum class Kind { text, named, plus, hash };
  struct Level {
    Kind kind;
    std::string text;
  };

  std::string text_;
  std::vector<Level> levels_;
  bool exact_ = true;
};

}  // namespace acl
