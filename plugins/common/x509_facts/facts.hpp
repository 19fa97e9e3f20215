// What people want to know of a certificate they uploaded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace x509_facts {

/// When a certificate is good, as ISO 8601 in UTC: "2026-01-31T23:59:59Z".
struct Validity {
  std::string not_before;
  std::string not_after;
};

/// Of the first certificate of a PEM text; nothing where there is none, or a damaged one. [any]
std::optional<Validity> validity_of(std::string_view pem);

}  // namespace x509_facts
