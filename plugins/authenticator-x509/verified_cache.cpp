#include "verified_cache.hpp"

#include <openssl/evp.h>

#include <new>
#include <trellis/view.hpp>

namespace x509 {

Fingerprint fingerprint_of(std::span<const trellis_view> chain) {
  using Digest = std::unique_ptr<EVP_MD_CTX, openssl::Freeing<&EVP_MD_CTX_free>>;
  const Digest digest(EVP_MD_CTX_new());
  Fingerprint made{};
  if (digest == nullptr || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
  for (const trellis_view& one : chain) {
    // With its length, so that no two different lists of parts give the same bytes.
    const std::uint64_t size = one.size;
    EVP_DigestUpdate(digest.get(), &size, sizeof size);
    EVP_DigestUpdate(digest.get(), one.data, one.size);
  }
  if (EVP_DigestFinal_ex(digest.get(), made.data(), nullptr) != 1) throw std::bad_alloc();
  return made;
}

KnownPtr VerifiedCache::find(const Fingerprint& fingerprint, std::chrono::milliseconds now) {
  const std::lock_guard lock(mutex_);
  drop_expired(now);
  const auto found = entries_.find(fingerprint);
  return found == entries_.end() || found->second.ends <= now ? nullptr : found->second.known;
}

void VerifiedCache::put(const Fingerprint& fingerprint, KnownPtr known, std::chrono::milliseconds now) {
  if (capacity_ == 0 || lifetime_.count() == 0) return;
  const std::lock_guard lock(mutex_);
  drop_expired(now);
  const auto [at, is_new] = entries_.try_emplace(fingerprint, Entry{known, now + lifetime_});
  // One that is there keeps its place in the line: it is verified anew when that time is over.
  if (!is_new) return static_cast<void>(at->second.known = std::move(known));
  by_age_.emplace_back(at->second.ends, fingerprint);
  if (by_age_.size() > capacity_) drop_oldest();
}

void VerifiedCache::drop_oldest() {
  entries_.erase(by_age_.front().second);
  by_age_.pop_front();
}

void VerifiedCache::drop_expired(std::chrono::milliseconds now) {
  while (!by_age_.empty() && by_age_.front().first <= now) drop_oldest();
}

}  // namespace x509
