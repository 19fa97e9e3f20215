// What was checked and how it went, for people and for programs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules.hpp"

namespace trellis::check {

enum class Mark { good, bad, skipped, waived };

struct Finding {
  Rule rule;
  Mark mark;
  std::string text;
};

/// The findings about one file, in the order they were made.
class Report {
 public:
  /// waived: numbers of rules that the plugin may break: that is told, and conforms.
  explicit Report(std::string file, std::vector<std::string> waived = {})
      : file_(std::move(file)), waived_(std::move(waived)) {}

  void name(std::string_view id, std::string_view version);
  /// What was found before is not said again, nor more than a few of the same kind.
  void add(Finding finding);

  bool found(Rule rule, Mark mark) const;
  /// Whether the file is a plugin that can be asked anything.
  bool usable() const;
  bool conforms() const;
  std::string for_people() const;
  std::string for_programs() const;

 private:
  std::string file_;
  std::vector<std::string> waived_;
  std::string id_;
  std::string version_;
  bool known(const Finding& finding) const;

  std::vector<Finding> findings_;
  std::vector<Finding> passed_over_;
};

}  // namespace trellis::check
