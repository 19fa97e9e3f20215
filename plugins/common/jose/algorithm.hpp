/// The algorithms a token may be signed with. "none" and the symmetric HS* cannot be expressed at all.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace jose {

enum class Algorithm : std::uint8_t { rs256, rs384, rs512, ps256, ps384, ps512, es256, es384, es512, eddsa };

/// As `alg` says it: "RS256". Case matters (RFC 7515, 4.1.1).
std::string_view to_text(Algorithm algorithm) noexcept;
/// Nothing for every other text.
std::optional<Algorithm> algorithm_of(std::string_view text) noexcept;

/// Which of them are allowed.
class AlgorithmSet {
 public:
  constexpr AlgorithmSet() = default;
  constexpr AlgorithmSet(std::initializer_list<Algorithm> list) {
    for (const Algorithm each : list) add(each);
  }
  static constexpr AlgorithmSet all() {
    AlgorithmSet set;
    set.bits_ = (1U << (static_cast<unsigned>(Algorithm::eddsa) + 1)) - 1;
    return set;
  }
  constexpr void add(Algorithm algorithm) noexcept { bits_ |= bit(algorithm); }
  constexpr bool has(Algorithm algorithm) const noexcept { return (bits_ & bit(algorithm)) != 0; }
  constexpr bool empty() const noexcept { return bits_ == 0; }
  /// For people: "RS256, ES256".
  std::string text() const;

  friend constexpr bool operator==(AlgorithmSet, AlgorithmSet) = default;

 private:
  static constexpr std::uint32_t bit(Algorithm algorithm) noexcept { return 1U << static_cast<unsigned>(algorithm); }
  std::uint32_t bits_ = 0;
};

}  // namespace jose
