#include "common/verdict/verdict.hpp"

#include <trellis/abi/dial.h>

namespace common {
namespace {

using trellis::Cause;

Cause dial_cause(std::uint32_t reason) noexcept {
  switch (reason) {
    case TRELLIS_DIAL_NAME:
      return Cause::resolution;
    case TRELLIS_DIAL_FORBIDDEN:
      return Cause::forbidden;
    case TRELLIS_DIAL_TIMEOUT:
      return Cause::timed_out;
    default:
      return Cause::socket;
  }
}

}  // namespace

Verdict Verdict::once_sent() const {
  Verdict sent = *this;
  if (outcome != Outcome::later) return sent;
  sent.outcome = Outcome::retry;
  sent.wait = Milliseconds(0);
  return sent;
}

void Verdict::settle(trellis::Settlement& settlement) const noexcept {
  const trellis::DeliveryFault fault{reason, cause, code};
  switch (outcome) {
    case Outcome::delivered:
      return reason.empty() ? settlement.delivered() : settlement.consented(reason);
    case Outcome::retry:
      return settlement.retry(fault, wait);
    case Outcome::refused:
      return settlement.refused(fault);
    case Outcome::later:
      return settlement.later(fault, wait);
    case Outcome::awaited:
      return settlement.awaited(fault, wait);
  }
}

bool passes_soon(Cause cause) noexcept {
  return cause == Cause::socket || cause == Cause::resolution || cause == Cause::timed_out || cause == Cause::busy;
}

std::chrono::milliseconds wait_for(Cause cause) noexcept {
  return passes_soon(cause) ? std::chrono::milliseconds(0) : kUsualWait;
}

Verdict judge_dial(std::uint32_t reason, std::string_view who, std::string_view why) {
  std::string text = std::string(who) + ": cannot connect: " + std::string(why);
  switch (reason) {
    case TRELLIS_DIAL_LIMIT:
      return Verdict::later(Cause::busy, std::move(text), kRoomWait);
    case TRELLIS_DIAL_SETTINGS:
      return Verdict::later(Cause::other, std::move(text), kUsualWait);
    case TRELLIS_DIAL_STOPPED:
      return Verdict::stopped();
    default:
      const Cause cause = dial_cause(reason);
      return Verdict::retry(cause, std::move(text), wait_for(cause));
  }
}

std::string said(std::string_view text) {
  static constexpr std::size_t kMost = 200;
  std::string out(text.substr(0, kMost));
  for (char& c : out) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  if (text.size() > kMost) out += "...";
  return out;
}

}  // namespace common
