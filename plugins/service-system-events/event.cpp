#include "event.hpp"

#include <trellis/json.hpp>

#include "common/stamp/utc_time.hpp"
#include "common/stamp/uuid.hpp"

namespace system_events {
namespace {

void escape(std::string& out, std::string_view text, std::string_view characters) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  for (const char c : text) {
    if (characters.find(c) == std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += hex[byte >> 4U];
    out += hex[byte & 0xFU];
  }
}

}  // namespace

Members& Members::raw(std::string_view name, std::string_view json) {
  if (json_.size() > 1) json_ += ',';
  json_.append(trellis::json::quote(name)).append(":").append(json);
  return *this;
}

Members& Members::text(std::string_view name, std::string_view value) { return raw(name, trellis::json::quote(value)); }

std::string cloud_event(const Event& event, std::string_view source) {
  std::string id;
  common::append_uuid(id);
  return Members{}
      .text("specversion", "1.0")
      .text("id", id)
      .text("time", common::write_utc(event.unix_ms))
      .text("type", event.type)
      .text("source", source.empty() ? std::string_view(event.name_space) : source)
      .text("subject", event.subject)
      .text("datacontenttype", "application/json")
      .raw("data", event.data)
      .object();
}

std::string part(std::string_view name) {
  std::string out;
  escape(out, name, "%/");
  return out;
}

// Its parts are parts of topics, but for the characters that are none.
std::string topic_of(std::string_view prefix, std::string_view subject) {
  std::string out(prefix);
  out += '/';
  escape(out, subject, std::string_view("+#\0", 3));
  return out;
}

}  // namespace system_events
