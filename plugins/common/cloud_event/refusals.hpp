// What compilers of filters say.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/result.hpp>

namespace cloud_event {

inline trellis::Error wrong(const trellis::Config& where, const std::string& what) {
  return trellis::fail(where.path() + ": " + what);
}

inline std::string found(const trellis::Config& value) {
  return "found " + std::string(trellis::json::name(value.type()));
}

inline std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace cloud_event
