/// URLs by which destinations consent to get events, after they were asked.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/host.hpp>
#include <trellis/shard.hpp>

#include "common/consent/consent_desk.hpp"
#include "common/fingerprint/fingerprint.hpp"

namespace events_service {

struct ConsentMetrics {
  void declare(const trellis::Host& host);
  trellis::Metric given, unknown, awaited;
};

/// The questions that are out, of all shards. All members may be called from any thread; they lock for moments.
class Consents {
 public:
  static constexpr std::size_t kMost = 10'000;
  static constexpr std::string_view kPath = "/consent/";

  /// base: where the plugin is mounted, as others see it; empty: nobody can come, and there are no URLs.
  /// False where there are no random numbers.
  bool start(const trellis::Host& host, std::string base);

  /// As of common::ConsentDesk.
  std::uint64_t issue(std::uint32_t shard, const common::ConsentQuestion& question, std::string& url);
  void withdraw(std::uint64_t number);

  /// The shard where a URL's question was asked; nothing where there is no such URL.
  std::optional<std::uint32_t> shard_of(std::string_view token) const;
  /// Tells who asked, on that shard. Whether it is consent, and the URL used up.
  bool tell(std::string_view token, const common::ConsentGrant& grant, std::string_view peer);
  /// Somebody called a URL that is none.
  void count_unknown() const noexcept { metrics_.unknown.add_any(); }

 private:
  struct Question {
    std::uint64_t number;
    std::uint32_t shard;
    std::string who;
    std::uint32_t (*granted)(void* user, const common::ConsentGrant* grant);
    void* user;
  };

  // Tokens are found by what stands for them, so that the time it takes tells nothing of them.
  common::Fingerprint fingerprint(std::string_view token) const { return key_.of({"found", token}); }

  trellis::Host host_;
  std::string base_;
  common::FingerprintKey key_;
  ConsentMetrics metrics_;
  mutable std::mutex mutex_;
  std::uint64_t last_ = 0;                               // guarded, as all below
  std::map<common::Fingerprint, Question> questions_;    // by what stands for the token
  std::map<std::uint64_t, common::Fingerprint> issued_;  // by number
};

/// What handlers borrow.
const common::ConsentDesk& consent_desk();

}  // namespace events_service
