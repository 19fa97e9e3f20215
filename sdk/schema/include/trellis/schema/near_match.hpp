// Guesses what a mistyped word should have been.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trellis::schema {

/// Damerau-Levenshtein distance (adjacent transpositions count as one edit), in bytes.
unsigned edit_distance(std::string_view a, std::string_view b);

/// The candidate `word` most likely stands for, or "". Differences in case, '-' and '_' cost nothing. Of several
/// equally near ones the first wins, so put the likelier ones first.
std::string near_match(std::string_view word, const std::vector<std::string>& candidates);

/// `; did you mean "word"?`, the end of a sentence; nothing if there is no word.
std::string did_you_mean(std::string_view word);

/// `"a", "b" or "c"`, quoted; long lists are cut with the number left out.
std::string one_of(const std::vector<std::string>& words, std::size_t at_most = 12);

}  // namespace trellis::schema
