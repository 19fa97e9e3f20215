#include "ctl/new_event.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <random>
#include <trellis/json.hpp>
#include <trellis/topic.hpp>

#include "common/base64/base64.hpp"
#include "ctl/inputs.hpp"
#include "envelope.hpp"

namespace management::ctl {
namespace {

using trellis::json::quote;
using trellis::json::Type;
using trellis::json::Value;

constexpr std::string_view kUsualType = "trellis.ctl";
constexpr std::string_view kUsualSource = "/trellis/ctl";

std::string or_usual(const CtlRequest& request, std::string_view option, std::string_view usual) {
  return quote(request.has(option) ? request.value(option) : usual);
}

// JSON is that, other text is text, and anything else bytes.
std::string data_members(const std::string& data) {
  if (trellis::json::parse(data)) return R"(,"datacontenttype":"application/json","data":)" + data;
  if (trellis::valid_utf8(data)) return R"(,"datacontenttype":"text/plain","data":)" + quote(data);
  return R"(,"datacontenttype":"application/octet-stream","data_base64":")" + common::to_base64(data) + '"';
}

trellis::Result<std::string> event_of(const Value& value, const std::string& where) {
  const Value* const inside = value.find("specversion") == nullptr ? value.find("event") : nullptr;
  const Value& event = inside == nullptr ? value : *inside;
  if (event.type != Type::object)
    return trellis::fail(where +
                         ": expected an event, a JSON object with \"specversion\", \"id\", \"source\" and "
                         "\"type\", found " +
                         std::string(trellis::json::name(event.type)));
  return std::string(event.source);
}

trellis::Result<std::vector<std::string>> read_lines(std::string_view text) {
  std::vector<std::string> events;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string where = "--event, line " + std::to_string(number);
    const auto value = trellis::json::parse(line);
    if (!value) return trellis::fail(where + ": " + value.error().text);
    auto event = event_of(*value, where);
    if (!event) return event.error();
    events.push_back(std::move(event).value());
  }
  return events;
}

}  // namespace

std::string random_uuid() {
  std::random_device random;
  std::array<std::uint32_t, 4> words{random(), random(), random(), random()};
  words[1] = (words[1] & 0xFFFF0FFFU) | 0x4000U;
  words[2] = (words[2] & 0x3FFFFFFFU) | 0x80000000U;
  std::array<char, 40> out{};
  const int size = std::snprintf(out.data(), out.size(), "%08x-%04x-%04x-%04x-%04x%08x", words[0], words[1] >> 16U,
                                 words[1] & 0xFFFFU, words[2] >> 16U, words[2] & 0xFFFFU, words[3]);
  return {out.data(), static_cast<std::size_t>(size)};
}

trellis::Result<std::string> make_event(const CtlRequest& request) {
  const auto now = std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds(1);
  std::string event = R"({"specversion":"1.0","id":)" + or_usual(request, "--id", random_uuid()) + R"(,"source":)" +
                      or_usual(request, "--source", kUsualSource) + R"(,"type":)" +
                      or_usual(request, "--type", kUsualType) + R"(,"time":)" + quote(to_time(now));
  if (request.has("--subject")) event += R"(,"subject":)" + quote(request.value("--subject"));
  if (request.has("--data")) {
    const auto data = read_argument(request.value("--data"));
    if (!data) return trellis::fail("--data: " + data.error().text);
    event += data_members(*data);
  }
  return event + '}';
}

trellis::Result<std::vector<std::string>> read_events(const CtlRequest& request) {
  const auto text = read_argument(request.value("--event"));
  if (!text) return trellis::fail("--event: " + text.error().text);
  const auto value = trellis::json::parse(*text);
  const bool batch = request.has("--batch");
  if (!value && batch) return read_lines(*text);
  if (!value) return trellis::fail("--event: " + value.error().text + "; --batch takes a line for each event");
  if (value->type == Type::list && !batch) return trellis::fail("--event: found a list; --batch publishes it");
  if (value->type != Type::list) {
    auto event = event_of(*value, "--event");
    if (!event) return event.error();
    return std::vector<std::string>{std::move(event).value()};
  }
  std::vector<std::string> events;
  for (const Value& one : value->items) {
    auto event = event_of(one, "--event, number " + std::to_string(events.size() + 1));
    if (!event) return event.error();
    events.push_back(std::move(event).value());
  }
  return events;
}

}  // namespace management::ctl
