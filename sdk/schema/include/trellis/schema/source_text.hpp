// The text of a configuration file with its lines: turns byte offsets into line and column and shows one line safely.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <trellis/schema/diagnostic.hpp>
#include <vector>

namespace trellis::schema {

/// Byte offsets, end exclusive.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct Position {
  unsigned line = 0;    // from 1
  unsigned column = 0;  // from 1, in code points
};

class SourceText {
 public:
  SourceText(std::string text, std::string name);

  std::string_view text() const { return text_; }
  const std::string& name() const { return name_; }

  Position position(std::size_t offset) const;
  /// Only the line, from 1: cheap even in a file of one long line.
  unsigned line(std::size_t offset) const { return static_cast<unsigned>(line_of(offset) + 1); }
  /// The white space at the start of the line of `offset`, in bytes.
  std::size_t indentation(std::size_t offset) const;
  /// True if only white space stands before `offset` on its line.
  bool begins_line(std::size_t offset) const;

  /// What lies in `span` is shown as *** from now on.
  void hide(Span span);
  /// Fills place and source line of a diagnostic.
  void fill(Diagnostic& diagnostic, Span where) const;

 private:
  std::size_t line_of(std::size_t offset) const;  // from 0
  Span line_span(std::size_t line) const;         // without the line's end

  std::string text_;
  std::string name_;
  std::vector<std::size_t> line_starts_;
  std::map<std::size_t, std::size_t> hidden_;  // begin → end
};

/// The offset of the first byte that is not part of well-formed UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view text);
/// The number of code points in well-formed UTF-8.
std::size_t count_code_points(std::string_view text);
/// True if a key of this name usually carries a credential; used where no schema is at hand to say so.
bool looks_secret(std::string_view key);

}  // namespace trellis::schema
