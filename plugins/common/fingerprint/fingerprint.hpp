// Stands for secrets without telling them.
#pragma once

#include <array>
#include <cstring>
#include <initializer_list>
#include <string_view>

namespace common {

/// Stands for a list of texts without telling any of them: a MAC under a key.
using Fingerprint = std::array<unsigned char, 32>;

struct FingerprintHash {
  std::size_t operator()(const Fingerprint& fingerprint) const noexcept {
    std::size_t value;
    std::memcpy(&value, fingerprint.data(), sizeof value);
    return value;
  }
};

/// The key fingerprints are made with; mostly drawn at random once per instance and never written anywhere.
class FingerprintKey {
 public:
  /// False where the system has no random numbers.
  bool draw();
  /// A key that is known from elsewhere: at most 32 bytes of it count.
  void set(std::string_view bytes);

  /// Different lists give different fingerprints, also where their texts written together are the same.
  Fingerprint of(std::initializer_list<std::string_view> parts) const;

  std::string_view secret() const { return {reinterpret_cast<const char*>(key_.data()), key_.size()}; }

 private:
  std::array<unsigned char, 32> key_{};
};

}  // namespace common
