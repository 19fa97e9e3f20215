#include "bearer.hpp"

#include <algorithm>
#include <utility>

#include "common/events/problem.hpp"
#include "common/jose/accept.hpp"

namespace events_service {
namespace {

using trellis::Config;
using trellis::fail;
using trellis::Result;
using trellis::Schema;
using trellis::Status;
using trellis::json::Type;
using trellis::json::Value;

/// RFC 9068 calls access tokens "at+jwt", many issuers still "JWT".
const std::vector<std::string> kTypes = {"JWT", "at+jwt"};

bool has(const std::vector<std::string>& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

/// Calls use(text) with what may be a role: items of lists, and of a text all of it and its words, since scopes are
/// separated by blanks (RFC 8693, 4.2) and roles may hold some.
template <class Use>
void each_role(const Value& claim, Use use) {
  if (claim.type == Type::list) {
    for (const Value& item : claim.items) {
      if (item.type == Type::text) use(std::string_view(item.text));
    }
  }
  if (claim.type != Type::text) return;
  use(std::string_view(claim.text));
  for (std::string_view rest = claim.text; !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    use(word);
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
  }
}

}  // namespace

Schema BearerRules::schema() {
  auto schema =
      Schema{}
          .text("issuer",
                {.help = "The issuer, exactly as tokens have it as iss.", .required = true, .minimum_length = 1})
          .text("jwks_uri", {.help = "Where the issuer's keys are published. Default: as its discovery document says."})
          .texts("audiences", {.help = "What tokens may have as aud: one of them suffices.",
                               .minimum_items = 1,
                               .fallback = R"(["https://eventgrid.azure.net"])"})
          .seconds("clock_skew",
                   {.help = "How far clocks may differ.", .fallback = "1m", .minimum = "0s", .maximum = "10m"})
          .texts("role_claims", {.help = "Claims that hold roles: lists of texts, or texts with blanks between them.",
                                 .minimum_items = 1,
                                 .fallback = R"(["roles", "scp", "scope"])"})
          .texts("send_roles", {.help = "Who has one of these may publish.",
                                .fallback = R"(["EventGrid Data Sender", "Microsoft.EventGrid/events/send/action"])"})
          .texts("receive_roles",
                 {.help = "Who has one of these may receive and settle.",
                  .fallback = R"(["EventGrid Data Receiver", "Microsoft.EventGrid/events/receive/action"])"})
          .texts("both_roles", {.help = "Who has one of these may do both.",
                                .fallback = R"(["EventGrid Data Contributor", "Microsoft.EventGrid/events/*"])"});
  return jwks::Settings::add_to(std::move(schema));
}

Result<BearerRules> BearerRules::read(const Config& block) {
  BearerRules made;
  const std::string issuer = block.text("issuer");
  const std::string jwks_uri = block.text("jwks_uri", "");
  made.source_ = jwks_uri.empty() ? jwks::Source{.issuer = issuer} : jwks::Source{.jwks_uri = jwks_uri};
  // Only what is fetched from has to be an address: elsewhere an issuer's name is just a text that tokens carry.
  if (const auto good = jwks::check(made.source_); !good) {
    return fail(block.path() + (jwks_uri.empty() ? "/issuer: " : "/jwks_uri: ") + good.error().text);
  }
  const auto keys = jwks::Settings::read(block);
  if (!keys) return fail(block.path() + keys.error().text);
  made.keys_ = *keys;
  made.rules_.issuer = issuer;
  made.rules_.audiences = block.texts("audiences");
  made.rules_.not_before_required = false;  // OIDC issuers need not say when a token begins
  made.rules_.skew = std::chrono::seconds(block.integer("clock_skew"));
  made.rules_.types = kTypes;
  made.claims_ = block.texts("role_claims");
  made.send_ = block.texts("send_roles");
  made.receive_ = block.texts("receive_roles");
  made.both_ = block.texts("both_roles");
  return made;
}

void BearerRules::add_role(std::string_view role, Granted& granted) const {
  if (role.empty()) return;
  const bool both = has(both_, role);
  granted.send = granted.send || both || has(send_, role);
  granted.receive = granted.receive || both || has(receive_, role);
}

Granted BearerRules::granted_by(const jose::Claims& claims) const {
  Granted granted;
  granted.subject = events::shown(claims.subject().value_or(claims.text("oid").value_or("")));
  granted.expires = claims.expires().value_or(std::chrono::seconds(0)) + rules_.skew;
  for (const std::string& name : claims_) {
    const Value* claim = claims.find(name);
    if (claim != nullptr) each_role(*claim, [&](std::string_view role) { add_role(role, granted); });
  }
  return granted;
}

Result<Granted> BearerRules::judge(const jose::Token& token, const jose::KeySet* keys, std::chrono::seconds now) const {
  static const jose::KeySet kNone;
  const auto claims = jose::accept(token, keys == nullptr ? kNone : *keys, jose::AlgorithmSet::all(), rules_, now);
  if (claims) return granted_by(*claims);
  if (claims.error().status != Status::no_match) return fail(claims.error().text, Status::not_authorized);
  // What nobody signed yet decides nothing but this: a token that would be refused with any key makes nobody ask the
  // issuer.
  const auto unsigned_claims = jose::Claims::parse(token.payload());
  if (!unsigned_claims) return fail(unsigned_claims.error().text, Status::not_authorized);
  if (const auto good = jose::check_claims(token.header(), *unsigned_claims, rules_, now); !good) return good.error();
  return claims.error();
}

}  // namespace events_service
