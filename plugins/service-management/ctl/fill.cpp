#include "ctl/fill.hpp"

#include <fstream>
#include <iterator>

namespace management::ctl {

using trellis::json::quote;
using trellis::json::Type;
using trellis::json::Value;

std::string without_comments(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\' ? 1U : 0U;
      continue;
    }
    const bool line = text.compare(i, 2, "//") == 0;
    if (!line && text.compare(i, 2, "/*") != 0) continue;
    const std::size_t found = line ? text.find('\n', i) : text.find("*/", i + 2);
    const std::size_t end = found == std::string::npos ? text.size() : found + (line ? 0 : 2);
    for (; i < end; ++i) {
      if (text[i] != '\n') text[i] = ' ';
    }
    --i;
  }
  return text;
}

trellis::Result<std::string> References::fill(const Value& value) const {
  if (value.type == Type::text) {
    auto filled = fill_text(value.text);
    if (!filled) return filled;
    return quote(*filled);
  }
  if (value.type != Type::object && value.type != Type::list) return std::string(value.source);
  const bool is_object = value.type == Type::object;
  std::string out = is_object ? "{" : "[";
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    auto inner = fill(value.items[i]);
    if (!inner) return inner;
    if (i > 0) out += ',';
    if (is_object) out += quote(value.keys[i]) + ':';
    out += *inner;
  }
  return out + (is_object ? '}' : ']');
}

trellis::Result<std::string> References::fill_text(std::string_view text) const {
  std::string out;
  while (true) {
    const std::size_t begin = text.find("${");
    if (begin == std::string_view::npos) return out + std::string(text);
    if (begin > 0 && text[begin - 1] == '$') {  // $${ stands for ${
      out += std::string(text.substr(0, begin - 1)) + "${";
      text.remove_prefix(begin + 2);
      continue;
    }
    const std::size_t end = text.find('}', begin);
    const std::string inside(text.substr(begin + 2, end == std::string_view::npos ? end : end - begin - 2));
    if (inside.starts_with("client.")) {  // variables of topic templates
      out += text.substr(0, begin + 2);
      text.remove_prefix(begin + 2);
      continue;
    }
    if (end == std::string_view::npos) return trellis::fail("\"${\" without its \"}\"");
    const auto filled = look_up(inside);
    if (!filled) return filled.error();
    out += std::string(text.substr(0, begin)) + *filled;
    text.remove_prefix(end + 1);
  }
}

trellis::Result<std::string> References::look_up(const std::string& inside) const {
  if (inside.starts_with("env:")) {
    auto value = environment_(inside.c_str() + 4);
    if (!value) return trellis::fail("the environment has no " + inside.substr(4));
    return *std::move(value);
  }
  if (!inside.starts_with("file:"))
    return trellis::fail("${" + inside + "}: known are ${env:NAME} and ${file:path}, and $${ for a plain ${");
  const std::filesystem::path path = folder_ / inside.substr(5);
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file || text.empty()) return trellis::fail("the file " + path.string() + " cannot be read, or is empty");
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace management::ctl
