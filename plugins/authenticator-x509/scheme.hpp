// Which name a certificate gives, and whether it has the name of a client.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certificate.hpp"

namespace x509 {

/// Where a name stands in a certificate.
enum class Field : std::uint8_t { subject, dns, uri, address, email };

/// How a registered client is known by its certificate: by a name in that field, or by the thumbprint.
struct Scheme {
  bool thumbprint = false;
  Field field = Field::subject;
};

/// Of a client's validationScheme: "SubjectMatchesAuthenticationName", …; nothing for other words.
std::optional<Scheme> scheme_of(std::string_view word);

/// Of a namespace's alternativeAuthenticationNameSources: "ClientCertificateSubject", …; nothing for other words.
std::optional<Field> source_of(std::string_view word);

/// What the field is called in texts for people: "subject", "DNS name".
std::string_view title_of(Field field);

/// The names a client without user name may be registered under: none where the field is empty. The subject has two,
/// the whole of it and the common name; of several alternative names the first one counts.
std::vector<std::string> names_in(const Facts& facts, Field field);

/// Whether the field has the name. The subject is compared as a whole (RFC 4514) and by its common name, in both cases
/// ignoring the case of ASCII letters, as names of clients are; DNS names likewise; of e-mail addresses the domain;
/// URIs exactly; addresses by their bytes. Any of several alternative names may be it.
bool has_name(const Facts& facts, Field field, std::string_view name);

/// What the field holds, shortened, for texts for people.
std::string content_of(const Facts& facts, Field field);

}  // namespace x509
