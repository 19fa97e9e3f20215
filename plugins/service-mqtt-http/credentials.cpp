#include "credentials.hpp"

#include "common/base64/base64.hpp"
#include "common/http/characters.hpp"

namespace mqtt_http {
namespace {

constexpr std::size_t kLongest = 8 * 1024;

Problem unauthorized(std::string message) { return {401, std::move(message), "authorization"}; }

}  // namespace

std::optional<Problem> Credentials::read(trellis::Pairs headers, const std::vector<std::string>& bearer_methods,
                                         Credentials& credentials) {
  std::optional<std::string_view> field;
  for (const trellis::Pair header : headers) {
    if (header.name != "authorization") continue;
    if (field) return bad_request("the header is there twice", "authorization");
    field = trellis::http::trim(header.value);
  }
  if (!field) return std::nullopt;
  if (field->size() > kLongest) return unauthorized("the credential has more than 8192 bytes");
  const std::string_view scheme = field->substr(0, field->find(' '));
  const std::string_view text = trellis::http::trim(field->substr(scheme.size()));
  if (trellis::http::equals_ignoring_case(scheme, "bearer") && !text.empty()) {
    credentials.token_ = text;
    credentials.methods_ = bearer_methods;
    return std::nullopt;
  }
  if (!trellis::http::equals_ignoring_case(scheme, "basic"))
    return unauthorized(
        "found a scheme that is not known here, expected Bearer <token> or Basic <user:password in base64>");
  const auto plain = common::from_base64(text);
  const std::size_t colon = plain ? plain->find(':') : std::string::npos;
  if (colon == std::string::npos) return unauthorized("Basic: expected a user name, a colon and a password in base64");
  credentials.basic_ = true;
  credentials.username_ = plain->substr(0, colon);
  credentials.password_ = plain->substr(colon + 1);
  return std::nullopt;
}

trellis_credentials Credentials::way(std::size_t index) const noexcept {
  trellis_credentials shown{};
  shown.struct_size = sizeof shown;
  shown.protocol = trellis::view("http");
  if (basic_) {
    shown.flags = TRELLIS_CREDENTIALS_HAS_USERNAME | TRELLIS_CREDENTIALS_HAS_PASSWORD;
    shown.username = trellis::view(username_);
    shown.password = trellis::view(password_);
  } else if (index < methods_.size()) {
    shown.flags = TRELLIS_CREDENTIALS_HAS_METHOD;
    shown.authentication_method = trellis::view(methods_[index]);
    shown.authentication_data = trellis::view(token_);
  }
  return shown;
}

}  // namespace mqtt_http
