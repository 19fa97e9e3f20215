#include "exchange.hpp"

#include "common/base64/base64.hpp"
#include "crypto.hpp"

namespace scram {
namespace {

// One sentence for both: who asks shall not learn which names exist.
constexpr std::string_view kWrong = "user name or password is wrong";

}  // namespace

Exchange::Exchange(const ClientFirst& first, const Users& users, std::string_view server_nonce)
    : user_(first.user),
      binding_(common::to_base64(first.header)),
      nonce_(std::string(first.nonce).append(server_nonce)),
      client_first_(first.bare) {
  const StoredKey* found = users.find(user_);
  known_ = found != nullptr;
  // Made for everybody, so that it takes the same time whether the name is known.
  StoredKey decoy = users.decoy(user_);
  key_ = known_ ? *found : std::move(decoy);
  server_first_ = server_first(nonce_, key_.salt, key_.iterations);
}

bool Exchange::proves(const ClientFinal& final_message, const std::string& said) const {
  if (final_message.proof.size() != kHashBytes) return false;
  const std::string client_key = exclusive_or(final_message.proof, hmac(key_.stored_key, said));
  return same(hash(client_key), key_.stored_key);
}

std::optional<std::string> Exchange::finish(std::string_view message, const Users& users, std::string& why) const {
  const auto final_message = read_client_final(message, why);
  if (!final_message) return std::nullopt;
  if (!same(final_message->nonce, nonce_)) {
    why = "the nonce is not the one of this exchange";
    return std::nullopt;
  }
  if (final_message->binding != binding_) {
    why = "the channel binding is not the one the exchange began with";
    return std::nullopt;
  }
  const std::string said = client_first_ + "," + server_first_ + "," + std::string(final_message->without_proof);
  const bool right = proves(*final_message, said);
  if (right && holds(users)) return server_final(hmac(key_.server_key, said));
  why = kWrong;
  return std::nullopt;
}

bool Exchange::holds(const Users& users) const {
  const StoredKey* today = users.find(user_);
  return known_ && today != nullptr && *today == key_;
}

}  // namespace scram
