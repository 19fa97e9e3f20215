// CRC-32C (Castagnoli): with the processor's instruction where it has one.
#pragma once

#include <cstdint>
#include <string_view>

namespace journal {

/// Goes on from `before`, so that crc32c(b, crc32c(a)) is the sum of both.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0) noexcept;
/// The one for any processor, for tests.
std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t before = 0) noexcept;

}  // namespace journal
