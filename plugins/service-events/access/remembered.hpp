/// Tokens that were found good a moment ago.
#pragma once

#include <openssl/crypto.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace events_service {

/// So many of them at most: where two meet, the later one stays. Only good ones are put here, so that nobody without
/// one drives the others out. Belongs to one shard.
template <class Fact>
class Remembered {
 public:
  /// What is known of that token; null where it is nothing. Takes as long for a wrong token as for the right one.
  const Fact* find(std::string_view text) const noexcept {
    const Place& place = places_[place_of(text)];
    if (text.empty() || place.text.size() != text.size()) return nullptr;
    return CRYPTO_memcmp(place.text.data(), text.data(), text.size()) == 0 ? &place.fact : nullptr;
  }
  const Fact* put(std::string_view text, Fact fact) {
    Place& place = places_[place_of(text)];
    place.text = text;
    place.fact = std::move(fact);
    return &place.fact;
  }
  void clear() {
    for (Place& place : places_) place = {};
  }

 private:
  static constexpr std::size_t kPlaces = 128;
  static constexpr std::size_t kLast = 32;  // tokens end with their signatures, in which they differ

  struct Place {
    std::string text;
    Fact fact;
  };
  static std::size_t place_of(std::string_view text) noexcept {
    return std::hash<std::string_view>()(text.substr(text.size() - std::min(text.size(), kLast))) % kPlaces;
  }

  std::vector<Place> places_ = std::vector<Place>(kPlaces);
};

}  // namespace events_service
