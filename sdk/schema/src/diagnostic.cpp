#include <fmt/format.h>

#include <algorithm>
#include <trellis/schema/diagnostic.hpp>
#include <tuple>
#include <utility>

namespace trellis::schema {

namespace {

struct Paint {
  std::string_view bold = "";
  std::string_view red = "";
  std::string_view yellow = "";
  std::string_view green = "";
  std::string_view off = "";
};

constexpr Paint kColours{"\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[32m", "\x1b[0m"};

std::string source_text(const Diagnostic& diagnostic, const Paint& paint) {
  if (diagnostic.line == 0) return {};
  const std::string underline = "^" + std::string(std::max(diagnostic.length, 1u) - 1, '~');
  return fmt::format("{:>5} | {}\n      | {:{}}{}{}{}\n", diagnostic.line, diagnostic.source_line, "", diagnostic.caret,
                     paint.green, underline, paint.off);
}

}  // namespace

void Diagnostics::add(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::error) ++errors_;
  list_.push_back(std::move(diagnostic));
}

void Diagnostics::sort() {
  std::stable_sort(list_.begin(), list_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
  });
}

std::string Diagnostics::text(bool colour) const {
  std::string out;
  for (const Diagnostic& diagnostic : list_) out += to_text(diagnostic, colour);
  return out;
}

Json::Value Diagnostics::json() const {
  Json::Value out(Json::arrayValue);
  for (const Diagnostic& diagnostic : list_) out.append(to_json(diagnostic));
  return out;
}

std::string place_text(const Diagnostic& diagnostic) {
  if (diagnostic.line == 0) return diagnostic.file;
  return fmt::format("{}:{}:{}", diagnostic.file, diagnostic.line, diagnostic.column);
}

std::string sentence(const Diagnostic& diagnostic) {
  std::string out = diagnostic.pointer.empty() ? "" : diagnostic.pointer + ": ";
  out += diagnostic.message;
  if (!diagnostic.suggestion.empty()) out += fmt::format("; did you mean {}?", diagnostic.suggestion);
  return out;
}

std::string to_text(const Diagnostic& diagnostic, bool colour) {
  const Paint paint = colour ? kColours : Paint{};
  const bool error = diagnostic.severity == Severity::error;
  std::string out = fmt::format("{}{}:{} {}{}:{} ", paint.bold, place_text(diagnostic), paint.off,
                                error ? paint.red : paint.yellow, error ? "error" : "warning", paint.off);
  out += sentence(diagnostic) + '\n';
  out += source_text(diagnostic, paint);
  for (const Note& note : diagnostic.notes) {
    if (note.line == 0) {
      out += fmt::format("      = {}\n", note.text);
    } else {
      out += fmt::format("      = {}:{}:{}: {}\n", diagnostic.file, note.line, note.column, note.text);
    }
  }
  return out;
}

Json::Value to_json(const Diagnostic& diagnostic) {
  Json::Value out(Json::objectValue);
  out["severity"] = diagnostic.severity == Severity::error ? "error" : "warning";
  out["file"] = diagnostic.file;
  out["line"] = diagnostic.line;
  out["column"] = diagnostic.column;
  out["pointer"] = diagnostic.pointer;
  out["message"] = diagnostic.message;
  out["expected"] = diagnostic.expected;
  out["found"] = diagnostic.found;
  out["suggestion"] = diagnostic.suggestion;
  out["source_line"] = diagnostic.source_line;
  out["notes"] = Json::Value(Json::arrayValue);
  for (const Note& note : diagnostic.notes) {
    Json::Value entry(Json::objectValue);
    entry["text"] = note.text;
    if (note.line != 0) {
      entry["line"] = note.line;
      entry["column"] = note.column;
    }
    out["notes"].append(std::move(entry));
  }
  return out;
}

}  // namespace trellis::schema
