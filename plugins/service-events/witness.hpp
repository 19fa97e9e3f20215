/// What becomes of each request, for metrics and the audit log.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <trellis/networks.hpp>
#include <trellis/service.hpp>
#include <utility>

#include "access/access.hpp"
#include "common/events/problem.hpp"
#include "common/events/route.hpp"

namespace events_service {

/// What requests ask for, as far as metrics tell it apart.
enum class Asking : std::uint8_t {
  unknown,
  publish,
  receive,
  acknowledge,
  release,
  reject,
  renew,
  dead_letters,
  deliveries
};
inline constexpr std::size_t kAskings = 9;
Asking asking(events::Operation operation) noexcept;

enum class Outcome : std::uint8_t {
  success,
  bad_request,
  unauthorized,
  forbidden,
  not_found,
  too_large,
  quota,
  throttled,
  unavailable,
  error,
  aborted  ///< the client had gone
};
inline constexpr std::size_t kOutcomes = 11;
/// As metrics have it: "bad_request".
std::string_view name_of(Outcome outcome) noexcept;
/// As Event Grid's logs have it: "BadRequest".
std::string_view title_of(Outcome outcome) noexcept;
Outcome outcome_of(const events::Problem& problem) noexcept;

/// Whom a request is from.
struct Client {
  trellis::IpAddress address{};  ///< all 0: none that is known
  std::array<char, 16> tls{};    ///< "TLSv1.3", then 0
  std::uint32_t name_space = 0;
  Shown shown = Shown::nothing;

  static Client of(const trellis::Request& request) noexcept;
};

/// One request, and what is known of it so far.
struct Asked {
  Client client;  ///< with an audit only
  Asking what = Asking::unknown;
  bool basic = false;         ///< it expects the answers of Event Grid's basic tier
  std::int64_t since_us = 0;  ///< when it came; of a receive that waited, when there were events
};

struct Answered {
  Asked asked;
  Outcome outcome;
  std::int64_t took_us;  ///< -1: it is no latency, as nothing was done
};

/// Told of every request once. It outlives all of them.
class Witness {
 public:
  virtual ~Witness() = default;
  /// Microseconds of a clock that goes on. [any]
  virtual std::int64_t now_us() const = 0;
  /// On the shard that was asked.
  virtual void answered(std::uint32_t shard, const Answered& answered) noexcept = 0;
};

/// Tells the witness of one request, on the shard that was asked, whoever answers it. Move-only.
class Testimony {
 public:
  Testimony(const trellis::Shard& shard, Witness& witness) noexcept
      : host_(shard.host()), shard_(shard.index()), witness_(&witness) {
    asked.since_us = witness.now_us();
  }
  Testimony(Testimony&& other) noexcept
      : asked(other.asked),
        host_(other.host_),
        shard_(other.shard_),
        gone_(other.gone_),
        witness_(std::exchange(other.witness_, nullptr)) {}
  Testimony& operator=(Testimony&& other) noexcept;
  /// Without an answer: the client has gone, or something failed.
  ~Testimony() { give(gone_ ? Outcome::aborted : Outcome::error); }

  /// Nobody waits for the answer.
  void gone() noexcept { gone_ = true; }
  std::int64_t now_us() const { return witness_ == nullptr ? 0 : witness_->now_us(); }
  /// Once; after that it does nothing. timed: what was asked for was done. From any thread.
  void give(Outcome outcome, bool timed = false) noexcept;

  Asked asked;

 private:
  bool here() const noexcept;

  trellis::Host host_;
  std::uint32_t shard_;
  bool gone_ = false;
  Witness* witness_;
};

}  // namespace events_service
