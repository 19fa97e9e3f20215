// Ed25519 keys in minisign's files.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace trellis::signing {

/// Which key of many: random, written into every signature.
using KeyId = std::array<std::uint8_t, 8>;

/// As minisign prints it: 16 digits, upper case.
std::string to_text(const KeyId& id);
std::optional<KeyId> key_id(std::string_view text);

struct PublicKey {
  KeyId id{};
  std::array<std::uint8_t, 32> key{};

  /// The text of its file, or the last line of it alone.
  static std::optional<PublicKey> parse(std::string_view text, std::string& error);
  std::string file_text() const;
  bool verifies(std::span<const std::uint8_t> message, std::span<const std::uint8_t, 64> signature) const;
};

/// Forgets the key when it goes.
class SecretKey {
 public:
  static SecretKey generate();
  /// The text of its file. One with a password is minisign's to use and refused.
  static std::optional<SecretKey> parse(std::string_view text, std::string& error);
  SecretKey(SecretKey&&) = default;
  SecretKey(const SecretKey&) = delete;
  SecretKey& operator=(const SecretKey&) = delete;
  SecretKey& operator=(SecretKey&&) = delete;
  ~SecretKey();

  const PublicKey& public_key() const { return public_; }
  std::string file_text() const;
  std::array<std::uint8_t, 64> sign(std::span<const std::uint8_t> message) const;

 private:
  SecretKey() = default;
  PublicKey public_;
  std::array<std::uint8_t, 32> seed_{};
};

}  // namespace trellis::signing
