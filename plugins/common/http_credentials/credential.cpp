#include "common/http_credentials/credential.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/http/characters.hpp"
#include "common/http/target.hpp"

namespace http_credentials {
namespace {

using trellis::fail;
using trellis::Result;
using trellis::Status;

constexpr std::size_t kLongest = 8 * 1024;
constexpr std::string_view kQueryName = "aeg-sas-key";

struct Scheme {
  std::string_view name;
  Kind kind;
};
constexpr Scheme kSchemes[] = {
    {"Bearer", Kind::bearer}, {"SharedAccessKey", Kind::key}, {"SharedAccessSignature", Kind::sas}};

Credential of_authorization(std::string_view field) {
  field = trellis::http::trim(field);
  const std::size_t blank = field.find(' ');
  if (blank == std::string_view::npos) return {};
  for (const Scheme& scheme : kSchemes) {
    if (!trellis::http::equals_ignoring_case(field.substr(0, blank), scheme.name)) continue;
    return {scheme.kind, trellis::http::trim(field.substr(blank))};
  }
  return {};
}

/// Puts the one credential into its place; false where there is one already.
bool put(Credential& place, const Credential& found) {
  if (found.kind == Kind::none) return true;
  if (place.kind != Kind::none) return false;
  place = found;
  return true;
}

// A '+' is one: keys hold them, and blanks, which it stands for in forms, they do not.
Result<Credential> of_query_part(std::string_view part, std::string& decoded) {
  const std::size_t equals = part.find('=');
  if (equals == std::string_view::npos || part.substr(0, equals) != kQueryName) return Credential{};
  auto value = trellis::http::percent_decode(part.substr(equals + 1));
  if (!value) return fail("the key in the query is not percent-encoded as it should be", Status::invalid);
  decoded = std::move(*value);
  return Credential{Kind::key, decoded};
}

}  // namespace

Result<Credential> find_credential(const RequestParts& request, std::string& decoded) {
  const auto several = [] { return fail("the request shows more than one credential", Status::invalid); };
  Credential found = of_authorization(request.authorization);
  if (!request.key.empty() && !put(found, {Kind::key, request.key})) return several();
  if (!request.token.empty() && !put(found, {Kind::sas, request.token})) return several();
  for (std::string_view rest = request.query; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    const auto of_part = of_query_part(part, decoded);
    if (!of_part) return of_part.error();
    if (!put(found, *of_part)) return several();
  }
  if (found.text.size() > kLongest) return fail("the credential has more than 8192 bytes", Status::invalid);
  return found;
}

}  // namespace http_credentials
