// What is said about a broken configuration, as data: where, what was found, what was expected, what was probably
// meant.
#pragma once

#include <json/value.h>

#include <cstddef>
#include <string>
#include <vector>

namespace trellis::schema {

enum class Severity { error, warning };

/// A second place that explains the first: "first given here".
struct Note {
  std::string text;
  unsigned line = 0;  // 0: no place, only text
  unsigned column = 0;
};

struct Diagnostic {
  Severity severity = Severity::error;
  std::string file;
  unsigned line = 0;    // from 1; 0: no place in the text is known
  unsigned column = 0;  // from 1, in code points
  std::string pointer;  // RFC 6901, "" for the whole document
  std::string message;  // a complete sentence, naming what was found and what was expected; never a secret's value
  std::string expected = {};
  std::string found = {};
  std::string suggestion = {};   // what was probably meant, exactly as it should be written; may be empty
  std::string source_line = {};  // for showing: secrets replaced by ***, long lines cut to the part that matters
  unsigned caret = 0;            // where in source_line the place begins, in code points from 0
  unsigned length = 1;           // how many code points of source_line it covers
  std::vector<Note> notes = {};
};

/// All that was found wrong, in the order of the text.
class Diagnostics {
 public:
  void add(Diagnostic diagnostic);
  /// True if nothing is wrong; warnings do not count.
  bool ok() const { return errors_ == 0; }
  std::size_t errors() const { return errors_; }
  bool empty() const { return list_.empty(); }
  std::size_t size() const { return list_.size(); }
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }
  const Diagnostic& operator[](std::size_t index) const { return list_[index]; }
  /// By line and column, whatever the order in which they were found.
  void sort();

  /// For people: per entry `file:line:column: error: /pointer: message`, the source line and a caret.
  std::string text(bool colour = false) const;
  /// For machines: a list of objects with the fields of Diagnostic.
  Json::Value json() const;

 private:
  std::vector<Diagnostic> list_;
  std::size_t errors_ = 0;
};

/// `/pointer: message; did you mean …?`
std::string sentence(const Diagnostic& diagnostic);
/// Where it is: file:line:column, or the file alone where there is no line.
std::string place_text(const Diagnostic& diagnostic);
std::string to_text(const Diagnostic& diagnostic, bool colour = false);
Json::Value to_json(const Diagnostic& diagnostic);

}  // namespace trellis::schema
