#include "ctl/shown_event.hpp"

#include "ctl/printable.hpp"
#include "ctl/server.hpp"
#include "ctl/show.hpp"

namespace management::ctl {
namespace {

using trellis::json::Type;
using trellis::json::Value;

// A text that would run into its neighbours stands in quotes.
std::string shown(const Value& value) {
  if (value.type != Type::text) return in_one_line(value);
  const bool plain = !value.text.empty() && value.text.find_first_of(" \t\"=") == std::string::npos;
  return plain ? value.text : trellis::json::quote(value.text);
}

bool is_data(std::string_view key) { return key == "data" || key == "data_base64"; }

}  // namespace

std::string shown_event(const Value& received) {
  const Value* const event = received.find("event");
  if (event == nullptr) return printable_in_line(in_one_line(received));
  std::string out = text_at(event, "type");
  std::string data;
  for (std::size_t i = 0; i < event->keys.size(); ++i) {
    const std::string& key = event->keys[i];
    if (key == "specversion" || key == "type") continue;
    (is_data(key) ? data : out) += ' ' + key + '=' + shown(event->items[i]);
  }
  const Value* const broker = received.find("brokerProperties");
  const Value* const count = broker == nullptr ? nullptr : broker->find("deliveryCount");
  if (count != nullptr && count->integer > 1) out += " delivery=" + std::to_string(count->integer);
  return printable_in_line(out + data);
}

}  // namespace management::ctl
