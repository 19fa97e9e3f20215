/// The keys of a namespace, of which one is enough.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <vector>

namespace http_credentials {

/// Not changed once it is made: any thread may check with it. Comparisons take as long for a wrong secret as for the
/// right one, and nothing that is said names a secret.
class AccessKeys {
 public:
  static constexpr std::size_t kMostKeys = 2;

  /// One or two keys in base64. Fails with a sentence: "key 2 is not base64".
  static trellis::Result<AccessKeys> make(const std::vector<std::string>& keys);

  /// A key as the client shows it, exactly. Fails with Status::bad_credentials.
  trellis::Result<void> check_key(std::string_view shown) const;

  /// A SAS token for a request to that path. hosts: those the token may be for. now: Unix time. Fails with
  ///   invalid          it is no SAS token
  ///   bad_credentials  nobody with a key signed it, or it is expired
  ///   not_authorized   it is for something else
  trellis::Result<void> check_sas(std::string_view shown, std::span<const std::string> hosts, std::string_view path,
                                  std::chrono::seconds now) const;

 private:
  struct Key {
    std::string text;
    std::string bytes;
  };
  bool signed_by_one(std::string_view text, std::string_view signature) const;

  std::vector<Key> keys_;
};

}  // namespace http_credentials
