// The messages of an exchange (RFC 5802, 7), taken apart and put together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace scram {

/// Longer ones are refused unread, since exchanges under way keep theirs. Names and nonces of real clients need a tenth
/// of it.
inline constexpr std::size_t kMostMessageBytes = 1024;
inline constexpr std::size_t kMostNonceBytes = 256;

/// "n,,n=user,r=nonce". Views into the message.
struct ClientFirst {
  std::string_view header;  // "n,," with its commas
  std::string_view bare;    // the rest
  std::string user;         // decoded
  std::string_view nonce;
};

/// "c=biws,r=nonce,p=proof". Views into the message.
struct ClientFinal {
  std::string_view without_proof;
  std::string_view binding;  // base64
  std::string_view nonce;
  std::string proof;  // decoded
};

/// Nothing where it cannot be taken, with the reason in `why`.
std::optional<ClientFirst> read_client_first(std::string_view message, std::string& why);
std::optional<ClientFinal> read_client_final(std::string_view message, std::string& why);

std::string server_first(std::string_view nonce, std::string_view salt, std::uint32_t iterations);
std::string server_final(std::string_view signature);

}  // namespace scram
