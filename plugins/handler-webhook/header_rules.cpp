#include "header_rules.hpp"

#include <algorithm>
#include <array>

#include "common/http/characters.hpp"
#include "common/http/request_writer.hpp"

namespace hooks {
namespace {

using trellis::fail;
using trellis::Result;
using trellis::http::equals_ignoring_case;

constexpr std::array<std::string_view, 5> kOwn = {"content-type", "content-encoding", "webhook-request-origin",
                                                  "webhook-request-rate", "webhook-request-callback"};
constexpr std::array<std::string_view, 3> kSigned = {"webhook-id", "webhook-timestamp", "webhook-signature"};

bool begins(std::string_view name, std::string_view with) {
  return equals_ignoring_case(name.substr(0, with.size()), with);
}

bool is_one_of(std::string_view name, const auto& names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view one) { return equals_ignoring_case(one, name); });
}

Result<void> read_fixed(const trellis::Config& properties, const std::string& name, HeaderRules& rules) {
  if (properties.contains("sourceField")) return fail("/properties/sourceField: belongs to the type Dynamic");
  const auto value = properties.find("value");
  if (!value) return fail("/properties: \"value\" is missing");
  const std::string text = value->as_text();
  if (!is_header_value(text)) {
    return fail("/properties/value: is longer than 4096 bytes, or has control characters or blanks around it");
  }
  rules.fixed.emplace_back(name, text);
  return trellis::ok();
}

Result<void> read_dynamic(const trellis::Config& properties, const std::string& name, cloud_event::Keys& keys,
                          HeaderRules& rules) {
  if (properties.contains("value") || properties.contains("isSecret")) {
    return fail("/properties: \"value\" and \"isSecret\" belong to the type Static");
  }
  const auto field = properties.find("sourceField");
  if (!field) return fail("/properties: \"sourceField\" is missing");
  const auto path = cloud_event::Path::parse(field->as_text());
  if (!path) return fail("/properties/sourceField: " + path.error().text);
  rules.dynamic.push_back({name, keys.add(*path, cloud_event::Keys::kWritten)});
  return trellis::ok();
}

}  // namespace

Result<void> check_header_name(const std::string& name) {
  if (name.size() > 256 || !trellis::http::is_token(name)) {
    return fail("is no name of a header, which has letters, digits and '-'");
  }
  if (begins(name, "aeg-") || begins(name, "ce-")) return fail("headers that begin with aeg- or ce- are reserved");
  if (is_one_of(name, kOwn) || is_one_of(name, kSigned) || trellis::http::belongs_to_request_writer(name)) {
    return fail("that header is the handler's own");
  }
  return trellis::ok();
}

bool HeaderRules::sets(std::string_view name) const {
  const auto same = [&](std::string_view other) { return equals_ignoring_case(name, other); };
  return std::any_of(fixed.begin(), fixed.end(), [&](const auto& one) { return same(one.first); }) ||
         std::any_of(dynamic.begin(), dynamic.end(), [&](const auto& one) { return same(one.name); });
}

bool is_header_value(std::string_view value) noexcept {
  return value.size() <= HeaderRules::kMostValueBytes && trellis::http::trim(value).size() == value.size() &&
         std::all_of(value.begin(), value.end(), trellis::http::is_field_char);
}

Result<HeaderRules> read_header_rules(const std::vector<trellis::Config>& list, cloud_event::Keys& keys) {
  HeaderRules rules;
  for (const trellis::Config& one : list) {
    const std::string name = one.text("name");
    if (auto right = check_header_name(name); !right) return fail(one.path() + "/name: " + right.error().text);
    if (rules.sets(name)) return fail(one.path() + "/name: there is a mapping of that header already");
    const trellis::Config properties = one.object("properties");
    const auto read = one.text("type") == "Static" ? read_fixed(properties, name, rules)
                                                   : read_dynamic(properties, name, keys, rules);
    if (!read) return fail(one.path() + read.error().text);
  }
  return rules;
}

}  // namespace hooks
