/// The keys of a namespace, of which one is enough.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <vector>

#include "common/http_credentials/sas_token.hpp"

namespace http_credentials {

/// Not changed once it is made: any thread may check with it. Comparisons take as long for a wrong secret as for the
/// right one, and nothing that is said names a secret.
class AccessKeys {
 public:
  static constexpr std::size_t kMostKeys = 2;
  static constexpr std::size_t kLongest = 128;  ///< of a key in base64

  /// One or two keys in base64. Fails with a sentence that names no key: "key 2 is not base64".
  static trellis::Result<AccessKeys> make(const std::vector<std::string>& keys);

  /// A key as the client shows it, exactly.
  bool check_key(std::string_view shown) const noexcept;

  /// A SAS token that somebody with a key signed. Until when it holds, and for what, is for the caller to look at.
  /// Fails with
  ///   invalid          it is no SAS token
  ///   bad_credentials  nobody with a key signed it
  trellis::Result<SasToken> check_sas(std::string_view shown) const;

 private:
  /// Padded with zeros, so that all take equally long to compare.
  using Text = std::array<char, kLongest>;
  struct Key {
    Text text;
    std::size_t size;
    std::string bytes;
  };
  bool signed_by_one(std::string_view text, std::string_view signature) const;

  std::vector<Key> keys_;
  std::size_t compared_ = 64;  // bytes of texts: generated keys have 44, and longer ones make all take longer
};

}  // namespace http_credentials
