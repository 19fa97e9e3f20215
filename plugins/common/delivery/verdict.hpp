// What came of a delivery, before anybody is told.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/handler.hpp>

namespace common {

enum class Outcome { delivered, retry, refused };

struct Verdict {
  Outcome outcome = Outcome::delivered;
  trellis::Cause cause = trellis::Cause::none;
  std::uint32_t code = 0;
  std::chrono::milliseconds after{0};  ///< retry: not earlier; 0 leaves it to whoever has it delivered
  std::string reason = {};             ///< without secrets

  static Verdict retry(trellis::Cause cause, std::string reason, std::uint32_t code = 0) {
    return {Outcome::retry, cause, code, std::chrono::milliseconds(0), std::move(reason)};
  }
  static Verdict refused(trellis::Cause cause, std::string reason, std::uint32_t code = 0) {
    return {Outcome::refused, cause, code, std::chrono::milliseconds(0), std::move(reason)};
  }
  void settle(trellis::Settlement& settlement) const noexcept;
};

/// What a peer said, fit for a log: one line, of at most `most` bytes.
std::string shown(std::string_view said, std::size_t most = 200);

}  // namespace common
