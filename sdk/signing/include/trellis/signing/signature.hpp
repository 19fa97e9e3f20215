// A detached signature of a file, as minisign writes it beside the file: <file>.minisig.
#pragma once

#include <string>
#include <trellis/signing/content.hpp>
#include <trellis/signing/keys.hpp>

namespace trellis::signing {

struct Signature {
  bool prehashed = true;  // of the content's digest; else of the content itself, as minisign did before 0.6
  KeyId id{};
  std::array<std::uint8_t, 64> of_content{};
  std::string comment;  // signed too
  std::array<std::uint8_t, 64> of_comment{};

  static std::optional<Signature> parse(std::string_view text, std::string& error);
  static Signature make(const SecretKey& key, const Digest& digest, std::string comment);
  std::string file_text() const;

  /// Whether the key signed this file and this comment. digest: of the file, when it is known already. error: why it
  /// cannot be told.
  bool holds(const PublicKey& key, int descriptor, const std::optional<Digest>& digest, std::string& error) const;
};

}  // namespace trellis::signing
