#include "verdict.hpp"

namespace common {

void Verdict::settle(trellis::Settlement& settlement) const noexcept {
  const trellis::DeliveryFault fault{.reason = reason, .cause = cause, .code = code};
  switch (outcome) {
    case Outcome::delivered:
      return settlement.delivered();
    case Outcome::retry:
      return settlement.retry(fault, after);
    case Outcome::refused:
      return settlement.refused(fault);
  }
}

std::string shown(std::string_view said, std::size_t most) {
  std::string out;
  for (const char c : said.substr(0, most)) {
    const auto byte = static_cast<unsigned char>(c);
    // Bytes beyond ASCII could be half a character where the text is cut.
    out += byte >= 0x20 && byte < 0x7f ? c : '?';
  }
  return said.size() > most ? out + "..." : out;
}

}  // namespace common
