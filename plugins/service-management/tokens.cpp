#include "tokens.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace management {
namespace {

constexpr std::string_view kScheme = "bearer ";

// What follows "Bearer", whose case does not count (RFC 9110, 11.1).
std::string_view bearer(std::string_view authorization) {
  if (authorization.size() < kScheme.size()) return {};
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = authorization[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c) != kScheme[i]) return {};
  }
  authorization.remove_prefix(kScheme.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  return authorization;
}

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

// So that all of them are of one size, and comparing them tells nothing of their length. Not before somebody asks:
// OpenSSL takes more than a megabyte with the first one.
Digest digest(std::string_view token) {
  Digest out{};
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), out.data());
  return out;
}

}  // namespace

trellis::Result<Tokens> Tokens::read(const trellis::Config& config) {
  Tokens tokens;
  for (const trellis::Config& one : config.list("tokens")) {
    const std::string token = one.text("token");
    Caller caller{one.text("name"), one.text("permissions") == "write"};
    if (token.size() < kShortest) {
      return trellis::fail(one.path() + "/token: it has " + std::to_string(token.size()) + " bytes, at least " +
                           std::to_string(kShortest) + " are needed; try: openssl rand -hex 32");
    }
    if (!std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; }))
      return trellis::fail(one.path() + "/token: a header field carries it, so it has no blanks and only ASCII");
    for (std::size_t i = 0; i < tokens.callers_.size(); ++i) {
      if (tokens.callers_[i].name == caller.name)
        return trellis::fail(one.path() + "/name: \"" + caller.name +
                             "\" is there twice; the log would not tell them apart");
      if (tokens.tokens_[i] == token)
        return trellis::fail(one.path() + "/token: \"" + tokens.callers_[i].name + "\" has the same one");
    }
    tokens.callers_.push_back(std::move(caller));
    tokens.tokens_.push_back(token);
  }
  if (tokens.callers_.empty()) {
    return trellis::fail(
        "/tokens: nobody could use it; give it at least one: "
        "\"tokens\": [{\"name\": \"ops\", \"token\": \"${file:management.token}\", \"permissions\": \"write\"}]");
  }
  return tokens;
}

const Caller* Tokens::find(std::string_view authorization) const {
  const Digest asked = digest(bearer(authorization));
  const Caller* found = nullptr;
  for (std::size_t i = 0; i < callers_.size(); ++i) {
    if (CRYPTO_memcmp(digest(tokens_[i]).data(), asked.data(), asked.size()) == 0) found = &callers_[i];
  }
  return found;
}

}  // namespace management
