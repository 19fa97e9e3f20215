#include "common/jwks/document.hpp"

#include <trellis/json.hpp>

#include "common/jwks/source.hpp"

namespace jwks {
namespace {

using trellis::fail;
using trellis::Result;
using trellis::http::ClientResponse;
using trellis::http::Url;
using trellis::json::Type;
using trellis::json::Value;

trellis::Error wrong_status(const ClientResponse& response) {
  return fail(response.url.origin() + " answers with status " + std::to_string(response.status) + ", expected 200");
}

const std::string* text_of(const Value& object, std::string_view name) {
  const Value* value = object.type == Type::object ? object.find(name) : nullptr;
  return value != nullptr && value->type == Type::text ? &value->text : nullptr;
}

}  // namespace

Result<Url> read_configuration(const ClientResponse& response, const std::string& issuer) {
  if (response.status != 200) return wrong_status(response);
  const auto document = trellis::json::parse(response.body);
  if (!document) return fail("the OpenID configuration cannot be read: " + document.error().text);
  const std::string* said = text_of(*document, "issuer");
  if (said == nullptr || *said != issuer) return fail("the OpenID configuration is not of that issuer");
  const std::string* address = text_of(*document, "jwks_uri");
  if (address == nullptr) return fail("the OpenID configuration has no 'jwks_uri'");
  auto url = parse_address(*address);
  if (!url) return fail("the OpenID configuration has a 'jwks_uri' that cannot be used: " + url.error().text);
  if (response.url.secure && !url->secure) return fail("the OpenID configuration has a 'jwks_uri' by http");
  return url;
}

Result<jose::KeySet::Reading> read_keys(const ClientResponse& response) {
  if (response.status != 200) return wrong_status(response);
  return jose::KeySet::from_jwks(response.body);
}

}  // namespace jwks
