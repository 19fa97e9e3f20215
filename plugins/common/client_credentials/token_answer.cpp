#include "token_answer.hpp"

#include <algorithm>
#include <charconv>
#include <trellis/json.hpp>

namespace common {
namespace {

using std::chrono::seconds;
using trellis::json::Type;

constexpr std::size_t kMostTokenBytes = 16 * 1024;
// Where the answer does not say.
constexpr seconds kUsualLifetime{300};
constexpr seconds kLongestLifetime{7 * 24 * 3600};

/// What may stand in a header as it is.
bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kMostTokenBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

/// Some issuers write the number as text.
seconds lifetime_of(const trellis::json::Value* found) {
  std::int64_t number = 0;
  if (found != nullptr && found->type == Type::integer) number = found->integer;
  if (found != nullptr && found->type == Type::text) {
    std::from_chars(found->text.data(), found->text.data() + found->text.size(), number);
  }
  if (number <= 0) return kUsualLifetime;
  return std::min(seconds(number), kLongestLifetime);
}

}  // namespace

trellis::Result<IssuedToken> read_token_answer(std::uint32_t status, std::string_view body) {
  if (status != 200) return trellis::fail("status " + std::to_string(status));
  const auto read = trellis::json::parse(body);
  if (!read || read->type != Type::object) return trellis::fail("the body is no JSON object");
  const auto* token = read->find("access_token");
  if (token == nullptr || token->type != Type::text || !is_token(token->text)) {
    return trellis::fail("\"access_token\" is missing or cannot stand in a header");
  }
  return IssuedToken{token->text, lifetime_of(read->find("expires_in"))};
}

}  // namespace common
