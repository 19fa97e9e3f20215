/// The keys of one issuer, and the questions that wait for them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "common/jose/key_set.hpp"
#include "common/jwks/source.hpp"

namespace jwks {

enum class Waiting : std::uint8_t {
  newer,  ///< there are other keys than those seen: look again, now
  waits,  ///< the function will be called
  no      ///< no other keys are to be expected now
};

/// Shared by all shards; every member may be called from any thread.
class IssuerKeys {
 public:
  using Then = std::function<void()>;
  using milliseconds = std::chrono::milliseconds;

  explicit IssuerKeys(Source source) : source_(std::move(source)) {}

  const Source& source() const noexcept { return source_; }
  /// The newest ones; null where none could be fetched yet, or not for too long. Empty where the issuer has none any
  /// more.
  std::shared_ptr<const jose::KeySet> keys() const;

  // --- for Issuers and Fetcher

  struct Waiter {
    std::uint64_t number = 0;
    milliseconds deadline{0};
    Then then;
  };
  /// seen: what keys() said when the question could not be answered.
  Waiting join(const jose::KeySet* seen, milliseconds now, std::size_t most, Waiter waiter);
  /// False where nobody waits under that number.
  bool forget(std::uint64_t number);
  bool wanted() const;
  /// A fetch begins, wanted or not.
  void begin();
  /// It ended: with keys, or null. None is wanted before that time. Answers who waited.
  std::vector<Waiter> end(std::shared_ptr<const jose::KeySet> keys, milliseconds not_before);
  /// They are too old to be used.
  void drop_keys();
  /// Those whose time is over.
  std::vector<Waiter> take_late(milliseconds now);
  /// When the next one's time is over.
  std::optional<milliseconds> next_deadline() const;
  /// Nothing will be fetched any more. Answers who waited.
  std::vector<Waiter> close();

 private:
  const Source source_;
  mutable std::mutex mutex_;  // guards all below
  std::shared_ptr<const jose::KeySet> keys_;
  std::vector<Waiter> waiters_;  // all wait equally long: the first one's deadline is the next
  milliseconds not_before_{0};
  bool wanted_ = true;  // at once, before anybody asks
  bool closed_ = false;
};

}  // namespace jwks
