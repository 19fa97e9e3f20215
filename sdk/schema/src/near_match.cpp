#include <algorithm>
#include <cctype>
#include <trellis/schema/near_match.hpp>

namespace trellis::schema {

namespace {

// keepAlive, keep-alive and keep_alive are the same word in different hands.
std::string plain(std::string_view word) {
  std::string out;
  for (char c : word) {
    if (c != '-' && c != '_' && c != ' ') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

}  // namespace

unsigned edit_distance(std::string_view a, std::string_view b) {
  std::vector<unsigned> before_last(b.size() + 1);
  std::vector<unsigned> last(b.size() + 1);
  std::vector<unsigned> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<unsigned>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<unsigned>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const unsigned change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({change, last[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

std::string near_match(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongestWord = 128;  // the work grows with the square, and nobody mistypes longer words
  if (word.empty() || word.size() > kLongestWord) return {};
  const std::string plain_word = plain(word);
  const std::string* best = nullptr;
  unsigned best_distance = 0;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestWord || candidate == word) continue;
    unsigned distance = edit_distance(word, candidate) * 2;  // halves, so that a change of style can cost less than 1
    const std::string plain_candidate = plain(candidate);
    if (!plain_candidate.empty()) distance = std::min(distance, edit_distance(plain_word, plain_candidate) * 2 + 1);
    if (word.size() >= 3 && candidate.starts_with(word)) distance = std::min(distance, 3u);  // "warn" for "warning"
    if (best == nullptr || distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  if (best == nullptr) return {};
  // One slip is always forgiven, in long words one in three letters; more would be a guess, not a match.
  const auto allowed = static_cast<unsigned>(std::max<std::size_t>(2, std::max(word.size(), best->size()) * 2 / 3));
  const bool nothing_in_common = best_distance >= 2 * std::max(word.size(), best->size());
  return best_distance <= allowed + 1 && !nothing_in_common ? *best : std::string{};
}

std::string did_you_mean(std::string_view word) {
  return word.empty() ? std::string{} : "; did you mean \"" + std::string(word) + "\"?";
}

std::string one_of(const std::vector<std::string>& words, std::size_t at_most) {
  std::string out;
  const std::size_t shown = std::min(words.size(), at_most);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += '"' + words[i] + '"';
  }
  if (shown < words.size()) out += " or " + std::to_string(words.size() - shown) + " more";
  return out;
}

}  // namespace trellis::schema
