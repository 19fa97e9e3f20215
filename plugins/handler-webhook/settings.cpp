#include "settings.hpp"

#include <utility>

#include "addresses.hpp"
#include "common/client_credentials/token_request.hpp"

namespace hooks {
namespace {

using trellis::Schema;

Schema oauth_schema() {
  return Schema{}
      .text("token_url", {.help = "Where tokens are issued. {tenant} stands for azureActiveDirectoryTenantId.",
                          .required = true,
                          .minimum_length = 1})
      .text("client_id", {.help = "Who the broker is there.", .required = true, .minimum_length = 1})
      .secret("client_secret", {.help = "How it proves that.", .required = true})
      .text("scope", {.help = "What the token is for. {application} stands for azureActiveDirectoryApplicationIdOrUri.",
                      .fallback = "{application}/.default"})
      .text("layer", {.help = "Instance of the layer that encrypts connections to token_url, one of the "
                              "configuration's outbound.layers. Default: outbound.tls.",
                      .fallback = ""});
}

Schema&& with_bounds(Schema&& schema) {
  return std::move(schema)
      .integer("connections", {.help = "Most connections of one shard to one endpoint. Each carries one request at a "
                                       "time, one of HTTP/2 as many as the endpoint allows, to 100; the others wait.",
                               .fallback = 8,
                               .minimum = 1,
                               .maximum = 1000})
      .integer("all_connections", {.help = "Most connections of one shard to all endpoints. With more endpoints than "
                                           "that, each of which has events, connections are given up for each other "
                                           "and made anew; outbound.connections bounds those of the process.",
                                   .fallback = 1000,
                                   .minimum = 1,
                                   .maximum = 100'000})
      .boolean("http2", {.help = "Whether endpoints of https:// that pick HTTP/2 are spoken to in it; HTTP/1.1 else.",
                         .fallback = true})
      .boolean("earned_connections", {.help = "Whether an endpoint begins with one connection and gets one more for "
                                              "each answer, so that those that never answer leave the others theirs.",
                                      .fallback = true})
      .integer("waiting", {.help = "Most requests of a shard that wait for a connection; what comes then is tried "
                                   "again later.",
                           .fallback = 10'000,
                           .minimum = 1,
                           .maximum = 1'000'000})
      .bytes("waiting_bytes", {.help = "Most bytes of the bodies that wait for a connection.",
                               .fallback = "64MiB",
                               .minimum = "1MiB",
                               .maximum = "16GiB"})
      .bytes("answer_bytes", {.help = "Longest body of an answer; the connection of one that is longer ends. Nothing "
                                      "in it matters but in that of a validation, which fails then.",
                              .fallback = "1MiB",
                              .minimum = "1KiB",
                              .maximum = "16MiB"})
      .boolean("allow_http", {.help = "Endpoints may have http:// URLs, so that events and secrets cross the network "
                                      "in clear text. On this machine they always may.",
                              .fallback = false});
}

}  // namespace

Schema schema() {
  return with_bounds(
             Schema{}
                 .text("origin", {.help = "Who the broker says it is, in WebHook-Request-Origin: mostly its "
                                          "host name. Endpoints consent to it.",
                                  .fallback = "trellis",
                                  .minimum_length = 1,
                                  .maximum_length = 255,
                                  .pattern = "^[A-Za-z0-9.-]+$"})
                 .duration("timeout", {.help = "How long a request may take where its destination does not "
                                               "say: a token, the connection and the answer.",
                                       .fallback = "30s",
                                       .minimum = "100ms",
                                       .maximum = "10m"})
                 .duration("timeout_max", {.help = "The longest that a destination may say.",
                                           .fallback = "2m",
                                           .minimum = "100ms",
                                           .maximum = "10m"})
                 .duration("connect_timeout", {.help = "How long a connection may take to come about, the look-up "
                                                       "of the name and TLS included; within timeout.",
                                               .fallback = "5s",
                                               .minimum = "100ms",
                                               .maximum = "2m"})
                 .duration("retry_after_max", {.help = "The longest wait an endpoint can ask for by "
                                                       "Retry-After; longer ones are cut to it.",
                                               .fallback = "1h",
                                               .minimum = "1s",
                                               .maximum = "24h"}))
      .object("oauth", oauth_schema(),
              {.help = "Where the token of destinations comes from that have azureActiveDirectoryApplicationIdOrUri. "
                       "Destinations may also bring their own."})
      .texts(
          "applications",
          {.help = "The values of azureActiveDirectoryApplicationIdOrUri for which destinations get tokens by oauth; "
                   "\"*\": any. Whoever may write an event subscription can have such a token sent to any endpoint. "
                   "Default: none.",
           .fallback = "[]"})
      .texts("layers",
             {.help = "The instances of layers that destinations may name, which may show certificates of the "
                      "broker. Default: any of outbound.layers."})
      .example(R"({"origin": "broker.example.com"})")
      .example(R"({"origin": "eventgrid.azure.net", "retry_after_max": "10m"})")
      .example(R"({"oauth": {"token_url": "https://login.example.com/{tenant}/oauth2/v2.0/token",)"
               R"( "client_id": "broker", "client_secret": "${file:secret}"},)"
               R"( "applications": ["api://hooks"]})");
}

trellis::Result<Settings> read_settings(const trellis::Config& config) {
  Settings settings;
  settings.origin = config.text("origin");
  settings.timeout = config.milliseconds("timeout");
  settings.timeout_max = config.milliseconds("timeout_max");
  if (settings.timeout > settings.timeout_max) {
    return trellis::fail("/timeout: is longer than timeout_max, the longest that a destination may say");
  }
  settings.connect_timeout = config.milliseconds("connect_timeout");
  settings.retry_after_max = config.milliseconds("retry_after_max");
  settings.connections = static_cast<std::size_t>(config.integer("connections"));
  settings.all_connections = static_cast<std::size_t>(config.integer("all_connections"));
  settings.http2 = config.boolean("http2");
  settings.earned_connections = config.boolean("earned_connections");
  settings.waiting = static_cast<std::size_t>(config.integer("waiting"));
  settings.waiting_bytes = static_cast<std::size_t>(config.integer("waiting_bytes"));
  settings.answer_bytes = static_cast<std::size_t>(config.integer("answer_bytes"));
  settings.allow_http = config.boolean("allow_http");
  settings.applications = config.texts("applications");
  if (config.contains("layers")) settings.layers = config.texts("layers");
  if (const auto oauth = config.find("oauth")) {
    settings.oauth = OAuth{oauth->text("token_url"), oauth->text("client_id"), oauth->text("client_secret"),
                           oauth->text("scope"), oauth->text("layer")};
    // With any tenant: only a destination knows the right one.
    const auto url = read_url(common::filled(settings.oauth->token_url, "{tenant}", "tenant"), settings.allow_http);
    if (!url) return trellis::fail(oauth->path() + "/token_url: " + url.error().text);
  }
  return settings;
}

}  // namespace hooks
