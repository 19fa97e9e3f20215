#include "principal.hpp"

#include <trellis/abi/identity.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "access/attributes.hpp"

namespace entra {
namespace {

using trellis::fail;
using trellis::ok;
using trellis::Result;
using trellis::json::Type;
using trellis::json::Value;

constexpr std::size_t kLongestName = 128;  // in characters, as of registered clients

trellis::Error refuse(std::string text) { return fail(std::move(text), trellis::Status::not_authorized); }

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

Result<void> check_tenant(const jose::Claims& claims, const Settings& settings) {
  if (settings.tenants.empty()) return ok();
  const auto tenant = claims.text("tid");
  if (!tenant) return refuse("the token has no tenant ('tid')");
  if (std::ranges::find(settings.tenants, *tenant) == settings.tenants.end()) {
    return refuse("the token's tenant ('tid') is another one");
  }
  if (settings.one_issuer_per_tenant() && claims.issuer() != settings.issuer_of(*tenant)) {
    return refuse("the token's issuer ('iss') is another one");
  }
  return ok();
}

/// Applications speak for themselves. Where the issuer says so by `idtyp` that counts. Entra gives it only on request,
/// but puts `scp` into every token an application has got on behalf of a user, and into every access token which
/// application got it (`appid`, or `azp` since version 2): without that it is an ID token, which is a user's. An `oid`
/// is how such tokens are told from those of issuers that mean something else by `scp`.
bool speaks_for_a_user(const jose::Claims& claims) {
  if (const Value* kind = claims.find("idtyp")) return kind->type != Type::text || kind->text != "app";
  if (claims.find("oid") == nullptr) return false;
  const bool has_application = !claims.text("appid").value_or("").empty() || !claims.text("azp").value_or("").empty();
  return claims.find("scp") != nullptr || !has_application;
}

Result<std::string> name_of(const jose::Claims& claims) {
  // One that is there and no text must not become somebody else by the other claim.
  const bool has_object = claims.find("oid") != nullptr;
  const auto name = has_object ? claims.text("oid") : claims.subject();
  if (!name || name->empty()) return refuse("the token names nobody ('oid' or 'sub')");
  if (characters(*name) > kLongestName) return refuse("the token's name ('oid' or 'sub') is too long");
  if (std::ranges::any_of(*name, is_control)) return refuse("the token's name ('oid' or 'sub') has control characters");
  return std::string(*name);
}

class Texts {
 public:
  void add(std::string_view text) {
    if (!text.empty() && std::ranges::find(texts_, text) == texts_.end()) texts_.emplace_back(text);
  }
  /// A text or a list; what is something else in it is left out.
  void add(const Value* value) {
    if (value == nullptr) return;
    if (value->type == Type::text) return add(value->text);
    if (value->type != Type::list) return;
    for (const Value& item : value->items) {
      if (item.type == Type::text) add(item.text);
    }
  }
  const std::vector<std::string>& all() const { return texts_; }

 private:
  std::vector<std::string> texts_;
};

/// Everything a role assignment may call this principal.
std::string principals_of(const jose::Claims& claims) {
  Texts ids;
  for (const std::string_view name : {"oid", "sub", "groups", "roles"}) ids.add(claims.find(name));
  return rights::to_json(ids.all());
}

/// Claims the way tokens of `CUSTOM-JWT` bring them. Names that no template and no query could write are left out, and
/// with them everything that begins with "trellis:".
void add_claims(const jose::Claims& claims, Principal& principal) {
  claims.for_each_other([&](std::string_view name, const Value& json) {
    if (!rights::is_attribute_name(name)) return;
    if (const auto value = rights::from_claim(json)) principal.attributes.emplace_back(name, rights::to_json(*value));
  });
}

}  // namespace

Result<Principal> principal_of(const jose::Claims& claims, const Settings& settings) {
  if (const auto good = check_tenant(claims, settings); !good) return good.error();
  if (settings.applications_only && speaks_for_a_user(claims)) {
    return refuse("the token speaks for a user; only applications and managed identities are let in");
  }
  auto name = name_of(claims);
  if (!name) return name.error();
  Principal principal;
  principal.name = std::move(*name);
  principal.attributes.emplace_back(TRELLIS_ATTRIBUTE_PRINCIPALS, principals_of(claims));
  if (settings.claims_as_attributes) add_claims(claims, principal);
  principal.expires = claims.expires().value_or(std::chrono::seconds(0)) + settings.rules.skew;
  return principal;
}

}  // namespace entra
