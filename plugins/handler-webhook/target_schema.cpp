// The settings of a destination, with what they mean.
#include <utility>

#include "common/checked_block/destination_block.hpp"
#include "common/delivery/attribute_mappings.hpp"
#include "target.hpp"

namespace hooks {
namespace {

using trellis::Schema;

Schema oauth_schema() {
  return Schema{}
      .text("tokenUrl", {.help = "Where tokens are issued.", .required = true, .minimum_length = 1})
      .text("clientId", {.help = "Who the broker is there.", .required = true, .minimum_length = 1})
      .secret("clientSecret", {.help = "How it proves that.", .required = true})
      .text("scope", {.help = "What the token is for.", .fallback = ""})
      .text("layer", {.help = "Instance of the layer that encrypts connections to tokenUrl.", .fallback = ""});
}

Schema&& with_form(Schema&& schema) {
  return std::move(schema)
      .secret("endpointUrl", {.help = "Where events are posted. It is treated as a secret, for its query may hold one.",
                              .required = true})
      .text("endpointBaseUrl",
            {.help = "What answers of the management API show of endpointUrl; it means nothing here."})
      .choice("mode", {"structured", "batch", "binary", "eventgrid"},
              {.help = "How events lie in a request. structured: one CloudEvent in JSON, or a list of them where "
                       "maxEventsPerBatch is more than 1. batch: a list always. binary: attributes are headers, data "
                       "are the body. eventgrid: a list in Event Grid's schema.",
               .fallback = "structured"})
      .list("deliveryAttributeMappings",
            common::attribute_mapping_schema("The header's name. aeg- and ce- are reserved."),
            {.help = "Headers of the subscription's own.", .maximum_items = HeaderRules::kMost, .fallback = "[]"});
}

Schema&& with_identity(Schema&& schema) {
  return std::move(schema)
      .secret("bearerToken", {.help = "Sent as Authorization: Bearer."})
      .object("oauth", oauth_schema(),
              {.help = "Fetches the bearer token by OAuth client credentials instead, and "
                       "again before it expires."})
      .text("azureActiveDirectoryTenantId",
            {.help = "With the plugin's oauth: what {tenant} stands for.", .maximum_length = 256})
      .text("azureActiveDirectoryApplicationIdOrUri",
            {.help = "Fetches the bearer token by the plugin's oauth: what {application} stands for.",
             .minimum_length = 1,
             .maximum_length = 1024})
      .object("apiKey",
              Schema{}
                  .text("header", {.help = "Its header.", .fallback = "x-api-key", .minimum_length = 1})
                  .secret("value", {.help = "The key.", .required = true}),
              {.help = "A key in a header."})
      .text("layer", {.help = "Instance of the layer that encrypts connections to the endpoint, one of the "
                              "configuration's outbound.layers: with a certificate to show, or other authorities to "
                              "believe. Default: outbound.tls.",
                      .fallback = ""})
      .property("signingSecrets",
                R"({"type":"array","description":"Signs requests by Standard Webhooks: whsec_ and base64 for )"
                R"(HMAC-SHA256, whsk_ and base64 for Ed25519. Two while receivers change from one to the other.",)"
                R"("items":{"type":"string","format":"secret"},"minItems":1,"maxItems":2})");
}

Schema&& with_manners(Schema&& schema) {
  return std::move(schema)
      .choice("validation", {"cloudevents", "eventgrid", "none"},
              {.help = "How the endpoint is asked whether it wants events. cloudevents: OPTIONS, answered by "
                       "WebHook-Allowed-Origin. eventgrid: a code to be sent back. Default: eventgrid in that mode, "
                       "else cloudevents."})
      .integer("requestRate", {.help = "Sent as WebHook-Request-Rate: requests per minute that are asked for.",
                               .minimum = 1,
                               .maximum = 1'000'000'000})
      .text("requestCallback", {.help = "Sent as WebHook-Request-Callback. An endpoint that does not consent at once "
                                        "then is asked again, and not refused.",
                                .maximum_length = 2048})
      .boolean("obeyAllowedRate",
               {.help = "No more requests are made per minute than WebHook-Allowed-Rate granted.", .fallback = false})
      .integer("maxRequestsPerMinute", {.help = "Most requests per minute. 0: as many as there are.",
                                        .fallback = 0,
                                        .minimum = 0,
                                        .maximum = 1'000'000'000})
      .duration("timeout", {.help = "How long a request may take: a token, the connection and the answer. Default: "
                                    "the plugin's.",
                            .minimum = "100ms",
                            .maximum = "10m"});
}

}  // namespace

Schema target_schema() {
  auto properties =
      common::with_batches(with_manners(with_identity(with_form(Schema{}))), "Most events of one request.",
                           "The size a request should not pass; one larger event still goes alone.");
  return common::destination_schema({"WebHook"}, properties, {.help = "The endpoint.", .required = true})
      .text("consent",
            {.help = "What the endpoint's consent is remembered by, added likewise.", .maximum_length = 1024});
}

}  // namespace hooks
