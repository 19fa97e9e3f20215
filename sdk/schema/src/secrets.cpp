#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <trellis/schema/pointer.hpp>
#include <trellis/schema/result.hpp>
#include <trellis/schema/secrets.hpp>
#include <utility>

namespace trellis::schema {

namespace {

constexpr std::string_view kGrammar = "${env:NAME} or ${file:path}, and $${ for a plain ${";
constexpr const char* kNameCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

std::optional<std::string> process_environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

Result<std::string> read_secret_file(const std::filesystem::path& path, std::size_t limit) {
  const auto refuse = [&](std::string_view why) {
    return Failure{fmt::format("the secret file {} {}", path.string(), why)};
  };
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return refuse("does not exist or its folder may not be entered");
  // Reading a pipe or a device could wait forever.
  if (!std::filesystem::is_regular_file(status)) return refuse("is not a regular file");
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return refuse("cannot be opened; check its permissions");
  std::string text(limit + 3, '\0');  // two more for a line's end, one more to notice what is too long
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (stream.bad()) return refuse("cannot be read");
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.size() > limit) return refuse(fmt::format("is larger than {} bytes", limit));
  if (text.empty()) return refuse("is empty");
  return text;
}

Result<std::string> resolve(const Document& document, const SecretSources& sources, const std::string& inside) {
  Result<std::string> content = Failure{};
  if (inside.starts_with("env:")) {
    const std::string name = inside.substr(4);
    if (name.empty()) return Failure{"${env:} names no variable"};
    const auto value = sources.environment ? sources.environment(name) : process_environment(name);
    if (!value) return Failure{fmt::format("the environment variable {} is not set", name)};
    content = *value;
  } else if (inside.starts_with("file:")) {
    if (inside.size() == 5) return Failure{"${file:} names no file"};
    content = read_secret_file(document.folder() / inside.substr(5), sources.file_bytes);
  } else {
    const bool is_name = !inside.empty() && inside.find_first_not_of(kNameCharacters) == std::string::npos;
    return Failure{fmt::format("unknown reference ${{{}}}; expected {}", inside, kGrammar),
                   is_name ? fmt::format("\"${{env:{}}}\"", inside) : ""};
  }
  if (content && (find_invalid_utf8(*content) != std::string_view::npos || content->find('\0') != std::string::npos)) {
    return Failure{fmt::format("what {} stands for is not UTF-8 text", inside)};
  }
  return content;
}

class Substitution {
 public:
  Substitution(Document& document, const SecretSources& sources, Diagnostics& diagnostics)
      : document_(document), sources_(sources), diagnostics_(diagnostics) {}

  void walk(Json::Value& value, const std::string& pointer) {
    if (value.isString()) fill_in(value, pointer);
    if (!value.isArray() && !value.isObject()) return;
    for (auto child = value.begin(); child != value.end(); ++child) {
      walk(*child, value.isArray() ? pointer_to(pointer, child.index()) : pointer_to(pointer, child.name()));
    }
  }

 private:
  void fill_in(Json::Value& value, const std::string& pointer);
  // What the reference at `begin` of `text` stands for; `end` is set behind it. Nothing if it was refused.
  std::optional<std::string> replacement(const Json::Value& value, const std::string& pointer, const std::string& text,
                                         std::size_t begin, std::size_t& end);
  void report(const Json::Value& value, const std::string& pointer, const std::string& reference, const Failure& why);

  Document& document_;
  const SecretSources& sources_;
  Diagnostics& diagnostics_;
  std::vector<std::string> filled_;  // into the current text
};

void Substitution::fill_in(Json::Value& value, const std::string& pointer) {
  const std::string text = value.asString();
  std::string out;
  bool failed = false;
  filled_.clear();
  std::size_t at = 0;
  for (std::size_t begin = text.find("${"); begin != std::string::npos; begin = text.find("${", at)) {
    out += text.substr(at, begin - at);
    if (begin > at && text[begin - 1] == '$') {
      out += '{';  // the first `$` of `$${` stays
      at = begin + 2;
      continue;
    }
    const auto filling = replacement(value, pointer, text, begin, at);
    failed = failed || !filling;
    out += filling.value_or("");
  }
  if (failed) return document_.mark_broken(value);
  if (at == 0) return;
  out += text.substr(at);
  Json::Value filled(out.data(), out.data() + out.size());
  copy_place(value, filled);
  value = std::move(filled);
  // What stands in the file is only the reference: it may be shown, what it stands for may not.
  if (!filled_.empty()) document_.mark_filled(value, filled_);
}

std::optional<std::string> Substitution::replacement(const Json::Value& value, const std::string& pointer,
                                                     const std::string& text, std::size_t begin, std::size_t& end) {
  const std::size_t closer = text.find('}', begin);
  end = closer == std::string::npos ? text.size() : closer + 1;
  const std::string reference = text.substr(begin, end - begin);
  if (closer == std::string::npos) {
    report(value, pointer, reference, {fmt::format("\"${{\" is not closed by \"}}\"; expected {}", kGrammar)});
    return std::nullopt;
  }
  const std::string inside = reference.substr(2, reference.size() - 3);
  const bool is_left = std::any_of(sources_.leave.begin(), sources_.leave.end(),
                                   [&](const std::string& prefix) { return inside.starts_with(prefix); });
  if (is_left) return reference;
  const auto filling = resolve(document_, sources_, inside);
  if (filling) {
    filled_.push_back(*filling);
    return *filling;
  }
  report(value, pointer, reference, filling.failure());
  return std::nullopt;
}

void Substitution::report(const Json::Value& value, const std::string& pointer, const std::string& reference,
                          const Failure& why) {
  Span where = document_.place(value);
  const std::string_view raw = document_.source().text().substr(where.begin, where.end - where.begin);
  // Not found if it is written with escapes: then the whole text is pointed at.
  if (const std::size_t found = raw.find(reference); found != std::string_view::npos) {
    where = {where.begin + found, where.begin + found + reference.size()};
  }
  Diagnostic diagnostic = document_.at(where, pointer, why.message);
  diagnostic.expected = kGrammar;
  diagnostic.found = reference;
  diagnostic.suggestion = why.suggestion;
  diagnostics_.add(std::move(diagnostic));
}

}  // namespace

void substitute_secrets(Document& document, const SecretSources& sources, Diagnostics& diagnostics) {
  Substitution(document, sources, diagnostics).walk(document.root(), "");
}

}  // namespace trellis::schema
