#include "crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace journal {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // reflected

constexpr std::array<std::array<std::uint32_t, 256>, 8> make_tables() {
  std::array<std::array<std::uint32_t, 256>, 8> out{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? kPolynomial : 0);
    out[0][i] = crc;
  }
  for (std::uint32_t i = 0; i < 256; ++i) {
    for (std::size_t k = 1; k < 8; ++k) out[k][i] = (out[k - 1][i] >> 8) ^ out[0][out[k - 1][i] & 0xFF];
  }
  return out;
}
constexpr auto kTables = make_tables();

#if defined(__x86_64__)
// The instruction takes three times as long as it keeps its unit busy: of long texts three parts are worked on at once.
// What the first two come to is then carried over the parts behind them, which is linear in the bits.
constexpr std::size_t kPart = 512;

constexpr std::array<std::array<std::uint32_t, 256>, 4> make_carry() {
  std::array<std::uint32_t, 32> of_bit{};
  for (std::size_t bit = 0; bit < 32; ++bit) {
    std::uint32_t crc = std::uint32_t{1} << bit;
    for (std::size_t i = 0; i < kPart; ++i) crc = (crc >> 8) ^ kTables[0][crc & 0xFF];
    of_bit[bit] = crc;
  }
  std::array<std::array<std::uint32_t, 256>, 4> out{};
  for (std::size_t byte = 0; byte < 4; ++byte) {
    for (std::size_t i = 1; i < 256; ++i) {
      const auto low = static_cast<std::size_t>(__builtin_ctzll(i));
      out[byte][i] = out[byte][i & (i - 1)] ^ of_bit[8 * byte + low];
    }
  }
  return out;
}
constexpr auto kCarry = make_carry();

std::uint32_t carried(std::uint32_t crc) noexcept {
  return kCarry[0][crc & 0xFF] ^ kCarry[1][(crc >> 8) & 0xFF] ^ kCarry[2][(crc >> 16) & 0xFF] ^ kCarry[3][crc >> 24];
}

std::uint64_t word_at(const char* at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

__attribute__((target("sse4.2"))) std::uint32_t crc32c_hardware(std::string_view bytes, std::uint32_t before) noexcept {
  std::uint64_t crc = ~before;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 3 * kPart; at += 3 * kPart, left -= 3 * kPart) {
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t i = 0; i < kPart; i += 8) {
      crc = _mm_crc32_u64(crc, word_at(at + i));
      second = _mm_crc32_u64(second, word_at(at + kPart + i));
      third = _mm_crc32_u64(third, word_at(at + 2 * kPart + i));
    }
    crc = carried(carried(static_cast<std::uint32_t>(crc)) ^ static_cast<std::uint32_t>(second)) ^ third;
  }
  for (; left >= 8; at += 8, left -= 8) {
    crc = _mm_crc32_u64(crc, word_at(at));
  }
  auto narrow = static_cast<std::uint32_t>(crc);
  for (; left > 0; ++at, --left) narrow = _mm_crc32_u8(narrow, static_cast<std::uint8_t>(*at));
  return ~narrow;
}
const bool kHardware = __builtin_cpu_supports("sse4.2") != 0;
#endif

}  // namespace

std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t before) noexcept {
  std::uint32_t crc = ~before;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(at[i]); };
  for (; left >= 8; at += 8, left -= 8) {
    crc = kTables[7][byte(0) ^ (crc & 0xFF)] ^ kTables[6][byte(1) ^ ((crc >> 8) & 0xFF)] ^
          kTables[5][byte(2) ^ ((crc >> 16) & 0xFF)] ^ kTables[4][byte(3) ^ (crc >> 24)] ^ kTables[3][byte(4)] ^
          kTables[2][byte(5)] ^ kTables[1][byte(6)] ^ kTables[0][byte(7)];
  }
  for (; left > 0; ++at, --left) crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<std::uint8_t>(*at)) & 0xFF];
  return ~crc;
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) noexcept {
#if defined(__x86_64__)
  if (kHardware) return crc32c_hardware(bytes, before);
#endif
  return crc32c_portable(bytes, before);
}

}  // namespace journal
