#include "judgement.hpp"

#include <utility>

namespace jwt {
namespace {

// The certificates come first; what they do not open, the keys of the issuer may.
trellis::Result<void> check_signature(const Trust& trust, const jose::Token& token, Judgement& judgement) {
  const auto by_certificates = jose::check_signature(token, trust.keys, trust.algorithms);
  if (by_certificates || trust.issuer == nullptr || !trust.algorithms.has(token.header().algorithm)) {
    return by_certificates;
  }
  judgement.seen = trust.issuer->keys();
  if (judgement.seen == nullptr) {
    judgement.lacks_key = true;
    return trellis::fail("there are no keys of the issuer yet", trellis::Status::unavailable);
  }
  auto by_issuer = jose::check_signature(token, *judgement.seen, trust.algorithms);
  judgement.lacks_key = !by_issuer && by_issuer.error().status == trellis::Status::no_match;
  return by_issuer;
}

}  // namespace

Judgement judge(const Trust& trust, const jose::Token& token, const std::function<std::vector<std::string>()>& hosts,
                std::chrono::seconds now) {
  Judgement judgement;
  if (const auto good = check_signature(trust, token, judgement); !good) {
    judgement.refusal = good.error();
    return judgement;
  }
  auto claims = jose::Claims::parse(token.payload());
  if (!claims) {
    judgement.refusal = claims.error();
    return judgement;
  }
  jose::Rules rules = trust.rules;
  if (rules.audiences.empty()) {
    rules.audiences = hosts();
    rules.audiences_are_hosts = true;
  }
  if (const auto good = jose::check_claims(token.header(), *claims, rules, now); !good) {
    judgement.refusal = good.error();
    return judgement;
  }
  judgement.claims = std::move(*claims);
  return judgement;
}

}  // namespace jwt
