#include <algorithm>
#include <array>
#include <cctype>
#include <trellis/schema/source_text.hpp>
#include <utility>

namespace trellis::schema {

namespace {

constexpr std::size_t kShownColumns = 110;

// The length of the well-formed sequence at `at` (Unicode table 3-7), or 0.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(at + 1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned second = byte(at + 1);
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
    return follows(at + 1) && follows(at + 2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned second = byte(at + 1);
    if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
    return follows(at + 1) && follows(at + 2) && follows(at + 3) ? 4 : 0;
  }
  return 0;
}

// True if some part of `text` is `word`, in longer words with at most one slip: a mistyped key hides its value too.
bool contains_nearly(std::string_view text, std::string_view word) {
  if (word.size() < 6) return text.find(word) != std::string_view::npos;
  std::vector<unsigned> row(word.size() + 1);  // edits to turn the part of the text that ends here into word[0..j)
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = static_cast<unsigned>(j);
  for (const char c : text) {
    unsigned diagonal = row[0];
    for (std::size_t j = 1; j < row.size(); ++j) {
      const unsigned changed = diagonal + (c == word[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
    if (row.back() <= 1) return true;
  }
  return false;
}

// A terminal must not obey what stands in a configuration file, and a broken byte must not break JSON output.
std::string cell_text(std::string_view text, std::size_t at, std::size_t length) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (length == 0) return "\xEF\xBF\xBD";  // U+FFFD
  if (byte == '\t') return " ";
  if (byte < 0x20 || byte == 0x7F) return "?";
  if (byte == 0xC2 && static_cast<unsigned char>(text[at + 1]) < 0xA0) return "?";  // C1 controls
  return std::string(text.substr(at, length));
}

}  // namespace

SourceText::SourceText(std::string text, std::string name) : text_(std::move(text)), name_(std::move(name)) {
  line_starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    const bool lone_return = text_[i] == '\r' && (i + 1 == text_.size() || text_[i + 1] != '\n');
    if (text_[i] == '\n' || lone_return) line_starts_.push_back(i + 1);
  }
}

std::size_t SourceText::line_of(std::size_t offset) const {
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  return static_cast<std::size_t>(next - line_starts_.begin()) - 1;
}

Span SourceText::line_span(std::size_t line) const {
  const std::size_t begin = line_starts_[line];
  std::size_t end = line + 1 < line_starts_.size() ? line_starts_[line + 1] : text_.size();
  while (end > begin && (text_[end - 1] == '\n' || text_[end - 1] == '\r')) --end;
  return {begin, end};
}

Position SourceText::position(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const std::size_t line = line_of(offset);
  unsigned column = 1;
  for (std::size_t i = line_starts_[line]; i < offset; ++column)
    i += std::max<std::size_t>(sequence_length(text_, i), 1);
  return {static_cast<unsigned>(line + 1), column};
}

std::size_t SourceText::indentation(std::size_t offset) const {
  const Span line = line_span(line_of(std::min(offset, text_.size())));
  std::size_t i = line.begin;
  while (i < line.end && (text_[i] == ' ' || text_[i] == '\t')) ++i;
  return i - line.begin;
}

bool SourceText::begins_line(std::size_t offset) const {
  return line_starts_[line_of(offset)] + indentation(offset) == offset;
}

void SourceText::hide(Span span) {
  std::size_t& end = hidden_[span.begin];
  end = std::max(end, span.end);
}

void SourceText::fill(Diagnostic& diagnostic, Span where) const {
  where.begin = std::min(where.begin, text_.size());
  const Span line = line_span(line_of(where.begin));
  std::vector<std::string> cells;  // what is shown of the line, by code point
  std::size_t caret = std::string::npos;
  std::size_t caret_end = 0;
  for (std::size_t i = line.begin; i < line.end;) {
    const auto after = hidden_.upper_bound(i);
    const std::size_t hidden_end = after == hidden_.begin() ? 0 : std::prev(after)->second;
    const std::size_t length = sequence_length(text_, i);
    const std::size_t next = hidden_end > i ? hidden_end : i + std::max<std::size_t>(length, 1);
    if (caret == std::string::npos && where.begin < next) caret = cells.size();
    if (hidden_end > i) {
      cells.insert(cells.end(), 3, "*");
    } else {
      cells.push_back(cell_text(text_, i, length));
    }
    i = next;
    if (i <= where.end) caret_end = cells.size();
  }
  caret = std::min(caret, cells.size());

  // Of a long line the part around the caret is enough.
  const bool fits = cells.size() <= kShownColumns || caret <= kShownColumns / 2;
  const std::size_t first = fits ? 0 : std::min(caret - kShownColumns / 2, cells.size() - kShownColumns);
  const std::size_t last = std::min(cells.size(), first + kShownColumns);
  diagnostic.source_line = first > 0 ? "…" : "";
  for (std::size_t i = first; i < last; ++i) diagnostic.source_line += cells[i];
  if (last < cells.size()) diagnostic.source_line += "…";

  const Position position = this->position(where.begin);
  diagnostic.file = name_;
  diagnostic.line = position.line;
  diagnostic.column = position.column;
  diagnostic.caret = static_cast<unsigned>(caret - first + (first > 0 ? 1 : 0));
  caret_end = std::min(caret_end, last);
  diagnostic.length = caret_end > caret ? static_cast<unsigned>(caret_end - caret) : 1;
}

std::size_t find_invalid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = sequence_length(text, i);
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
}

bool looks_secret(std::string_view key) {
  std::string lower(key);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  const auto has = [&](std::string_view word) { return contains_nearly(lower, word); };
  if (lower.ends_with("_file") || lower.ends_with("_path") || lower.ends_with("_ms") || lower.ends_with("_bytes")) {
    return false;
  }
  static constexpr std::array<std::string_view, 10> kWords = {"password",   "passwd",     "passphrase", "secret",
                                                              "credential", "token",      "api_key",    "apikey",
                                                              "access_key", "private_key"};
  return std::any_of(kWords.begin(), kWords.end(), has);
}

}  // namespace trellis::schema
