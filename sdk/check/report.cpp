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
    text.insert(at + 1, 8, ' ');
  return text;
}

}  // namespace

void Report::name(std::string_view id, std::string_view version) {
  id_ = id;
  version_ = version;
}

void Report::add(std::string_view check, Mark mark, std::string_view text) {
  findings_.push_back({std::string(check), mark, std::string(text)});
}

bool Report::conforms() const {
  return std::none_of(findings_.begin(), findings_.end(), [](const Finding& f) { return f.mark == Mark::bad; });
}

std::string Report::for_people() const {
  std::string out = file_ + (id_.empty() ? "" : ": " + id_ + " " + version_) + "\n";
  for (const Finding& finding : findings_) {
    out += finding.mark == Mark::good ? "  ok    " : finding.mark == Mark::bad ? "  FAIL  " : "  --    ";
    out += indented(finding.text) + "\n";
  }
  return out + (conforms() ? "conforms\n" : "does not conform\n");
}

std::string Report::for_programs() const {
  std::string checks;
  for (const Finding& finding : findings_) {
    checks += checks.empty() ? "" : ",";
    checks += "{\"check\":" + json::quote(finding.check) + ",\"result\":" + json::quote(word(finding.mark)) +
              ",\"text\":" + json::quote(finding.text) + "}";
  }
  return "{\"file\":" + json::quote(file_) + ",\"plugin\":" + json::quote(id_) +
         ",\"version\":" + json::quote(version_) + ",\"conforms\":" + (conforms() ? "true" : "false") +
         ",\"checks\":[" + checks + "]}\n";
}

}  // namespace trellis::check
