// What was checked and how it went, for people and for programs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trellis::check {

enum class Mark { good, bad, skipped };

struct Finding {
  std::string check;  // a word for programs: "exports"
  Mark mark;
  std::string text;
};

/// The findings about one file, in the order they were made.
class Report {
 public:
  explicit Report(std::string file) : file_(std::move(file)) {}

  void name(std::string_view id, std::string_view version);
  void good(std::string_view check, std::string_view text) { add(check, Mark::good, text); }
  void bad(std::string_view check, std::string_view text) { add(check, Mark::bad, text); }
  void skipped(std::string_view check, std::string_view text) { add(check, Mark::skipped, text); }

  bool conforms() const;
  std::string for_people() const;
  std::string for_programs() const;

 private:
  void add(std::string_view check, Mark mark, std::string_view text);

  std::string file_;
  std::string id_;
  std::string version_;
  std::vector<Finding> findings_;
};

}  // namespace trellis::check
