// Remembers for a while which certificates were verified, so that clients that come back cost no signatures.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <utility>

#include "certificate.hpp"
#include "chain.hpp"

namespace x509 {

/// SHA-256 over a chain as the peer sent it.
using Fingerprint = std::array<unsigned char, 32>;
Fingerprint fingerprint_of(std::span<const trellis_view> chain);

/// What is known of a chain.
struct Known {
  Facts facts;
  Basis basis;
  std::uint64_t trust = 0;  ///< the revision of what it was verified by; 0: it was not, only its facts are known
};
using KnownPtr = std::shared_ptr<const Known>;

/// Each for a fixed time, the oldest leaving first. Only chains of clients that were let in belong here, so that nobody
/// else can push them out. [any]
class VerifiedCache {
 public:
  VerifiedCache(std::size_t capacity, std::chrono::milliseconds lifetime) : capacity_(capacity), lifetime_(lifetime) {}

  /// Null where it is not known.
  KnownPtr find(const Fingerprint& fingerprint, std::chrono::milliseconds now);
  /// Replaces what was known before.
  void put(const Fingerprint& fingerprint, KnownPtr known, std::chrono::milliseconds now);

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
  }

 private:
  struct Hash {
    std::size_t operator()(const Fingerprint& fingerprint) const noexcept {
      std::size_t value;
      std::memcpy(&value, fingerprint.data(), sizeof value);
      return value;
    }
  };
  struct Entry {
    KnownPtr known;
    std::chrono::milliseconds ends;
  };
  void drop_oldest();
  void drop_expired(std::chrono::milliseconds now);

  const std::size_t capacity_;
  const std::chrono::milliseconds lifetime_;
  mutable std::mutex mutex_;
  std::unordered_map<Fingerprint, Entry, Hash> entries_;                       // guarded by mutex_
  std::deque<std::pair<std::chrono::milliseconds, Fingerprint>> by_age_ = {};  // the same: when it ends, what
};

}  // namespace x509
