// The two forms of a report.
#include "report.hpp"

#include <algorithm>
#include <trellis/json.hpp>

namespace trellis::check {
namespace {

std::string_view word(Mark mark) { return mark == Mark::good ? "ok" : mark == Mark::bad ? "failed" : "skipped"; }

// What is said about settings has several lines: the place, the line it is in, a caret.
std::string indented(std::string text) {
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1))
    text.insert(at + 1, 13, ' ');
  return text;
}

}  // namespace

void Report::name(std::string_view id, std::string_view version) {
  id_ = id;
  version_ = version;
}

void Report::add(Finding finding) {
  const bool known = std::any_of(findings_.begin(), findings_.end(), [&](const Finding& one) {
    return one.rule == finding.rule && one.mark == finding.mark && one.text == finding.text;
  });
  if (!known) findings_.push_back(std::move(finding));
}

bool Report::found(Rule rule, Mark mark) const {
  return std::any_of(findings_.begin(), findings_.end(),
                     [&](const Finding& one) { return one.rule == rule && one.mark == mark; });
}

bool Report::usable() const {
  return found(Rule::entry, Mark::good) && !found(Rule::descriptor, Mark::bad) && !found(Rule::schema, Mark::bad);
}

bool Report::conforms() const {
  return std::none_of(findings_.begin(), findings_.end(), [](const Finding& f) { return f.mark == Mark::bad; });
}

std::string Report::for_people() const {
  std::string out = file_ + (id_.empty() ? "" : ": " + id_ + " " + version_) + "\n";
  for (const Finding& finding : findings_) {
    std::string rule = number(finding.rule);
    rule.resize(5, ' ');
    out += finding.mark == Mark::good ? "  ok    " : finding.mark == Mark::bad ? "  FAIL  " : "  --    ";
    out += rule + indented(finding.text) + "\n";
  }
  return out + (conforms() ? "conforms\n" : "does not conform\n");
}

std::string Report::for_programs() const {
  std::string checks;
  for (const Finding& finding : findings_) {
    checks += checks.empty() ? "" : ",";
    checks += "{\"rule\":" + json::quote(number(finding.rule)) + ",\"result\":" + json::quote(word(finding.mark)) +
              ",\"text\":" + json::quote(finding.text) + "}";
  }
  return "{\"file\":" + json::quote(file_) + ",\"plugin\":" + json::quote(id_) +
         ",\"version\":" + json::quote(version_) + ",\"conforms\":" + (conforms() ? "true" : "false") +
         ",\"checks\":[" + checks + "]}\n";
}

}  // namespace trellis::check
