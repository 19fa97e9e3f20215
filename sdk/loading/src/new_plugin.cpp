// Templates are folders of files that name the plugin kind-example, kind_example or KindExample, wherever a plugin's
// name may stand. What is shared by all kinds is in one folder, what is a kind's own in one of that name.
#include "new_plugin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <trellis/schema/near_match.hpp>
#include <utility>

namespace trellis::loading {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kShared = "shared";
constexpr std::size_t kLongest = 64;
using Replacements = std::vector<std::pair<std::string_view, std::string>>;

bool is_id(std::string_view name) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= kLongest && name.front() >= 'a' && name.front() <= 'z' && name.back() != '-' &&
         name.find("--") == std::string_view::npos && std::ranges::all_of(name, fits);
}

/// "stage-acme-size" as a file or a metric is called.
std::string snake_case(std::string id) {
  std::ranges::replace(id, '-', '_');
  return id;
}

/// And as a class is.
std::string class_name(std::string_view id) {
  std::string name;
  bool begins = true;
  for (const char c : id) {
    if (c != '-') name += begins && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    begins = c == '-';
  }
  return name;
}

/// Within a text of C++.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string replaced(std::string text, const Replacements& replacements) {
  for (const auto& [what, by] : replacements) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
      text.replace(at, what.size(), by);
    }
  }
  return text;
}

void copy_file(const fs::path& from, const fs::path& to, const Replacements& replacements) {
  std::ifstream in(from, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) throw std::runtime_error(fmt::format("cannot read {}", from.string()));
  fs::create_directories(to.parent_path());
  std::ofstream out(to, std::ios::binary);
  out << replaced(text, replacements);
  out.close();
  if (!out) throw std::runtime_error(fmt::format("cannot write {}", to.string()));
  fs::permissions(to, fs::status(from).permissions());
}

void copy_folder(const fs::path& from, const fs::path& to, const Replacements& replacements) {
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    if (!entry.is_regular_file()) continue;
    const std::string inside = entry.path().lexically_relative(from).generic_string();
    copy_file(entry.path(), to / replaced(inside, replacements), replacements);
  }
}

void check(const NewPlugin& plugin, const std::vector<std::string>& kinds) {
  if (std::ranges::find(kinds, plugin.kind) == kinds.end()) {
    throw std::runtime_error(fmt::format("\"{}\" is no kind of plugin: expected one of {}{}", plugin.kind,
                                         fmt::join(kinds, ", "),
                                         schema::did_you_mean(schema::near_match(plugin.kind, kinds))));
  }
  if (!is_id(plugin.name) || !is_id(plugin_id(plugin))) {
    throw std::runtime_error(
        fmt::format("\"{}\" is no name for a plugin: expected small letters, digits and single '-' between them, a "
                    "letter first, at "
                    "most {} with the kind",
                    plugin.name, kLongest));
  }
  const auto breaks = [](char c) { return static_cast<unsigned char>(c) < ' '; };
  if (std::ranges::any_of(plugin.vendor, breaks) || std::ranges::any_of(plugin.licence, breaks)) {
    throw std::runtime_error("vendor and licence are one line each, without control characters");
  }
}

}  // namespace

fs::path template_path() {
  std::error_code code;
  const fs::path program = fs::read_symlink("/proc/self/exe", code);
  return program.parent_path().parent_path() / "share" / "trellis" / "template";
}

std::vector<std::string> template_kinds(const fs::path& templates) {
  std::vector<std::string> kinds;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(templates, code)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory() && name != kShared) kinds.push_back(name);
  }
  std::ranges::sort(kinds);
  return kinds;
}

std::string plugin_id(const NewPlugin& plugin) {
  return plugin.name.starts_with(plugin.kind + "-") ? plugin.name : plugin.kind + "-" + plugin.name;
}

fs::path make_plugin(const NewPlugin& plugin, const fs::path& templates) {
  const std::vector<std::string> kinds = template_kinds(templates);
  if (kinds.empty()) {
    throw std::runtime_error(
        fmt::format("there are no templates in {}: the part of Trellis for authors of plugins is not installed",
                    templates.string()));
  }
  check(plugin, kinds);
  const std::string id = plugin_id(plugin);
  fs::path folder = plugin.folder.empty() ? fs::path(id) : plugin.folder;
  if (fs::exists(folder) && !(fs::is_directory(folder) && fs::is_empty(folder))) {
    throw std::runtime_error(fmt::format("{} is there and not empty", folder.string()));
  }
  Replacements replacements = {{"kind-example", id}, {"kind_example", snake_case(id)}, {"KindExample", class_name(id)}};
  if (!plugin.vendor.empty()) replacements.emplace_back("Your name", escaped(plugin.vendor));
  if (!plugin.licence.empty()) {
    replacements.emplace_back(".licence = \"Apache-2.0\"", fmt::format(".licence = \"{}\"", escaped(plugin.licence)));
  }
  copy_folder(templates / kShared, folder, replacements);
  copy_folder(templates / plugin.kind, folder, replacements);
  return folder;
}

}  // namespace trellis::loading
