#include "common/peer_link/verdict.hpp"

namespace peer_link {

using trellis::Cause;

void Verdict::settle(trellis::Settlement& settlement) const noexcept {
  const trellis::DeliveryFault fault{reason, cause, code};
  if (outcome == Outcome::delivered) {
    settlement.delivered();
  } else if (outcome == Outcome::retry) {
    settlement.retry(fault, after);
  } else {
    settlement.refused(fault);
  }
}

bool passes_soon(Cause cause) noexcept {
  return cause == Cause::socket || cause == Cause::resolution || cause == Cause::timed_out || cause == Cause::busy;
}

Cause dial_cause(std::uint32_t reason) noexcept {
  switch (reason) {
    case TRELLIS_DIAL_NAME:
      return Cause::resolution;
    case TRELLIS_DIAL_FORBIDDEN:
      return Cause::forbidden;
    case TRELLIS_DIAL_TIMEOUT:
      return Cause::timed_out;
    case TRELLIS_DIAL_LIMIT:
      return Cause::busy;
    case TRELLIS_DIAL_SETTINGS:
      return Cause::bad_request;
    case TRELLIS_DIAL_STOPPED:
      return Cause::canceled;
    default:
      return Cause::socket;
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

}  // namespace peer_link
