#include "grant.hpp"

#include <algorithm>
#include <string_view>
#include <trellis/topic.hpp>

#include "access/attributes.hpp"

namespace jwt {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && trellis::valid_text(text) &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

trellis::Result<Grant> grant_of(const jose::Claims& claims, std::chrono::seconds skew) {
  const auto subject = claims.subject();
  if (!subject) return trellis::fail("the token has no subject ('sub')", trellis::Status::not_authorized);
  if (!is_name(*subject)) {
    return trellis::fail("the token's subject ('sub') is empty, too long, or has control characters",
                         trellis::Status::not_authorized);
  }
  Grant grant;
  grant.name = *subject;
  grant.expires = *claims.expires() + skew;
  claims.for_each_other([&](std::string_view name, const trellis::json::Value& value) {
    // Others could be written in no query and no template; and under "trellis:…" the broker keeps marks that give
    // rights.
    if (!rights::is_attribute_name(name)) return;
    if (const auto attribute = rights::from_claim(value)) {
      grant.attributes.emplace_back(name, rights::to_json(*attribute));
    }
  });
  return grant;
}

}  // namespace jwt
