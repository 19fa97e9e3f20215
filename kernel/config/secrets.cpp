#include "config/secrets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "config/pointer.hpp"
#include "config/result.hpp"

namespace trellis::kernel::config {

namespace {

constexpr std::string_view kGrammar = "${env:NAME} or ${file:path}, and $${ for a plain ${";

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

class Substitution {
 public:
  Substitution(Document& document, const SecretSources& sources, Diagnostics& diagnostics)
      : document_(document), sources_(sources), diagnostics_(diagnostics) {}

  void walk(Json::Value& value, const std::string& pointer);

 private:
  void fill_in(Json::Value& value, const std::string& pointer);
  Result<std::string> resolve(std::string_view inside) const;
  Result<std::string> from_environment(std::string_view name) const;
  Result<std::string> unknown_form(std::string_view inside) const;
  bool is_left(std::string_view inside) const;
  void report(const Json::Value& value, const std::string& pointer, std::string_view reference, const Failure& failure);

  Document& document_;
  const SecretSources& sources_;
  Diagnostics& diagnostics_;
};

void Substitution::walk(Json::Value& value, const std::string& pointer) {
  if (value.isString()) {
    fill_in(value, pointer);
  } else if (value.isArray()) {
    for (Json::ArrayIndex i = 0; i < value.size(); ++i) walk(value[i], pointer_to(pointer, i));
  } else if (value.isObject()) {
    for (auto member = value.begin(); member != value.end(); ++member)
      walk(*member, pointer_to(pointer, member.name()));
  }
}

void Substitution::fill_in(Json::Value& value, const std::string& pointer) {
  const std::string text = value.asString();
  if (text.find("${") == std::string::npos) return;
  std::string out;
  bool secret = false;
  bool failed = false;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = text.find("${", at);
    out += text.substr(at, begin - at);
    if (begin == std::string::npos) break;
    if (begin > at && text[begin - 1] == '$') {
      out += '{';  // the `$` of `$${` that came before stays
      at = begin + 2;
      continue;
    }
    const std::size_t end = text.find('}', begin);
    if (end == std::string::npos) {
      report(value, pointer, "${", {fmt::format("\"${{\" is not closed by \"}}\"; expected {}", kGrammar)});
      failed = true;
      break;
    }
    const std::string reference = text.substr(begin, end + 1 - begin);
    const std::string inside = text.substr(begin + 2, end - begin - 2);
    at = end + 1;
    if (is_left(inside)) {
      out += reference;
      continue;
    }
    const auto filling = resolve(inside);
    secret = true;
    if (filling) {
      out += *filling;
    } else {
      report(value, pointer, reference, filling.failure());
      failed = true;
    }
  }
  if (failed) document_.mark_broken(value);
  if (failed) return;
  Json::Value filled(out.data(), out.data() + out.size());
  copy_place(value, filled);
  value = std::move(filled);
  // What stands in the file is only the reference: it may be shown, what it stands for may not.
  if (secret) document_.mark_filled(value);
}

bool Substitution::is_left(std::string_view inside) const {
  return std::any_of(sources_.leave.begin(), sources_.leave.end(),
                     [&](const std::string& prefix) { return inside.starts_with(prefix); });
}

Result<std::string> Substitution::resolve(std::string_view inside) const {
  if (inside.starts_with("env:")) return from_environment(inside.substr(4));
  if (!inside.starts_with("file:")) return unknown_form(inside);
  const std::string_view path = inside.substr(5);
  if (path.empty()) return Failure{"${file:} names no file"};
  const auto content = read_secret_file(document_.folder() / path, sources_.file_bytes);
  if (!content) return content.failure();
  if (find_invalid_utf8(*content) != std::string_view::npos || content->find('\0') != std::string::npos) {
    return Failure{
        fmt::format("the secret file {} holds something else than UTF-8 text", (document_.folder() / path).string())};
  }
  return content;
}

Result<std::string> Substitution::from_environment(std::string_view name) const {
  if (name.empty()) return Failure{"${env:} names no variable"};
  const auto value = sources_.environment ? sources_.environment(name) : process_environment(name);
  if (!value) return Failure{fmt::format("the environment variable {} is not set", name)};
  if (find_invalid_utf8(*value) != std::string_view::npos) {
    return Failure{fmt::format("the environment variable {} holds something else than UTF-8 text", name)};
  }
  return *value;
}

Result<std::string> Substitution::unknown_form(std::string_view inside) const {
  const bool is_name =
      !inside.empty() && inside.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string_view::npos;
  std::string suggestion;
  if (is_name) suggestion = fmt::format("${{env:{}}}", inside);
  return Failure{fmt::format("unknown reference ${{{}}}; expected {}", inside, kGrammar), std::move(suggestion)};
}

void Substitution::report(const Json::Value& value, const std::string& pointer, std::string_view reference,
                          const Failure& failure) {
  const Span place = document_.place(value);
  const std::string_view raw = document_.source().text().substr(place.begin, place.end - place.begin);
  const std::size_t found = raw.find(reference);  // not found if it is written with escapes
  const Span where =
      found == std::string_view::npos ? place : Span{place.begin + found, place.begin + found + reference.size()};
  Diagnostic diagnostic = document_.at(where, pointer, failure.message);
  diagnostic.expected = kGrammar;
  diagnostic.found = reference;
  diagnostic.suggestion = failure.suggestion;
  diagnostics_.add(std::move(diagnostic));
}

}  // namespace

void substitute_secrets(Document& document, const SecretSources& sources, Diagnostics& diagnostics) {
  Substitution(document, sources, diagnostics).walk(document.root(), "");
}

}  // namespace trellis::kernel::config
