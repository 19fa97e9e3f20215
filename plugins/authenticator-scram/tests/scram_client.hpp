// The client's side of an exchange, as right or as wrong as a test wants it.
#pragma once

#include <charconv>
#include <string>
#include <string_view>

#include "common/base64/base64.hpp"
#include "crypto.hpp"

namespace scram::testing {

class ScramClient {
 public:
  explicit ScramClient(std::string user, std::string password, std::string nonce = "client-nonce",
                       std::string header = "n,,")
      : password_(std::move(password)), header_(std::move(header)), bare_("n=" + user + ",r=" + nonce) {}

  std::string first() const { return header_ + bare_; }

  /// The answer to the server's challenge.
  std::string final(std::string_view challenge) {
    const std::string without_proof = "c=" + common::to_base64(header_) + ",r=" + part(challenge, 'r');
    return without_proof + ",p=" + proof(challenge, without_proof);
  }
  /// The proof for a final message that says something else.
  std::string proof(std::string_view challenge, const std::string& without_proof) {
    std::uint32_t iterations = 0;
    const std::string number = part(challenge, 'i');
    std::from_chars(number.data(), number.data() + number.size(), iterations);
    const std::string salted =
        salted_password(password_, common::from_base64(part(challenge, 's')).value_or(""), iterations);
    const std::string said = bare_ + "," + std::string(challenge) + "," + without_proof;
    const std::string client_key = hmac(salted, "Client Key");
    signature_ = "v=" + common::to_base64(hmac(hmac(salted, "Server Key"), said));
    return common::to_base64(exclusive_or(client_key, hmac(hash(client_key), said)));
  }
  /// What the server has to say in the end.
  const std::string& signature() const { return signature_; }

  static std::string part(std::string_view message, char name) {
    std::size_t at = message.starts_with(std::string(1, name) + "=") ? 0 : message.find(std::string(",") + name + "=");
    if (at == std::string_view::npos) return {};
    if (message[at] == ',') ++at;
    return std::string(message.substr(at + 2, message.find(',', at) - at - 2));
  }

 private:
  std::string password_;
  std::string header_;
  std::string bare_;
  std::string signature_;
};

}  // namespace scram::testing
