#include "endpoint.hpp"

#include <algorithm>
#include <trellis/networks.hpp>
#include <utility>

namespace webhook {
namespace {

using trellis::http::Url;

/// What may stand in a URL's path as it is: the tenant comes from somebody who need not be the operator.
bool is_tenant(std::string_view text) {
  return !text.empty() && text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                  c == '_';
         });
}

trellis::Result<common::TokenRequest> read_token(const OAuth& oauth, const trellis::Config& block, bool plain_http) {
  const std::string tenant = block.text("azureActiveDirectoryTenantId", "");
  const std::string application = block.text("azureActiveDirectoryApplicationIdOrUri", "");
  if (oauth.token_url.find("{tenant}") != std::string::npos && !is_tenant(tenant)) {
    return trellis::fail(
        "/azureActiveDirectoryTenantId: the plugin's token_url needs it, as letters, digits, '-', "
        "'.' and '_'");
  }
  if (oauth.scope.find("{application}") != std::string::npos && application.empty()) {
    return trellis::fail("/azureActiveDirectoryApplicationIdOrUri: the plugin's scope needs it");
  }
  auto url = read_url(common::filled(oauth.token_url, "{tenant}", tenant), plain_http);
  if (!url) return url.error();
  return common::token_request(
      std::move(*url),
      {oauth.client_id, oauth.client_secret, common::filled(oauth.scope, "{application}", application), oauth.layer});
}

/// The identity a namespace asks for; null where the plugin has none of that name.
const Identity* find_identity(const trellis::Config& block, const Settings& settings) {
  static const Identity kNobody;
  const auto identity = block.find("identity");
  if (!identity) return &settings.own;
  if (identity->text("type", "") == "None") return &kNobody;
  const std::string name = identity->text("userAssignedIdentity", "");
  if (name.empty()) return &settings.own;
  const auto found = settings.identities.find(name);
  return found == settings.identities.end() ? nullptr : &found->second;
}

trellis::Error at(const std::string& where, const trellis::Error& error) {
  return trellis::fail(where + (error.text.starts_with('/') ? "" : ": ") + error.text);
}

/// In either spelling.
std::optional<trellis::Config> find_block(const trellis::Config& authentication) {
  auto block = authentication.find("webhookAuthentication");
  return block ? block : authentication.find("webHookAuthentication");
}

}  // namespace

bool Endpoint::complaint_due(std::chrono::milliseconds now) const {
  std::int64_t last = complained_ms_.load(std::memory_order_relaxed);
  return now.count() - last >= 1000 && complained_ms_.compare_exchange_strong(last, now.count());
}

std::uint64_t Endpoint::next_number() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

trellis::Result<void> check_endpoint(const trellis::Config& authentication) {
  const auto block = find_block(authentication);
  if (!block) return trellis::ok();
  const auto other = authentication.find("webHookAuthentication");
  if (other && other->path() != block->path()) {
    return trellis::fail(other->path() + ": there is webhookAuthentication already; one of them");
  }
  const auto url = trellis::http::parse_url(block->text("endpointUrl"));
  if (!url) return at(block->path() + "/endpointUrl", url.error());
  return trellis::ok();
}

trellis::Result<std::optional<EndpointFacts>> read_endpoint(const trellis::Config& authentication,
                                                            const Settings& settings) {
  const auto block = find_block(authentication);
  if (!block) return std::optional<EndpointFacts>();
  auto url = read_url(block->text("endpointUrl"), settings.plain_http);
  if (!url) return at(block->path() + "/endpointUrl", url.error());
  const Identity* identity = find_identity(*block, settings);
  if (identity == nullptr) {
    return trellis::fail(block->path() +
                         "/identity/userAssignedIdentity: the plugin's settings have no such entry in "
                         "\"identities\"");
  }
  EndpointFacts facts{std::move(*url), identity->layer, identity->bearer_token, std::nullopt};
  if (identity->oauth) {
    auto token = read_token(*identity->oauth, *block, settings.plain_http);
    if (!token) return at(block->path(), token.error());
    facts.token = std::move(*token);
  }
  return std::optional(std::move(facts));
}

trellis::Result<Url> read_url(std::string_view text, bool plain_http) {
  auto url = trellis::http::parse_url(text);
  if (!url || url->secure || plain_http || trellis::is_this_machine(url->host)) return url;
  return trellis::fail(
      "found an http:// URL, expected https://; passwords would cross the network in clear text, which "
      "the plugin's setting plain_http allows");
}

}  // namespace webhook
