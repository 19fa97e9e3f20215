#include "base_url.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <trellis/config.hpp>
#include <trellis/json.hpp>

namespace management {
namespace {

using trellis::Config;

constexpr std::string_view kBaseUrl = "endpointBaseUrl";
constexpr std::array<std::string_view, 4> kPlace{"deliveryConfiguration", "push", "destination", "properties"};

// Empty where there is none.
std::string url_in(Config object) {
  for (const std::string_view name : kPlace) {
    if (!object.contains(name)) return {};
    object = object.object(name);
  }
  return object.text("endpointUrl", "");
}

std::string without_secrets(std::string url) {
  url.resize(std::min(url.find_first_of("?#"), url.size()));
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  const std::size_t host = scheme + 3;
  const std::size_t at = url.rfind('@', url.find('/', host));
  if (at != std::string::npos && at > host) url.erase(host, at + 1 - host);
  return url;
}

std::string with_url(const Config& object, std::span<const std::string_view> place, const std::string& url) {
  std::string out = "{";
  const auto add = [&](std::string_view name, std::string_view json) {
    out.append(out.size() > 1 ? "," : "").append(trellis::json::quote(name)).append(":").append(json);
  };
  for (const auto& [name, value] : object.members()) {
    if (place.empty() && name == kBaseUrl) continue;
    const bool leads = !place.empty() && name == place.front();
    add(name, leads ? with_url(value, place.subspan(1), url) : value.json());
  }
  if (place.empty()) add(kBaseUrl, trellis::json::quote(url));
  return out + '}';
}

}  // namespace

std::string with_base_url(std::string_view type, std::string properties, std::string_view stored) {
  if (type != "eventSubscriptions" || stored.find(R"("endpointUrl")") == std::string_view::npos) return properties;
  const auto kept = Config::parse(stored);
  const auto shown = Config::parse(properties);
  if (!kept || !shown) return properties;
  const std::string url = url_in(*kept);
  return url.empty() ? properties : with_url(*shown, kPlace, without_secrets(url));
}

}  // namespace management
