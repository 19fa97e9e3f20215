// Certificates as they cross from a layer to whoever judges them.
#pragma once

#include <trellis/abi/base.h>

#include <string_view>
#include <trellis/runtime/views.hpp>
#include <vector>

namespace trellis::runtime {

/// Those that stand end to end, each a SEQUENCE with its length in one byte or in those that follow (X.690, 8.1.3).
/// What is not one, and all behind it, is left out. The views point into der.
inline std::vector<trellis_view> split_certificates(std::string_view der) {
  std::vector<trellis_view> certificates;
  while (der.size() > 4 && der[0] == 0x30) {
    const auto byte = [&](std::size_t at) { return std::size_t{static_cast<unsigned char>(der[at])}; };
    const std::size_t head = byte(1) < 0x80 ? 2 : 2 + (byte(1) & 0x7F);
    std::size_t length = byte(1) < 0x80 ? byte(1) : 0;
    if (head > 5 || head > der.size()) break;
    for (std::size_t i = 2; i < head; ++i) length = length << 8 | byte(i);
    if (length > der.size() - head) break;
    certificates.push_back(view_of(der.substr(0, head + length)));
    der.remove_prefix(head + length);
  }
  return certificates;
}

}  // namespace trellis::runtime
