#include "settings.hpp"

#include <utility>

#include "common/http/url.hpp"
#include "endpoint.hpp"

namespace webhook {
namespace {

using trellis::Schema;

Schema oauth_schema() {
  return Schema{}
      .text("token_url", {.help = "Where tokens are issued. {tenant} stands for the namespace's "
                                  "azureActiveDirectoryTenantId.",
                          .required = true,
                          .minimum_length = 1})
      .text("client_id", {.help = "Who the broker is there.", .required = true, .minimum_length = 1})
      .secret("client_secret", {.help = "How it proves that.", .required = true})
      .text("scope", {.help = "What the token is for. {application} stands for the namespace's "
                              "azureActiveDirectoryApplicationIdOrUri.",
                      .fallback = ""})
      .text("layer", {.help = "Instance of the layer that encrypts connections to token_url, one of the "
                              "configuration's outbound.layers. Default: outbound.tls.",
                      .fallback = ""});
}

/// The three ways, which can be combined with a certificate but not with each other.
Schema&& with_identity(Schema&& schema) {
  return std::move(schema)
      .secret("bearer_token", {.help = "Sent as Authorization: Bearer. Every namespace's endpoint gets it that uses "
                                       "this identity."})
      .object("oauth", oauth_schema(),
              {.help = "Fetches the bearer token by OAuth client credentials instead, and again before it expires."})
      .text("layer", {.help = "Instance of the layer that encrypts connections to the endpoint, one of the "
                              "configuration's outbound.layers: with a certificate to show, or other authorities to "
                              "believe. Default: outbound.tls.",
                      .fallback = ""});
}

Schema&& with_limits(Schema&& schema) {
  return std::move(schema)
      .duration("timeout", {.help = "How long a call may take: fetching a token, connecting, and the answer. Keep it "
                                    "below the namespace's authentication_timeout.",
                            .fallback = "5s",
                            .minimum = "100ms",
                            .maximum = "1m"})
      .integer("pending", {.help = "Most calls under way on one shard, at most half of them for one namespace; further "
                                   "clients are refused as unavailable.",
                           .fallback = 256,
                           .minimum = 1,
                           .maximum = 100'000})
      .integer("connections",
               {.help = "Most connections of one shard to one endpoint. Each carries one call at a time; "
                        "the others wait.",
                .fallback = 16,
                .minimum = 1,
                .maximum = 1000})
      .boolean("http2", {.help = "Whether endpoints of https:// that pick HTTP/2 are spoken to in it; HTTP/1.1 else.",
                         .fallback = true})
      .bytes("answer_bytes", {.help = "Longest answer that is read; a longer one counts as none.",
                              .fallback = "64KiB",
                              .minimum = "1KiB",
                              .maximum = "4MiB"})
      .boolean("plain_http", {.help = "Endpoints may have http:// URLs, so that passwords cross the network in clear "
                                      "text. On this machine they always may.",
                              .fallback = false});
}

Schema&& with_memory(Schema&& schema) {
  return std::move(schema)
      .integer("remembered_answers",
               {.help = "Most answers that allow remembered, by a keyed fingerprint of everything the client showed; "
                        "none of clients with an authentication method. 0: none, every connection asks, and the "
                        "endpoint's word holds at once.",
                .fallback = 0,
                .minimum = 0,
                .maximum = 1'000'000})
      .duration("remembered_for", {.help = "How long they are remembered, and never longer than their expiration.",
                                   .fallback = "1m",
                                   .minimum = "1s",
                                   .maximum = "1h"})
      .integer("failures", {.help = "After how many calls in a row without an answer, or with status 502, 503 or 504, "
                                    "the endpoint is left alone; other errors count as answers. Its clients are "
                                    "refused as unavailable meanwhile. 0: never.",
                            .fallback = 5,
                            .minimum = 0,
                            .maximum = 10'000})
      .duration("pause", {.help = "For how long; then one call tries whether it is back.",
                          .fallback = "10s",
                          .minimum = "100ms",
                          .maximum = "10m"});
}

trellis::Result<Identity> read_identity(const trellis::Config& config, bool plain_http) {
  Identity identity{.bearer_token = config.text("bearer_token", ""), .oauth = {}, .layer = config.text("layer", "")};
  const auto oauth = config.find("oauth");
  if (!oauth) return identity;
  const std::string where = oauth->path();
  if (!identity.bearer_token.empty()) return trellis::fail(where + ": there is a bearer_token already; one of them");
  identity.oauth = OAuth{oauth->text("token_url"), oauth->text("client_id"), oauth->text("client_secret"),
                         oauth->text("scope"), oauth->text("layer")};
  // With any tenant: only the namespace knows the right one.
  const auto url = read_url(common::filled(identity.oauth->token_url, "{tenant}", "tenant"), plain_http);
  if (!url) return trellis::fail(where + "/token_url: " + url.error().text);
  return identity;
}

}  // namespace

trellis::Schema schema() {
  Schema others = with_identity(Schema{});
  return with_memory(with_limits(with_identity(Schema{}).map(
                         "identities", others,
                         {.help = "Further identities, by what namespaces have as identity.userAssignedIdentity.",
                          .fallback = "{}"})))
      .example(R"({"bearer_token": "${env:WEBHOOK_TOKEN}"})")
      .example(R"({"layer": "webhook-tls", "timeout": "2s", "remembered_answers": 10000})")
      .example(
          R"({"oauth": {"token_url": "https://login.example.com/{tenant}/oauth2/v2.0/token", "client_id": "broker",)"
          R"( "client_secret": "${file:secret}", "scope": "{application}/.default"}})");
}

trellis::Result<Settings> read_settings(const trellis::Config& config) {
  Settings settings;
  settings.plain_http = config.boolean("plain_http");
  auto own = read_identity(config, settings.plain_http);
  if (!own) return own.error();
  settings.own = std::move(*own);
  for (const auto& [name, one] : config.object("identities").members()) {
    auto identity = read_identity(one, settings.plain_http);
    if (!identity) return identity.error();
    settings.identities.emplace(name, std::move(*identity));
  }
  settings.timeout = config.milliseconds("timeout");
  settings.pending = static_cast<std::size_t>(config.integer("pending"));
  settings.connections = static_cast<std::size_t>(config.integer("connections"));
  settings.http2 = config.boolean("http2");
  settings.answer_bytes = static_cast<std::size_t>(config.integer("answer_bytes"));
  settings.remembered_answers = static_cast<std::size_t>(config.integer("remembered_answers"));
  settings.remembered_for = config.milliseconds("remembered_for");
  settings.breaker.failures = static_cast<std::uint32_t>(config.integer("failures"));
  settings.breaker.pause = config.milliseconds("pause");
  return settings;
}

}  // namespace webhook
