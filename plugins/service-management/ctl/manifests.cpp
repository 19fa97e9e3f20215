#include "ctl/manifests.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <trellis/json.hpp>

#include "ctl/fill.hpp"
#include "ctl/inputs.hpp"
#include "namespace_body.hpp"
#include "route.hpp"
#include "shown_name.hpp"

namespace management::ctl {
namespace {

namespace fs = std::filesystem;
using trellis::json::Type;
using trellis::json::Value;

constexpr std::string_view kLineEndings[] = {".jsonl", ".ndjson"};

bool has_lines(const fs::path& path) {
  return std::ranges::find(kLineEndings, path.extension().string()) != std::end(kLineEndings);
}

/// Counts lines as it goes forward through a text.
class LineCounter {
 public:
  explicit LineCounter(std::string_view text) : text_(text) {}
  std::size_t of(std::string_view part) {
    const auto at = static_cast<std::size_t>(part.data() - text_.data());
    line_ += static_cast<std::size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(seen_),
                                                 text_.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    seen_ = at;
    return line_;
  }

 private:
  std::string_view text_;
  std::size_t seen_ = 0;
  std::size_t line_ = 1;
};

/// Reads one file.
class FileReader {
 public:
  FileReader(std::string path, const Terminal& terminal, Manifests& manifests)
      : path_(std::move(path)),
        references_(fs::path(path_).parent_path(), terminal.environment),
        manifests_(manifests) {}

  trellis::Result<void> read() {
    auto text = read_text(path_);
    if (!text) return text.error();
    const std::size_t begin = text->find_first_not_of(" \t\r\n");
    if (begin == std::string::npos) return trellis::ok();
    if (has_lines(path_) || first_line_is_one(*text)) return read_lines(*text);
    const std::string plain = without_comments(std::move(text).value());
    const auto value = trellis::json::parse(plain);
    if (!value) return trellis::fail(path_ + ": " + value.error().text);
    LineCounter lines(plain);
    if (value->type == Type::list) return read_list(*value, lines);
    if (is_operation(*value)) return add_operation(*value, 1);
    return read_types(*value, lines);
  }

 private:
  static bool is_operation(const Value& value) {
    const Value* const type = value.find("type");
    const Value* const name = value.find("name");
    return type != nullptr && name != nullptr && type->type == Type::text && name->type == Type::text;
  }
  static bool first_line_is_one(std::string_view text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const auto value = trellis::json::parse(line);
    return value && value->type == Type::object && is_operation(*value);
  }
  std::string place(std::size_t line) const { return path_ + ':' + std::to_string(line); }
  trellis::Error wrong(std::size_t line, const std::string& what) const {
    return trellis::fail(place(line) + ": " + what);
  }

  trellis::Result<void> read_lines(std::string_view text) {
    for (std::size_t number = 1; !text.empty(); ++number) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      const auto value = trellis::json::parse(line);
      if (!value) return wrong(number, value.error().text);
      if (const auto added = add_operation(*value, number); !added) return added;
    }
    return trellis::ok();
  }

  trellis::Result<void> read_list(const Value& list, LineCounter& lines) {
    for (const Value& one : list.items) {
      if (const auto added = add_operation(one, lines.of(one.source)); !added) return added;
    }
    return trellis::ok();
  }

  // What is listed may be applied as it is.
  trellis::Result<void> add_operation(const Value& value, std::size_t line) {
    if (value.type != Type::object || !is_operation(value)) return wrong(line, "\"type\" and \"name\" are needed");
    if (value.find("managedBy") != nullptr) {
      ++manifests_.skipped;
      return trellis::ok();
    }
    Manifest made{"", value.find("type")->text, value.find("name")->text, std::nullopt, place(line)};
    const Value* const id = value.find("id");
    auto shown = read_shown(made.type, made.name, id == nullptr ? "" : id->text);
    if (!shown) return wrong(line, "\"name\": expected PARENT/NAME, or beside it the \"id\" that answers have");
    made.type = std::move(shown->type);
    made.name = std::move(shown->name);
    const Value* const properties = value.find("properties");
    if (properties == nullptr)
      return wrong(line, "\"properties\" is missing; null removes " + made.type + '/' + made.name);
    if (properties->type != Type::null)
      made.properties = made.type == kNamespaces ? gather_namespace(value) : std::string(properties->source);
    manifests_.all.push_back(std::move(made));
    return trellis::ok();
  }

  trellis::Result<void> read_types(const Value& root, LineCounter& lines) {
    if (root.type != Type::object) return wrong(1, "expected an object: types of resources with resources by name");
    const Value* const space = root.find("namespace");
    for (std::size_t i = 0; i < root.keys.size(); ++i) {
      const std::string& type = root.keys[i];
      const Value& of_type = root.items[i];
      if (type == "namespace" || type == "$schema" || type.starts_with("x-")) continue;
      if (of_type.type != Type::object)
        return wrong(lines.of(of_type.source), '"' + type + "\": expected an object: resources by name");
      for (std::size_t k = 0; k < of_type.keys.size(); ++k) {
        Manifest made{space == nullptr ? "" : space->text, type, of_type.keys[k], std::nullopt, ""};
        const std::size_t line = lines.of(of_type.items[k].source);
        made.place = place(line);
        auto filled = references_.fill(of_type.items[k]);
        if (!filled) return wrong(line, filled.error().text);
        if (of_type.items[k].type != Type::null) made.properties = std::move(filled).value();
        manifests_.all.push_back(std::move(made));
      }
    }
    return trellis::ok();
  }

  const std::string path_;
  const References references_;
  Manifests& manifests_;
};

std::vector<std::string> files_of(const std::string& path) {
  std::error_code none;
  if (path == "-" || !fs::is_directory(path, none)) return {path};
  std::set<std::string> files;
  for (const auto& entry : fs::directory_iterator(path, none)) {
    if (entry.path().extension() == ".json" || has_lines(entry.path())) files.insert(entry.path().string());
  }
  return {files.begin(), files.end()};
}

}  // namespace

trellis::Result<Manifests> read_manifests(const std::vector<std::string>& paths, const Terminal& terminal) {
  Manifests manifests;
  for (const std::string& path : paths) {
    for (const std::string& file : files_of(path)) {
      if (const auto read = FileReader(file, terminal, manifests).read(); !read) return read.error();
    }
  }
  return manifests;
}

trellis::Result<std::string> read_one(const std::string& path, const Terminal& terminal) {
  auto text = read_text(path);
  if (!text) return text.error();
  const std::string plain = without_comments(std::move(text).value());
  const auto value = trellis::json::parse(plain);
  if (!value) return trellis::fail(path + ": " + value.error().text);
  const Value* const inside = value->find("properties");
  const Value& properties = inside != nullptr && inside->type == Type::object ? *inside : *value;
  if (properties.type != Type::object) return trellis::fail(path + ": expected an object, the resource's properties");
  // What the broker answered says what it means: somebody else may have written it.
  if (inside == &properties && (value->find("id") != nullptr || value->find("etag") != nullptr))
    return std::ranges::any_of(value->keys, stands_beside) ? gather_namespace(*value) : std::string(properties.source);
  auto filled = References(fs::path(path).parent_path(), terminal.environment).fill(properties);
  if (!filled) return trellis::fail(path + ": " + filled.error().text);
  return filled;
}

trellis::Result<std::string> read_pairs(const std::vector<std::string>& pairs) {
  std::string out = "{";
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == 0 || equals == std::string::npos) return trellis::fail("\"" + pair + "\": expected key=value");
    const std::string value = pair.substr(equals + 1);
    out += (out.size() > 1 ? "," : "") + trellis::json::quote(pair.substr(0, equals)) + ':' +
           (trellis::json::parse(value) ? value : trellis::json::quote(value));
  }
  return out + '}';
}

}  // namespace management::ctl
