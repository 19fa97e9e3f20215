#include "common/jose/algorithm.hpp"

#include <array>
#include <cstddef>

namespace jose {
namespace {

// By Algorithm.
constexpr std::array<std::string_view, 10> kNames = {"RS256", "RS384", "RS512", "PS256", "PS384",
                                                     "PS512", "ES256", "ES384", "ES512", "EdDSA"};

}  // namespace

std::string_view to_text(Algorithm algorithm) noexcept { return kNames[static_cast<std::size_t>(algorithm)]; }

std::optional<Algorithm> algorithm_of(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == text) return static_cast<Algorithm>(i);
  }
  return std::nullopt;
}

std::string AlgorithmSet::text() const {
  std::string text;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (!has(static_cast<Algorithm>(i))) continue;
    if (!text.empty()) text += ", ";
    text += kNames[i];
  }
  return text;
}

}  // namespace jose
