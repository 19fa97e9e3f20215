// Verifies a client's certificate up to an authority.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "authorities.hpp"
#include "certificate.hpp"
#include "revocation.hpp"

namespace x509 {

/// Whom a namespace believes, at one moment. Immutable, shared by the shards.
struct Trust {
  std::shared_ptr<const Authorities> authorities;
  std::shared_ptr<const RevocationLists> lists;
  std::uint64_t revision = 0;  ///< never comes again
};

/// What a verified certificate rests on.
struct Basis {
  Mark authority = 0;
  std::vector<Mark> links;        ///< the certificate's own, then those in between, as revocation lists know them
  std::int64_t good_from_ms = 0;  ///< of all certificates of the chain together
  std::int64_t good_until_ms = 0;
  std::int64_t lists_due_ms = 0;  ///< until when the revocation lists let it hold
};

/// The verified chain, or why there is none.
struct Verdict {
  enum class Outcome { verified, untrusted, expired, revoked } outcome = Outcome::untrusted;
  std::string why = {};  ///< for people
  Basis basis = {};      ///< of a verified one
};

/// The first certificate is the client's, the others may help to find the way. Costs one check of a signature for each
/// certificate of the chain, less than 0.1 ms.
Verdict verify(const Trust& trust, const std::vector<Certificate>& chain, std::int64_t now_ms);

}  // namespace x509
