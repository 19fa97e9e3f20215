// The reader of tokens and of key sets: what it takes is within its limits, written in one way only, and says nothing
// twice.
#include "common/jose/accept.hpp"
#include "common/jose/base64url.hpp"
#include "fuzz.hpp"

namespace {

using trellis::fuzz::require;

constexpr jose::Limits kLimits{.token_bytes = 512, .header_bytes = 128};

void check_token(std::string_view text) {
  const auto token = jose::Token::parse(text, kLimits);
  if (!token) return require(!token.error().text.empty(), "a refusal says why");
  require(text.size() <= kLimits.token_bytes, "the token keeps its limit");
  const std::string again = std::string(token->signing_input()) + "." + jose::to_base64url(token->signature());
  require(again == text, "a token is written in one way only");
  require(!token->signature().empty(), "a token is signed");
  const auto found = jose::check_signature(*token, jose::KeySet(), jose::AlgorithmSet::all());
  require(!found && found.error().status == trellis::Status::no_match, "no key, no token");
}

void check_claims(std::string_view text) {
  const auto claims = jose::Claims::parse(text);
  if (!claims) return;
  std::size_t others = 0;
  claims->for_each_other([&](std::string_view name, const trellis::json::Value& value) {
    ++others;
    require(!jose::Claims::registered(name), "registered claims are not among the others");
    require(claims->find(name) == &value, "a claim is said once");
  });
  require(others <= text.size(), "claims come from the text");
  const jose::Rules rules{.issuer = "me", .audiences = {"here"}};
  if (!jose::check_claims({}, *claims, rules, std::chrono::seconds(1000))) return;
  require(claims->issuer() == "me", "the issuer is the one of the rules");
  require(*claims->expires() + rules.skew > std::chrono::seconds(1000), "an accepted token is not expired");
}

void check_keys(std::string_view text) {
  if (const auto set = jose::KeySet::from_jwks(text)) {
    require(set->keys.keys().size() <= jose::KeySet::kMostKeys, "the key set keeps its limit");
  }
  jose::KeySet keys;
  if (keys.add_pem(text, "kid")) require(keys.keys().size() == 1, "a PEM text gives one key");
}

}  // namespace

// The first byte says which reader gets the rest.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 't') check_token(text);
  if (data[0] == 'c') check_claims(text);
  if (data[0] == 'k') check_keys(text);
  return 0;
}
