#include "envelope.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <trellis/json.hpp>

#include "base_url.hpp"
#include "certificate_times.hpp"
#include "entity_tags.hpp"
#include "namespace_body.hpp"

namespace management {
namespace {

using trellis::json::quote;

std::string begin(const Route& route, std::string_view name) {
  std::string type(kProvider);
  if (!route.parent_type.empty()) type += '/' + route.parent_type;
  if (route.type != kNamespaces) type += '/' + route.type;
  const std::string_view shown = route.parent_type.empty() ? name : own_name(name);
  return R"({"id":)" + quote(route.id_of(name)) + R"(,"name":)" + quote(shown) + R"(,"type":)" + quote(type);
}

// properties is an object in one line.
std::string with_state(std::string properties, std::string_view state) {
  properties.pop_back();
  if (properties.size() > 1) properties += ',';
  return properties + R"("provisioningState":)" + quote(state) + '}';
}

}  // namespace

std::string to_time(std::int64_t unix_ms) {
  using std::chrono::duration_cast;
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(unix_ms)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text.data();
}

std::string envelope(const Route& route, const trellis::Resource& resource, const SecretPlaces& secrets,
                     std::string_view state) {
  std::string out = begin(route, resource.name());
  out += R"(,"etag":)" + quote(to_tag(resource.revision()));
  if (resource.from_files()) out += R"(,"managedBy":"files")";
  std::string properties = with_certificate_times(route.type, secrets.hide(resource.json()));
  properties = with_base_url(route.type, std::move(properties), resource.json());
  const std::string beside = route.type == kNamespaces ? take_beside(properties) : std::string();
  out += R"(,"systemData":{"createdAt":")" + to_time(resource.created_ms()) + R"(","lastModifiedAt":")" +
         to_time(resource.modified_ms()) + R"("})" + beside + R"(,"properties":)";
  return out + with_state(std::move(properties), state) + '}';
}

std::string bare_envelope(const Route& route, std::string_view name, std::string_view managed_by) {
  std::string out = begin(route, name);
  if (!managed_by.empty()) out += R"(,"managedBy":)" + quote(managed_by);
  return out + R"(,"properties":)" + with_state("{}", "Succeeded") + '}';
}

}  // namespace management
