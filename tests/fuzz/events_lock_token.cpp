// Lock tokens: one that was made says its lease, and nothing else is one.
#include <cstring>
#include <string>
#include <string_view>

#include "common/events/lock_token.hpp"
#include "fuzz.hpp"

namespace {

using events::Lease;
using events::LockTokens;
using events::TokenFault;
using trellis::fuzz::require;

LockTokens& tokens() {
  static LockTokens made = std::move(LockTokens::make("a key that every run has")).value();
  return made;
}

// Whatever is good is what would be written.
void check_text(std::string_view text, std::uint64_t subscriber) {
  Lease lease;
  const TokenFault fault = tokens().read(text, subscriber, lease);
  if (fault != TokenFault::none) return require(lease == Lease(), "a bad token says nothing");
  LockTokens::Text again;
  require(lease.subscriber == subscriber && tokens().write(lease, again) == text, "a token is written in one way only");
}

// A lease, a place and a letter.
void check_altered(const std::uint8_t* data) {
  Lease lease;
  std::memcpy(&lease.subscriber, data, 8);
  std::memcpy(&lease.number, data + 8, 8);
  std::memcpy(&lease.delivery_count, data + 16, 4);
  std::memcpy(&lease.since_unix_ms, data + 20, 8);
  LockTokens::Text text;
  std::string token(tokens().write(lease, text));
  Lease read;
  require(tokens().read(token, lease.subscriber, read) == TokenFault::none && read == lease, "a token says its lease");
  require(tokens().read(token, lease.subscriber + 1, read) == TokenFault::other_subscriber, "to its subscriber only");
  char& letter = token[data[28] % token.size()];
  if (letter == static_cast<char>(data[29])) return;
  letter = static_cast<char>(data[29]);
  require(tokens().read(token, lease.subscriber, read) != TokenFault::none, "an altered token is none");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 30) check_altered(data);
  if (size > 0) check_text({reinterpret_cast<const char*>(data), size}, data[0]);
  return 0;
}
