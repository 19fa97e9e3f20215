// Hashes of passwords: making, writing, reading and checking them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace password {

enum class Algorithm {
  scrypt,            // ours: $scrypt$ln=14,r=8,p=1$SALT$HASH
  pbkdf2,            // ours: $pbkdf2-sha512$i=210000$SALT$HASH
  mosquitto_sha512,  // Mosquitto up to 1.6: $6$SALT$HASH
  mosquitto_pbkdf2   // Mosquitto 2: $7$ITERATIONS$SALT$HASH
};

/// One salted hash with the cost it was made with.
struct Hash {
  Algorithm algorithm = Algorithm::scrypt;
  uint32_t log2_n = 0;      // scrypt: 128 * r * 2^log2_n bytes of memory
  uint32_t r = 0;           // scrypt
  uint32_t p = 0;           // scrypt
  uint32_t iterations = 0;  // PBKDF2
  std::string salt;
  std::string digest;
};

/// Reads one hash. On failure says in `why` what was found and what was expected.
std::optional<Hash> parse_hash(std::string_view text, std::string& why);

/// The text parse_hash() reads.
std::string format_hash(const Hash& hash);

/// Hashes a password with a fresh salt at today's cost: scrypt in 16 MiB, or PBKDF2-SHA512 with 210,000 rounds.
/// Nothing where OpenSSL has no random numbers or no memory.
std::optional<Hash> make_hash(Algorithm algorithm, std::string_view password);

/// Whether `password` gives `hash`; takes as long for a wrong one as for the right one.
bool verify(const Hash& hash, std::string_view password);

}  // namespace password
