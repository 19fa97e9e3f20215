#include <json/writer.h>

#include <algorithm>
#include <trellis/schema/json_text.hpp>

namespace trellis::schema {

namespace {

constexpr std::size_t kLongestLine = 80;

std::string write_line(const Json::Value& value, unsigned precision) {
  Json::StreamWriterBuilder builder;
  builder["indentation"] = "";
  builder["emitUTF8"] = true;
  builder["precision"] = precision;
  builder["commentStyle"] = "None";
  return Json::writeString(builder, value);
}

bool is_plain(const Json::Value& value) { return value.empty() || !(value.isObject() || value.isArray()); }

void write(const Json::Value& value, std::size_t indentation, std::string& out) {
  const bool plain_list = value.isArray() && std::all_of(value.begin(), value.end(), is_plain);
  const std::string line = is_plain(value) || plain_list ? to_line(value) : "";
  if (!line.empty() && (is_plain(value) || line.size() + indentation <= kLongestLine)) {
    out += line;
    return;
  }
  out += value.isObject() ? '{' : '[';
  std::string separator = "\n" + std::string(indentation + 2, ' ');
  for (auto member = value.begin(); member != value.end(); ++member) {
    out += separator;
    if (value.isObject()) out += to_line(Json::Value(member.name())) + ": ";
    write(*member, indentation + 2, out);
    separator = ",\n" + std::string(indentation + 2, ' ');
  }
  out += '\n' + std::string(indentation, ' ') + (value.isObject() ? '}' : ']');
}

}  // namespace

std::string to_line(const Json::Value& value, std::size_t longest) {
  std::string text = write_line(value, 15);
  if (longest != 0 && text.size() > longest) {
    while (longest > 0 && (static_cast<unsigned char>(text[longest]) & 0xC0u) == 0x80u) --longest;
    text.resize(longest);
    text += "…";
  }
  return text;
}

std::string to_exact(const Json::Value& value) { return write_line(value, 17); }

std::string to_pretty(const Json::Value& value) {
  std::string out;
  write(value, 0, out);
  return out + '\n';
}

}  // namespace trellis::schema
