#include "browser.hpp"

#include <algorithm>

#include "common/http/characters.hpp"

namespace mqtt_http {
namespace {

// What scripts may read of an answer.
constexpr std::string_view kExposed =
    "x-ms-error-code, x-ms-mqtt-topic, x-ms-mqtt-qos, x-ms-mqtt-size, x-ms-mqtt-expiry, x-ms-mqtt-last-modified, "
    "mqtt-topic, mqtt-qos, mqtt-correlation-data, mqtt-user-properties, mqtt-payload-format-indicator, retry-after";

bool list_of_tokens(std::string_view text) noexcept {
  bool good = true;
  trellis::http::each_list_element(text, [&](std::string_view name) { good = good && trellis::http::is_token(name); });
  return good;
}

}  // namespace

Browser::Browser(const trellis::Request& request, const std::vector<std::string>& origins)
    : origin_(request.header("origin")) {
  if (origin_.empty()) return;
  const bool listed = std::ranges::find(origins, origin_) != origins.end();
  const bool all = std::ranges::find(origins, "*") != origins.end();
  if (listed || all) allowed_ = listed ? origin_ : "*";
  preflight_ = request.method() == "OPTIONS" && request.headers().contains("access-control-request-method");
  const std::string_view wanted = request.header("access-control-request-headers");
  if (list_of_tokens(wanted)) wanted_ = wanted;
}

void Browser::add_preflight(std::vector<trellis::Pair>& headers) const {
  add(headers);
  headers.push_back({"access-control-allow-methods", "GET, POST, DELETE"});
  if (!wanted_.empty()) headers.push_back({"access-control-allow-headers", wanted_});
  headers.push_back({"access-control-max-age", "600"});
}

void Browser::add(std::vector<trellis::Pair>& headers) const {
  if (allowed_.empty()) return;
  headers.push_back({"access-control-allow-origin", allowed_});
  headers.push_back({"access-control-expose-headers", kExposed});
  headers.push_back({"vary", "Origin"});
}

}  // namespace mqtt_http
