// One configuration file as read: the tree of values, and for every value and key the place it came from.
#pragma once

#include <json/value.h>

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <trellis/schema/diagnostic.hpp>
#include <trellis/schema/source_text.hpp>
#include <unordered_map>
#include <vector>

namespace trellis::schema {

/// A parsed file. A value is known by its place in the text (jsoncpp keeps it and copies it along), so the
/// questions below may be asked about any value of root(), of a copy of it, and of what validate() made of it. A
/// value that is not from the text (a default, a value made by code) has no place: its diagnostics show none.
///
/// Not thread-safe; used on the control thread.
class Document {
 public:
  static constexpr std::size_t kMaxBytes = 16u << 20;
  static constexpr unsigned kMaxDepth = 64;

  /// Reads JSON with // and /* */ comments. All mistakes that can be understood are collected and reading goes on
  /// behind them; the broken value is then null and is_broken(). Returns nothing if no tree could be made.
  /// file: the name to show in diagnostics.
  static std::optional<Document> parse(std::string text, std::string file, Diagnostics& diagnostics);

  /// The same for a file on disk; relative paths and ${file:…} inside are taken from its folder.
  static std::optional<Document> load(const std::filesystem::path& path, Diagnostics& diagnostics);

  const std::string& file() const { return source_.name(); }
  const SourceText& source() const { return source_; }
  /// Empty if the document did not come from disk.
  const std::filesystem::path& folder() const { return folder_; }
  void set_folder(std::filesystem::path folder) { folder_ = std::move(folder); }

  const Json::Value& root() const { return root_; }
  Json::Value& root() { return root_; }

  bool has_place(const Json::Value& value) const;
  Span place(const Json::Value& value) const;
  /// The place of the key that `value` stands behind; the value's own place if it has no key.
  Span key_place(const Json::Value& value) const;

  /// A diagnostic about a place, about a value, or about the key of a value. `message` is a complete sentence.
  Diagnostic at(Span where, std::string pointer, std::string message) const;
  Diagnostic at_value(const Json::Value& value, std::string pointer, std::string message) const;
  Diagnostic at_key(const Json::Value& value, std::string pointer, std::string message) const;
  /// The value (or nearest parent) that a JSON pointer names in root(): for checks that go beyond the schema. What the
  /// file holds of secrets is concealed in the message.
  Diagnostic at_pointer(std::string pointer, std::string message) const;
  /// Adds one.
  void report(Diagnostics& diagnostics, std::string pointer, std::string message,
              Severity severity = Severity::error) const;
  /// Adds one about what stands in the file twice; note: what is said of the place where it did `first`.
  void report_again(Diagnostics& diagnostics, std::string pointer, std::string message, std::string first,
                    std::string note) const;
  /// The same where `name` is not among those that are known; if_none: what is expected where there are none.
  /// Nothing is guessed where the name may not be shown.
  Diagnostic at_unknown(std::string pointer, std::string message, const std::string& name,
                        const std::vector<std::string>& known, const std::string& if_none) const;

  /// Secret values are never shown: not in source lines, not by redact().
  void mark_secret(const Json::Value& value);
  /// The same for a value into which a secret was filled: what the file itself holds there may still be shown.
  /// parts: what was filled in, which may be less than the whole text.
  void mark_filled(const Json::Value& value, const std::vector<std::string>& parts = {});
  bool is_secret(const Json::Value& value) const;
  /// The same of what a JSON pointer names in root, which validate() made of this document.
  bool is_secret(const Json::Value& root, std::string_view pointer) const;
  /// A copy that may be printed: every secret in it is "***".
  Json::Value redact(const Json::Value& value) const;
  /// The texts in `value` that may not be shown: for conceal(), where others, who know no secrets, word a message.
  std::vector<std::string> secrets_in(const Json::Value& value) const;

  /// True for a value that is unreadable or was refused: it was reported, so nothing more is to be said about it.
  bool is_broken(const Json::Value& value) const;
  void mark_broken(const Json::Value& value);
  bool holds_broken(const Json::Value& value) const;
  /// Broken values in it become null, which reads as nothing; their place stays.
  void drop_broken(Json::Value& value) const;

 private:
  Document(std::string text, std::string file);
  void redact_in_place(Json::Value& value) const;
  const std::vector<std::string>& hidden() const;
  void collect_secrets(const Json::Value& value, std::vector<std::string>& texts) const;

  SourceText source_;
  std::filesystem::path folder_;
  Json::Value root_;
  std::unordered_map<std::size_t, Span> keys_;                        // where a value begins → the place of its key
  std::set<std::size_t> secrets_;                                     // where secret values begin
  std::unordered_map<std::size_t, std::vector<std::string>> filled_;  // where a value begins → what was filled into it
  mutable std::optional<std::vector<std::string>> hidden_;  // what of root() may not be shown, once somebody asked
  std::set<std::size_t> broken_;                            // where broken values begin
};

/// `text` with "***" in place of each of `secrets`, also where it stands escaped as in JSON.
std::string conceal(std::string text, const std::vector<std::string>& secrets);

/// Gives `to` the place of `from`: for code that replaces a value by a computed one.
void copy_place(const Json::Value& from, Json::Value& to);

}  // namespace trellis::schema
