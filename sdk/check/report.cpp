// The two forms of a report.
#include "report.hpp"

#include <algorithm>
#include <trellis/json.hpp>

namespace trellis::check {
namespace {

constexpr std::ptrdiff_t kMostOfAKind = 3;

struct Words {
  std::string_view for_people, for_programs;
};

Words words(Mark mark) {
  switch (mark) {
    case Mark::good:
      return {"ok   ", "ok"};
    case Mark::bad:
      return {"FAIL ", "failed"};
    case Mark::skipped:
      return {"--   ", "skipped"};
    case Mark::waived:
      return {"waived", "waived"};
  }
  return {};
}

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

// What a plugin does when it is asked alone is no fault of the company it is asked in.
bool Report::known(const Finding& finding) const {
  const auto same = [&](const Finding& one) {
    if (one.mark != finding.mark) return false;
    return one.rule == finding.rule ? one.text == finding.text
                                    : finding.rule == Rule::shards && finding.text.ends_with(": " + one.text);
  };
  return std::any_of(findings_.begin(), findings_.end(), same) ||
         std::any_of(passed_over_.begin(), passed_over_.end(), same);
}

void Report::add(Finding finding) {
  const bool waived = std::find(waived_.begin(), waived_.end(), number(finding.rule)) != waived_.end();
  if (waived && finding.mark == Mark::bad) finding.mark = Mark::waived;
  if (known(finding)) return;
  const auto of_the_kind = std::count_if(findings_.begin(), findings_.end(), [&](const Finding& one) {
    return one.rule == finding.rule && one.mark == finding.mark;
  });
  auto& into = finding.mark == Mark::bad && of_the_kind >= kMostOfAKind ? passed_over_ : findings_;
  into.push_back(std::move(finding));
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
    std::string rule = " " + number(finding.rule);
    rule.resize(6, ' ');
    out += "  " + std::string(words(finding.mark).for_people) + rule + indented(finding.text) + "\n";
  }
  return out + (conforms() ? "conforms\n" : "does not conform\n");
}

std::string Report::for_programs() const {
  std::string checks;
  for (const Finding& finding : findings_) {
    checks += checks.empty() ? "" : ",";
    checks += "{\"rule\":" + json::quote(number(finding.rule)) +
              ",\"result\":" + json::quote(words(finding.mark).for_programs) +
              ",\"text\":" + json::quote(finding.text) + "}";
  }
  return "{\"file\":" + json::quote(file_) + ",\"plugin\":" + json::quote(id_) +
         ",\"version\":" + json::quote(version_) + ",\"conforms\":" + (conforms() ? "true" : "false") +
         ",\"checks\":[" + checks + "]}\n";
}

}  // namespace trellis::check
