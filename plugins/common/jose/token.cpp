#include "common/jose/token.hpp"

#include <trellis/json.hpp>
#include <trellis/topic.hpp>
#include <utility>

#include "common/jose/base64url.hpp"

namespace jose {
namespace {

using trellis::fail;
using trellis::Result;
using trellis::Status;
using trellis::json::Type;
using trellis::json::Value;

constexpr std::size_t kLongestAlgorithm = 16;

Result<std::optional<std::string>> text_of(const Value& header, std::string_view name) {
  const Value* value = header.find(name);
  if (value == nullptr) return std::optional<std::string>();
  if (value->type != Type::text) {
    return fail("the token's header has a '" + std::string(name) + "' that is not text", Status::invalid);
  }
  return std::optional<std::string>(value->text);
}

Result<Algorithm> read_algorithm(const Value& header) {
  auto text = text_of(header, "alg");
  if (!text) return text.error();
  if (!*text) return fail("the token's header has no 'alg'", Status::invalid);
  if (const auto algorithm = algorithm_of(**text)) return *algorithm;
  const std::string shown = (*text)->size() <= kLongestAlgorithm ? trellis::json::quote(**text) : "a long text";
  return fail("the token's algorithm is " + shown + ", not one of " + AlgorithmSet::all().text(),
              Status::not_authorized);
}

Result<Header> read_header(std::string_view json) {
  if (!trellis::valid_utf8(json)) return fail("the token's header is not UTF-8", Status::invalid);
  const auto read = trellis::json::parse(json);
  if (!read) return fail("the token's header cannot be read: " + read.error().text, Status::invalid);
  if (read->type != Type::object) return fail("the token's header is not a JSON object", Status::invalid);
  // Its extensions must be understood (RFC 7515, 4.1.11), and none is.
  if (read->find("crit") != nullptr) {
    return fail("the token's header asks for extensions by 'crit'; none is supported", Status::not_authorized);
  }
  Header header;
  auto algorithm = read_algorithm(*read);
  if (!algorithm) return algorithm.error();
  auto kid = text_of(*read, "kid");
  if (!kid) return kid.error();
  auto type = text_of(*read, "typ");
  if (!type) return type.error();
  header.algorithm = *algorithm;
  header.kid = std::move(*kid);
  header.type = std::move(*type);
  return header;
}

}  // namespace

Result<Token> Token::parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.token_bytes) {
    return fail("the token has " + std::to_string(text.size()) + " bytes, at most " +
                    std::to_string(limits.token_bytes) + " are taken",
                Status::invalid);
  }
  const std::size_t first = text.find('.');
  const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) {
    return fail("the token does not have the three parts of a signed one", Status::invalid);
  }
  if ((first + 1) / 4 * 3 > limits.header_bytes) {
    return fail("the token's header has more than " + std::to_string(limits.header_bytes) + " bytes", Status::invalid);
  }
  const auto head = from_base64url(text.substr(0, first));
  auto payload = from_base64url(text.substr(first + 1, second - first - 1));
  auto signature = from_base64url(text.substr(second + 1));
  if (!head || !payload || !signature) {
    return fail("a part of the token is not base64url without padding", Status::invalid);
  }
  auto header = read_header(*head);
  if (!header) return header.error();
  if (signature->empty()) return fail("the token has no signature", Status::not_authorized);
  Token token;
  token.header_ = std::move(*header);
  token.signing_input_ = text.substr(0, second);
  token.payload_ = std::move(*payload);
  token.signature_ = std::move(*signature);
  return token;
}

}  // namespace jose
