#include "common/jose/rules.hpp"

#include <algorithm>

namespace jose {
namespace {

using std::chrono::seconds;
using trellis::fail;
using trellis::ok;
using trellis::Result;

trellis::Error refuse(std::string text) { return fail(std::move(text), trellis::Status::not_authorized); }

std::string_view without_slash(std::string_view text) {
  if (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

// A media type's prefix may be left out (RFC 7515, 4.1.9).
bool same_type(std::string_view type, std::string_view wanted) {
  static constexpr std::string_view kPrefix = "application/";
  if (type.size() > kPrefix.size() && same_ignoring_case(type.substr(0, kPrefix.size()), kPrefix)) {
    type.remove_prefix(kPrefix.size());
  }
  return same_ignoring_case(type, wanted);
}

Result<void> check_origin(const Claims& claims, const Rules& rules) {
  if (rules.check_issuer) {
    if (!claims.issuer()) return refuse("the token has no issuer ('iss')");
    if (*claims.issuer() != rules.issuer) return refuse("the token's issuer ('iss') is another one");
  }
  if (!rules.check_audience) return ok();
  if (claims.find("aud") == nullptr) return refuse("the token has no audience ('aud')");
  const auto same = [&](std::string_view audience, std::string_view accepted) {
    if (!rules.audiences_are_hosts) return same_audience(audience, accepted);
    return !audience.empty() && same_ignoring_case(without_slash(audience), without_slash(accepted));
  };
  for (const std::string_view audience : claims.audiences()) {
    for (const std::string& accepted : rules.audiences) {
      if (same(audience, accepted)) return ok();
    }
  }
  return refuse("the token's audience ('aud') is another one");
}

Result<void> check_times(const Claims& claims, const Rules& rules, seconds now) {
  const auto expires = claims.expires();
  const auto begins = claims.not_before();
  if (!expires && rules.expiry_required) return refuse("the token has no expiry ('exp')");
  if (!begins && rules.not_before_required) return refuse("the token has no beginning ('nbf')");
  if (expires && now >= *expires + rules.skew) return refuse("the token is expired");
  if (begins && now + rules.skew < *begins) return refuse("the token is not valid yet");
  return ok();
}

}  // namespace

bool same_audience(std::string_view a, std::string_view b) noexcept {
  return !a.empty() && without_slash(a) == without_slash(b);
}

Result<void> check_claims(const Header& header, const Claims& claims, const Rules& rules, seconds now) {
  if (header.type &&
      std::ranges::none_of(rules.types, [&](const std::string& wanted) { return same_type(*header.type, wanted); })) {
    return refuse("the token is of another type ('typ')");
  }
  if (const auto origin = check_origin(claims, rules); !origin) return origin;
  return check_times(claims, rules, now);
}

}  // namespace jose
