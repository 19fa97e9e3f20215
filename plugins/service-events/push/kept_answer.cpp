#include "kept_answer.hpp"

#include <charconv>

#include "common/base64/base64.hpp"
#include "common/fingerprint/fingerprint.hpp"

namespace events_service {

std::string KeptAnswer::fingerprint(std::string_view handler, std::string_view destination) {
  // Without a key of its own: it has to be the same after a restart.
  const common::Fingerprint made = common::FingerprintKey().of({handler, destination});
  return common::to_base64({reinterpret_cast<const char*>(made.data()), made.size()});
}

std::optional<KeptAnswer> KeptAnswer::read(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  KeptAnswer kept{std::string(text.substr(0, end)), std::string(text.substr(end + 1))};
  if (const std::size_t space = kept.of.find(' '); space != std::string::npos) {
    std::from_chars(kept.of.data() + space + 1, kept.of.data() + kept.of.size(), kept.until_unix_ms);
    kept.of.resize(space);
  }
  return kept;
}

}  // namespace events_service
