// Remembers for a while which checks came out right, so that clients that come back do not cost a hash each.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "hash.hpp"

namespace password {

/// Stands for one (user, stored hash, password) without telling any of them: a MAC under a key of this process.
using Fingerprint = std::array<unsigned char, 32>;

struct FingerprintHash {
  size_t operator()(const Fingerprint& fingerprint) const noexcept {
    size_t value;
    std::memcpy(&value, fingerprint.data(), sizeof value);
    return value;
  }
};

/// The key fingerprints are made with; drawn at random once per instance and never written anywhere.
class FingerprintKey {
 public:
  /// False where OpenSSL has no random numbers.
  bool draw();

  /// The stored hash is part of it: when a user's line changes, what was remembered no longer counts.
  Fingerprint of(std::string_view user, const Hash& stored, std::string_view password) const;

  std::string_view secret() const { return {reinterpret_cast<const char*>(key_.data()), key_.size()}; }

 private:
  std::array<unsigned char, 32> key_{};
};

/// Fingerprints of passwords that were right, each for a fixed time, the oldest leaving first. Not synchronised.
class VerifiedCache {
 public:
  VerifiedCache(size_t capacity, uint64_t lifetime_ms) : capacity_(capacity), lifetime_ms_(lifetime_ms) {}

  bool contains(const Fingerprint& fingerprint, uint64_t now_ms) {
    drop_expired(now_ms);
    return entries_.contains(fingerprint);
  }

  void add(const Fingerprint& fingerprint, uint64_t now_ms) {
    drop_expired(now_ms);
    if (capacity_ == 0 || lifetime_ms_ == 0 || !entries_.insert(fingerprint).second) return;
    by_age_.emplace_back(now_ms + lifetime_ms_, fingerprint);
    if (by_age_.size() > capacity_) drop_oldest();
  }

  size_t size() const { return by_age_.size(); }

 private:
  void drop_oldest() {
    entries_.erase(by_age_.front().second);
    by_age_.pop_front();
  }
  void drop_expired(uint64_t now_ms) {
    while (!by_age_.empty() && by_age_.front().first <= now_ms) drop_oldest();
  }

  const size_t capacity_;
  const uint64_t lifetime_ms_;
  std::unordered_set<Fingerprint, FingerprintHash> entries_;
  std::deque<std::pair<uint64_t, Fingerprint>> by_age_;  // when it ends, what
};

}  // namespace password
