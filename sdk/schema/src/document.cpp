#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <system_error>
#include <trellis/schema/document.hpp>
#include <trellis/schema/json_text.hpp>
#include <trellis/schema/near_match.hpp>
#include <trellis/schema/pointer.hpp>
#include <utility>

#include "json_parser.hpp"

namespace trellis::schema {

namespace {

Diagnostic whole_file(const std::string& file, std::string message) {
  Diagnostic diagnostic;
  diagnostic.file = file;
  diagnostic.message = std::move(message);
  return diagnostic;
}

std::size_t begin_of(const Json::Value& value) { return static_cast<std::size_t>(value.getOffsetStart()); }

// Broken bytes are taken for letters: the key may be what is damaged.
bool is_name(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) || c == '_' || c == '-' || byte >= 0x7F || (byte < 0x20 && std::isspace(byte) == 0);
}

// What follows a key that names a credential must not be echoed, not even when the text around it is broken. Without
// a tree to rely on, everything from behind the key to the end of the reported line goes.
void hide_by_name(SourceText& source, std::size_t error_at) {
  const std::string_view text = source.text();
  const std::size_t line_begin = text.find_last_of('\n', error_at == 0 ? 0 : error_at - 1) + 1;
  const std::size_t line_end = std::min(text.find('\n', std::max(line_begin, error_at)), text.size());
  // The value may stand on the line after its key.
  std::size_t at = line_begin < 2 ? 0 : text.find_last_of('\n', line_begin - 2) + 1;
  while (at < line_end) {
    if (!is_name(text[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (at < line_end && is_name(text[at])) ++at;
    if (!looks_secret(text.substr(begin, at - begin))) continue;
    const std::size_t before = text.substr(0, begin).find_last_not_of(" \t\"'");
    const std::size_t after = std::min(text.find_first_not_of(" \t\"'", at), text.size() - 1);
    const bool is_value = before != std::string_view::npos && text[before] == ':' && text[after] != ':';
    const bool done_above = at < line_begin && text.substr(at, line_begin - at).find(',') != std::string_view::npos;
    if (is_value || done_above) continue;
    const std::size_t behind = text.find_first_not_of("\"' \t:=\r\n", at);
    if (behind < line_end) source.hide({behind, line_end});
    return;
  }
}

Diagnostic make_diagnostic(const SourceText& source, SyntaxError error) {
  Diagnostic diagnostic;
  diagnostic.pointer = std::move(error.pointer);
  diagnostic.message = std::move(error.message);
  diagnostic.suggestion = std::move(error.suggestion);
  for (SyntaxNote& note : error.notes) {
    const Position position = source.position(note.where.begin);
    diagnostic.notes.push_back({std::move(note.text), position.line, position.column});
  }
  source.fill(diagnostic, error.where);
  return diagnostic;
}

}  // namespace

Document::Document(std::string text, std::string file) : source_(std::move(text), std::move(file)) {}

std::optional<Document> Document::parse(std::string text, std::string file, Diagnostics& diagnostics) {
  if (text.size() > kMaxBytes) {
    diagnostics.add(whole_file(file, fmt::format("the file is larger than {} MiB", kMaxBytes >> 20)));
    return std::nullopt;
  }
  Document document(std::move(text), std::move(file));
  if (const std::size_t bad = find_invalid_utf8(document.source_.text()); bad != std::string_view::npos) {
    hide_by_name(document.source_, bad);
    const auto byte = static_cast<unsigned char>(document.source_.text()[bad]);
    diagnostics.add(document.at({bad, bad + 1}, "", fmt::format("the byte 0x{:02X} is not valid UTF-8", byte)));
    return std::nullopt;
  }
  ParsedText parsed = JsonParser(document.source_, kMaxDepth).run();
  document.root_.swap(parsed.root);
  for (const KeyPlace& key : parsed.keys) document.keys_.emplace(key.value_begin, key.key);
  for (const std::size_t broken : parsed.broken) document.broken_.insert(broken);
  for (SyntaxError& error : parsed.errors) {
    hide_by_name(document.source_, error.where.begin);
    diagnostics.add(make_diagnostic(document.source_, std::move(error)));
  }
  if (!parsed.usable) return std::nullopt;
  return document;
}

std::optional<Document> Document::load(const std::filesystem::path& path, Diagnostics& diagnostics) {
  const std::string name = path.string();
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    diagnostics.add(whole_file(name, "there is no such file"));
    return std::nullopt;
  }
  if (!std::filesystem::is_regular_file(status)) {
    diagnostics.add(whole_file(name, "this is not a regular file"));
    return std::nullopt;
  }
  std::ifstream stream(path, std::ios::binary);
  std::string text;
  std::array<char, 16384> block;
  while (stream && text.size() <= kMaxBytes) {
    stream.read(block.data(), block.size());
    text.append(block.data(), static_cast<std::size_t>(stream.gcount()));
  }
  if (!stream.eof() && text.size() <= kMaxBytes) {
    diagnostics.add(whole_file(name, "the file cannot be read; check its permissions"));
    return std::nullopt;
  }
  auto document = parse(std::move(text), name, diagnostics);
  if (document) document->set_folder(std::filesystem::absolute(path, error).parent_path());
  return document;
}

bool Document::has_place(const Json::Value& value) const { return value.getOffsetLimit() > 0; }

Span Document::place(const Json::Value& value) const {
  return {begin_of(value), static_cast<std::size_t>(value.getOffsetLimit())};
}

Span Document::key_place(const Json::Value& value) const {
  const auto key = keys_.find(begin_of(value));
  return has_place(value) && key != keys_.end() ? key->second : place(value);
}

Diagnostic Document::at(Span where, std::string pointer, std::string message) const {
  Diagnostic diagnostic;
  diagnostic.file = file();
  diagnostic.pointer = std::move(pointer);
  diagnostic.message = std::move(message);
  if (where.end > 0 || where.begin > 0) source_.fill(diagnostic, where);
  return diagnostic;
}

Diagnostic Document::at_value(const Json::Value& value, std::string pointer, std::string message) const {
  Span where = place(value);
  // A whole block underlined says nothing: its opening bracket is enough.
  if (value.isObject() || value.isArray()) where.end = where.end == 0 ? 0 : where.begin + 1;
  return at(where, std::move(pointer), std::move(message));
}

Diagnostic Document::at_key(const Json::Value& value, std::string pointer, std::string message) const {
  return at(key_place(value), std::move(pointer), std::move(message));
}

Diagnostic Document::at_pointer(std::string pointer, std::string message) const {
  std::string known = pointer;
  const Json::Value* value = find(root_, known);
  while (value == nullptr && !known.empty()) {
    known.resize(known.rfind('/'));
    value = find(root_, known);
  }
  return at_value(value != nullptr ? *value : root_, std::move(pointer), conceal(std::move(message), hidden()));
}

void Document::report(Diagnostics& diagnostics, std::string pointer, std::string message, Severity severity) const {
  Diagnostic diagnostic = at_pointer(std::move(pointer), std::move(message));
  diagnostic.severity = severity;
  diagnostics.add(std::move(diagnostic));
}

void Document::report_again(Diagnostics& diagnostics, std::string pointer, std::string message, std::string first,
                            std::string note) const {
  Diagnostic diagnostic = at_pointer(std::move(pointer), std::move(message));
  const Diagnostic before = at_pointer(std::move(first), "");
  diagnostic.notes.push_back({std::move(note), before.line, before.column});
  diagnostics.add(std::move(diagnostic));
}

Diagnostic Document::at_unknown(std::string pointer, std::string message, const std::string& name,
                                const std::vector<std::string>& known, const std::string& if_none) const {
  Diagnostic diagnostic = at_pointer(std::move(pointer), std::move(message));
  const auto is_hidden = [this](const std::string& text) {
    return std::find(hidden().begin(), hidden().end(), text) != hidden().end();
  };
  if (is_hidden(name)) return diagnostic;
  diagnostic.expected = conceal(known.empty() ? if_none : one_of(known), hidden());
  const std::string near = near_match(name, known);
  if (!near.empty() && !is_hidden(near)) diagnostic.suggestion = '"' + near + '"';
  return diagnostic;
}

// Found once: there may be a diagnostic for every line of a large file.
const std::vector<std::string>& Document::hidden() const {
  if (!hidden_) hidden_ = secrets_in(root_);
  return *hidden_;
}

void Document::mark_secret(const Json::Value& value) {
  hidden_.reset();
  if (!has_place(value)) return;
  secrets_.insert(begin_of(value));
  source_.hide(place(value));
}

void Document::mark_filled(const Json::Value& value, const std::vector<std::string>& parts) {
  hidden_.reset();
  if (!has_place(value)) return;
  secrets_.insert(begin_of(value));
  filled_[begin_of(value)] = parts;
}

bool Document::is_secret(const Json::Value& root, std::string_view pointer) const {
  const Json::Value* value = find(root, pointer);
  return value != nullptr && is_secret(*value);
}

bool Document::is_secret(const Json::Value& value) const {
  return has_place(value) && secrets_.count(begin_of(value)) != 0;
}

bool Document::is_broken(const Json::Value& value) const {
  return has_place(value) && broken_.count(begin_of(value)) != 0;
}

void Document::mark_broken(const Json::Value& value) {
  if (has_place(value)) broken_.insert(begin_of(value));
}

bool Document::holds_broken(const Json::Value& value) const {
  if (!value.isArray() && !value.isObject()) return is_broken(value);
  return std::any_of(value.begin(), value.end(), [this](const Json::Value& child) { return holds_broken(child); });
}

void Document::drop_broken(Json::Value& value) const {
  if (is_broken(value)) {
    Json::Value nothing;
    copy_place(value, nothing);
    value = std::move(nothing);
  } else if (value.isArray() || value.isObject()) {
    for (Json::Value& child : value) drop_broken(child);
  }
}

Json::Value Document::redact(const Json::Value& value) const {
  Json::Value copy = value;
  redact_in_place(copy);
  return copy;
}

void Document::redact_in_place(Json::Value& value) const {
  if (is_secret(value)) {
    value = Json::Value("***");
  } else if (value.isObject() || value.isArray()) {
    for (Json::Value& child : value) redact_in_place(child);
  }
}

std::vector<std::string> Document::secrets_in(const Json::Value& value) const {
  std::vector<std::string> texts;
  collect_secrets(value, texts);
  // A text may be part of another one, which has to go first.
  std::sort(texts.begin(), texts.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

void Document::collect_secrets(const Json::Value& value, std::vector<std::string>& texts) const {
  if (value.isObject() || value.isArray()) {
    for (const Json::Value& child : value) collect_secrets(child, texts);
  } else if (is_secret(value) && value.isString()) {
    const auto add = [&texts](const std::string& text) {
      if (!text.empty()) texts.push_back(text);
    };
    add(value.asString());
    const auto filled = filled_.find(begin_of(value));
    if (filled == filled_.end()) return;
    for (const std::string& part : filled->second) add(part);
  }
}

std::string conceal(std::string text, const std::vector<std::string>& secrets) {
  const auto replace_all = [&text](const std::string& secret) {
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3)) {
      text.replace(at, secret.size(), "***");
    }
  };
  for (const std::string& secret : secrets) {
    const std::string quoted = to_exact(Json::Value(secret));
    replace_all(quoted.substr(1, quoted.size() - 2));
    replace_all(secret);
  }
  return text;
}

void copy_place(const Json::Value& from, Json::Value& to) {
  to.setOffsetStart(from.getOffsetStart());
  to.setOffsetLimit(from.getOffsetLimit());
}

}  // namespace trellis::schema
