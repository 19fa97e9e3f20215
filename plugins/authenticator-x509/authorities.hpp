// The certificate authorities of a namespace, ready to verify with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <vector>

#include "certificate.hpp"

namespace x509 {

/// Stands for a certificate, or for what a revocation list says about one, in little memory. Two different things may,
/// extremely rarely, have the same mark: what depends on one then errs on the side of a connection that is made anew.
using Mark = std::uint64_t;

/// Of an authority: by all its bytes.
Mark mark_of(X509* certificate);

/// Reads the PEM of a resource. It has to be one certificate of an authority, with a key that is strong enough to be
/// believed and small enough to be computed with. One that is expired, or not good yet, is taken: whether it is changes
/// while nobody changes anything, and what was accepted once has to be accepted at the next start.
trellis::Result<Certificate> read_authority(std::string_view pem);

/// One of them.
struct Authority {
  std::string name;  ///< of the resource
  Certificate certificate;
  Mark mark = 0;
};

/// Immutable and shared by the shards. Each authority is an anchor by itself, also one that another one issued.
class Authorities {
 public:
  /// Throws std::bad_alloc where OpenSSL has no memory.
  explicit Authorities(std::vector<Authority> all);

  bool empty() const noexcept { return all_.empty(); }
  const std::vector<Authority>& all() const noexcept { return all_; }
  bool have(Mark mark) const noexcept;
  /// OpenSSL locks it by itself, so it may be used on several threads.
  X509_STORE* store() const noexcept { return store_.get(); }

 private:
  std::vector<Authority> all_;
  openssl::Store store_;
};

}  // namespace x509
