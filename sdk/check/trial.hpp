// Runs what a plugin may crash or hang in a process of its own, and reports that as a finding.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <trellis/result.hpp>

#include "report.hpp"

namespace trellis::check {

/// What a trial says about the plugin, from within its process.
class Voice {
 public:
  explicit Voice(int pipe) : pipe_(pipe) {}

  void name(std::string_view id, std::string_view version);
  void good(Rule rule, std::string_view text) { tell('+', rule, text); }
  void bad(Rule rule, std::string_view text) { tell('-', rule, text); }
  void skipped(Rule rule, std::string_view text) { tell('0', rule, text); }
  /// What comes next: where the process ends before anything else is said, that broke this rule.
  void doing(std::string_view text, Rule rule = Rule::returns) { tell('?', rule, text); }
  /// The trial is over and the process is well.
  void over() { tell('.', Rule::returns, ""); }

 private:
  void tell(char kind, Rule rule, std::string_view text);

  int pipe_;
};

/// Runs body in a child, for as long at most, and adds what it says to the report. Whether it came to its end.
bool run_trial(Report& report, std::chrono::milliseconds deadline, const std::function<void(Voice&)>& body);

}  // namespace trellis::check
