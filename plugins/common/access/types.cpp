#include "access/types.hpp"

#include <algorithm>

#include "access/attributes.hpp"
#include "access/namespace_form.hpp"

namespace rights {
namespace {

using trellis::Config;

std::string client_schema() {
  const auto certificate =
      trellis::Schema{}
          .choice("validationScheme",
                  {"SubjectMatchesAuthenticationName", "DnsMatchesAuthenticationName", "UriMatchesAuthenticationName",
                   "IpMatchesAuthenticationName", "EmailMatchesAuthenticationName", "ThumbprintMatch"},
                  {.help = "What in the client's certificate has to be its authentication name. ThumbprintMatch: the "
                           "certificate itself is known, by allowedThumbprints.",
                   .fallback = "SubjectMatchesAuthenticationName"})
          .texts("allowedThumbprints",
                 {.help = "SHA-1 or SHA-256 of the certificates the client may show, in hex. With "
                          "ThumbprintMatch, and only with it.",
                  .minimum_items = 1,
                  .maximum_items = 2});
  return trellis::Schema{}
      .text("authenticationName", {.help = "What the client calls itself. Its case does not count when it connects, "
                                           "but is kept. Default: the resource's name. It cannot be changed.",
                                   .minimum_length = 1,
                                   .maximum_length = 128})
      .choice("state", {"Enabled", "Disabled"}, {.help = "Whether it may be connected.", .fallback = "Enabled"})
      .object("clientCertificateAuthentication", certificate,
              {.help = "How its certificate is judged.", .fallback = "{}"})
      .property("attributes",
                R"({"type":"object","description":"What groups and topic templates may ask for: texts, whole numbers )"
                R"(and lists of texts, less than 4 KiB.","additionalProperties":{"type":["string","integer",)"
                R"("boolean","array"]},"default":{}})")
      .text("description", {.help = "For people."})
      .json();
}

bool is_thumbprint(std::string_view text) {
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == ':') continue;
    if (std::string_view("0123456789abcdefABCDEF").find(c) == std::string_view::npos) return false;
    ++digits;
  }
  return digits == 40 || digits == 64;
}

trellis::Result<void> check_client(const Config& client) {
  const auto read = trellis::json::parse(client.object("attributes").json());
  if (const std::string fault = attributes_fault(read.value()); !fault.empty()) return trellis::fail(fault);
  const Config certificate = client.object("clientCertificateAuthentication");
  const bool by_thumbprint = certificate.text("validationScheme") == "ThumbprintMatch";
  const auto thumbprints = certificate.find("allowedThumbprints");
  const std::string where = "/clientCertificateAuthentication";
  if (by_thumbprint && !thumbprints) {
    return trellis::fail(where + ": the scheme ThumbprintMatch needs allowedThumbprints");
  }
  if (!thumbprints) return trellis::ok();
  if (!by_thumbprint) {
    return trellis::fail(where + "/allowedThumbprints: only the scheme ThumbprintMatch has them");
  }
  for (const Config& one : thumbprints->items()) {
    if (is_thumbprint(one.as_text())) continue;
    return trellis::fail(one.path() + ": expected 40 (SHA-1) or 64 (SHA-256) hexadecimal digits, found " +
                         trellis::json::quote(one.as_text()));
  }
  return trellis::ok();
}

}  // namespace

trellis::ResourceTypeRules clients(std::uint32_t most) {
  return {.name = "clients",
          .schema = client_schema(),
          .further_characters = "-:._",
          .key = "authenticationName",
          .most = most};
}

trellis::ResourceTypeRules ca_certificates(std::uint32_t most) {
  return {
      .name = "caCertificates",
      .schema = trellis::Schema{}
                    .text("encodedCertificate", {.help = "The certificate of the authority, as PEM.", .required = true})
                    .text("issueTimeInUtc", {.help = "Told by the broker; what is put is left out of account."})
                    .text("expiryTimeInUtc", {.help = "Told by the broker; what is put is left out of account."})
                    .text("description", {.help = "For people."})
                    .json(),
      .shortest_name = 3,
      .longest_name = 50,
      .most = most};
}

trellis::Result<void> check(const trellis::ResourceChange& change) {
  if (!change.after) return trellis::ok();
  if (change.after->type() == "clients") return check_client(change.after->properties());
  if (change.after->type() != "namespaces") return trellis::ok();
  if (change.after->name() != change.after->name_space()) {
    return trellis::fail("the settings of the namespace " + trellis::json::quote(change.after->name_space()) +
                         " bear its name, not " + trellis::json::quote(change.after->name()));
  }
  return check_namespace_form(change);
}

}  // namespace rights
