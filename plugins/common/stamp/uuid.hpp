/// Random identifiers, as events have them.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace common {

/// Appends a UUID of version 4 (RFC 9562, 5.4). It is unique, not a secret.
inline void append_uuid(std::string& out) {
  thread_local std::mt19937_64 random{std::random_device{}()};
  std::uint64_t words[2]{random(), random()};
  words[0] = (words[0] & 0xFFFFFFFFFFFF0FFFULL) | 0x4000U;                // version 4
  words[1] = (words[1] & 0x3FFFFFFFFFFFFFFFULL) | 0x8000000000000000ULL;  // its variant
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) out += '-';
    out += "0123456789abcdef"[words[i / 16] >> (60 - i % 16 * 4) & 0xFU];
  }
}

}  // namespace common
