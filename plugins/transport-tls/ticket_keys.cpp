#include "ticket_keys.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <cstring>
#include <stdexcept>

namespace transport_tls {
namespace {

TicketKeys::Key make_key() {
  TicketKeys::Key key;
  const auto fill = [](auto& bytes) {
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) throw std::runtime_error("no randomness");
  };
  fill(key.name);
  fill(key.cipher);
  fill(key.mac);
  return key;
}

void forget(std::optional<TicketKeys::Key>& key) {
  if (key) OPENSSL_cleanse(&*key, sizeof *key);
  key.reset();
}

}  // namespace

TicketKeys::~TicketKeys() {
  forget(current_);
  forget(previous_);
}

void TicketKeys::change(std::chrono::seconds now) {
  if (current_ && now - made_ < lifetime_) return;
  const bool long_ago = !current_ || now - made_ >= 2 * lifetime_;
  forget(previous_);
  if (!long_ago) previous_ = current_;
  forget(current_);
  current_ = make_key();
  made_ = now;
}

TicketKeys::Key TicketKeys::current(std::chrono::seconds now) {
  const std::lock_guard lock(mutex_);
  change(now);
  return *current_;
}

std::optional<TicketKeys::Found> TicketKeys::find(const unsigned char* name, std::chrono::seconds now) {
  const std::lock_guard lock(mutex_);
  change(now);
  const auto is = [name](const std::optional<Key>& key) {
    return key && std::memcmp(key->name.data(), name, key->name.size()) == 0;
  };
  if (is(current_)) return Found{*current_, false};
  if (is(previous_)) return Found{*previous_, true};
  return std::nullopt;
}

}  // namespace transport_tls
