// Base64 of keys and signatures, and the lines they stand on.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trellis::signing {

std::string to_base64(std::span<const std::uint8_t> bytes);
/// Exactly `size` bytes, or nothing.
std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text, std::size_t size);

/// The lines of a text, without their ends; an empty last one is none.
std::vector<std::string_view> lines_of(std::string_view text);

inline std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace trellis::signing
