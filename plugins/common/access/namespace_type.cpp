// The type `namespaces`: what the clients of a namespace may be, and how they prove it.
#include "access/namespace_form.hpp"
#include "access/types.hpp"

namespace rights {
namespace {

using trellis::Schema;

Schema custom_jwt() {
  const auto certificate =
      Schema{}
          .text("kid", {.help = "Tokens that name a key name it by this.", .required = true, .minimum_length = 1})
          .text("encodedCertificate", {.help = "The certificate as PEM.", .required = true});
  return Schema{}
      .text("tokenIssuer", {.help = "What tokens have to have as iss.", .required = true, .minimum_length = 1})
      .list("encodedIssuerCertificates", certificate,
            {.help = "Certificates of the issuer's keys, the old and the new one.", .maximum_items = 2})
      .text("jwksUri", {.help = "Where the issuer's keys are published, instead of certificates or beside them."})
      .list_of(
          "algorithms",
          R"({"type":"string","enum":["RS256","RS384","RS512","PS256","PS384","PS512","ES256","ES384","ES512","EdDSA"]})",
          {.help = "Signatures that count.", .minimum_items = 1, .unique = true, .fallback = R"(["RS256"])"})
      .texts("audiences", {.help = "What tokens may have as aud: one of them suffices. Default: the hosts of the "
                                   "namespace and its custom domains that count."})
      .integer("clockSkewInSeconds",
               {.help = "How far clocks may differ.", .fallback = 60, .minimum = 0, .maximum = 600})
      .boolean("passwordField", {.help = "Clients without MQTT 5 may send the token as password, with the user name "
                                         "CUSTOM-JWT.",
                                 .fallback = false});
}

Schema entra() {
  const auto assignment =
      Schema{}
          .text("principal", {.help = "What a token may have as oid or sub, or among groups or roles.",
                              .required = true,
                              .minimum_length = 1})
          .choice("role", {"Publisher", "Subscriber"}, {.help = "What it may do.", .required = true})
          .text("scope", {.help = "Name of a topic space; empty: the whole namespace.", .fallback = ""});
  return Schema{}
      .text("issuer", {.help = "The issuer's URL, as tokens have it as iss. {tenantid} in it stands for a token's tid.",
                       .required = true,
                       .minimum_length = 1})
      .texts("audiences", {.help = "What tokens may have as aud: one of them suffices.",
                           .fallback = R"(["https://eventgrid.azure.net"])"})
      .texts("tenants", {.help = "What tokens may have as tid; empty: any, or none.", .fallback = "[]"})
      .text("jwksUri", {.help = "Where the issuer's keys are published. Default: as its discovery document says."})
      .integer("clockSkewInSeconds", {.help = "How far clocks may differ, and how long a client outlives its token.",
                                      .fallback = 60,
                                      .minimum = 0,
                                      .maximum = 600})
      .boolean("applicationsOnly",
               {.help = "Tokens that speak for a user are refused: those whose idtyp is not app, or, "
                        "without idtyp, those with an oid and scp.",
                .fallback = true})
      .boolean("applyClientGroups", {.help = "Groups count for these clients too, beside roles.", .fallback = false})
      .boolean("claimsAsAttributes", {.help = "Further claims are the client's attributes.", .fallback = false})
      .list("roleAssignments", assignment, {.help = "Who may do what.", .fallback = "[]"});
}

Schema webhook() {
  const auto identity =
      Schema{}
          .text("type", {.help = "None: nothing is sent that proves the broker. Others: see userAssignedIdentity."})
          .text("userAssignedIdentity", {.help = "One of the plugin's identities. Default: the plugin's own."});
  return Schema{}
      .text("endpointUrl", {.help = "Where the question is posted to.", .required = true, .minimum_length = 1})
      .text("endpointBaseUrl", {.help = "Accepted for compatibility."})
      .object("identity", identity, {.help = "How the broker proves itself to the endpoint."})
      .text("azureActiveDirectoryApplicationIdOrUri",
            {.help = "What the token is for: {application} in the scope of the plugin's identity."})
      .text("azureActiveDirectoryTenantId",
            {.help = "Where the token comes from: {tenant} in the token_url of the plugin's identity."});
}

std::string schema() {
  const auto authentication =
      Schema{}
          .list_of(
              "alternativeAuthenticationNameSources",
              R"({"type":"string","enum":["ClientCertificateSubject","ClientCertificateDns","ClientCertificateUri",)"
              R"("ClientCertificateIp","ClientCertificateEmail"]})",
              {.help = "Where the name of clients that send no user name is looked for in their certificate, in "
                       "this order.",
               .maximum_items = 5,
               .unique = true,
               .fallback = "[]"})
          .object("customJwtAuthentication", custom_jwt(), {.help = "Clients with a token of an issuer of yours."})
          .object("entraAuthentication", entra(), {.help = "Applications with a token of an OpenID Connect issuer."})
          .object("webhookAuthentication", webhook(), {.help = "Clients that an endpoint of yours judges."})
          .object("webHookAuthentication", webhook(), {.help = "Another spelling of webhookAuthentication."});
  const auto spaces =
      topic_spaces_form()
          .integer("maximumSessionExpiryInHours", {.help = "Longest life of a session whose client is away. Default: "
                                                           "what the MQTT settings say; 1 where the authorizer has the "
                                                           "profile event-grid.",
                                                   .minimum = 1,
                                                   .maximum = 8760})
          .integer(
              "maximumClientSessionsPerAuthenticationName",
              {.help =
                   "Most sessions of one client, connected or not. Default: what the MQTT settings say; 1 where the "
                   "authorizer has the profile event-grid.",
               .minimum = 1,
               .maximum = 100})
          .object("clientAuthentication", authentication,
                  {.help = "How clients prove who they are.", .fallback = "{}"});
  return namespace_form()
      .object("topicSpacesConfiguration", spaces, {.help = "What concerns MQTT clients.", .fallback = "{}"})
      .json();
}

}  // namespace

trellis::ResourceTypeRules namespaces() {
  return {.name = "namespaces",
          .schema = schema(),
          .longest_name = 50,
          .references = {{.property = "topicSpacesConfiguration/routeTopicResourceId", .type = "topics"}}};
}

}  // namespace rights
