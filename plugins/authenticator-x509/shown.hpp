// The certificates of one connection, read as far as they are needed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <trellis/result.hpp>
#include <trellis/view.hpp>
#include <vector>

#include "certificate.hpp"
#include "verified_cache.hpp"

namespace x509 {

/// Lives for one question. Chains that are known cost a hash, others are parsed.
class Shown {
 public:
  Shown(std::span<const trellis_view> chain, VerifiedCache& cache, std::chrono::milliseconds now) noexcept
      : chain_(chain), cache_(cache), now_(now) {}

  std::string_view leaf() const { return trellis::text(chain_.front()); }
  /// Of the client's certificate. The error says what cannot be read.
  trellis::Result<const Facts*> facts();
  /// What it rests on, as verified by the trust of that revision; null where it has to be verified.
  const Basis* basis(std::uint64_t trust, std::int64_t wall_ms);
  trellis::Result<const std::vector<Certificate>*> certificates();
  /// Its client was let in. basis: what it rests on, where it was verified.
  void remember(const Basis* basis, std::uint64_t trust);

 private:
  const Known* known();

  std::span<const trellis_view> chain_;
  VerifiedCache& cache_;
  std::chrono::milliseconds now_;
  std::optional<Fingerprint> fingerprint_;
  KnownPtr known_;
  std::optional<Facts> facts_;
  std::vector<Certificate> certificates_;  ///< as far as they are read
};

}  // namespace x509
