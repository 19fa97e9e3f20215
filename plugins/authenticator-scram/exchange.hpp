// One client's exchange: what was said until now, and whether the proof is right.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "message.hpp"
#include "user_file.hpp"

namespace scram {

/// The server's side after the client's first message. Sans-I/O: bytes in, bytes out.
class Exchange {
 public:
  /// server_nonce: fresh random text without commas, which is what makes an exchange unrepeatable.
  Exchange(const ClientFirst& first, const Users& users, std::string_view server_nonce);

  const std::string& user() const noexcept { return user_; }
  /// The message that asks for the proof.
  const std::string& challenge() const noexcept { return server_first_; }

  /// Judges the client's final message: the message that proves the server in turn, or nothing, with the reason in
  /// `why`. users: as they are now; who was taken from the file meanwhile, or has other keys, is wrong.
  std::optional<std::string> finish(std::string_view message, const Users& users, std::string& why) const;
  /// Whether the user is among these, with the keys the exchange began with.
  bool holds(const Users& users) const;

 private:
  bool proves(const ClientFinal& final_message, const std::string& said) const;

  std::string user_;
  std::string binding_;  // what c= has to be
  std::string nonce_;    // both halves
  std::string client_first_;
  std::string server_first_;
  StoredKey key_;
  bool known_;  // else the key is a decoy
};

}  // namespace scram
