// The queue of checks and its workers.
#include "verifier.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

namespace password {

Verifier::Check::Check(Hash stored_hash, std::string_view password_text, const Fingerprint& print)
    : stored(std::move(stored_hash)), password(password_text), fingerprint(print) {}

Verifier::Check::~Check() { OPENSSL_cleanse(password.data(), password.size()); }

Verifier::Verifier(VerifierOptions options, Done done)
    : options_(std::move(options)), done_(std::move(done)), cache_(options_.cache_entries, options_.cache_ms) {}

bool Verifier::start() {
  if (!key_.draw()) return false;
  const std::lock_guard lock(mutex_);
  stopping_ = false;
  for (size_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { work(); });
  return true;
}

void Verifier::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    queue_.clear();
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  std::vector<Client> left;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [client, fingerprint] : clients_) left.push_back(client);
    clients_.clear();
    pending_.clear();
  }
  for (const Client client : left) done_(client, Outcome::given_up);
}

Verifier::Answer Verifier::check(const Users& users, std::string_view user, std::string_view password, Client client) {
  const Hash* known = users.find(user);
  // An unknown user takes the same way as a known one, at the same cost, and then fails.
  Hash stored = known != nullptr ? *known : users.decoy(user, key_.secret());
  const Fingerprint fingerprint = key_.of(user, stored, password);
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return Answer::overloaded;
    if (cache_.contains(fingerprint, options_.now_ms())) return Answer::right;
    if (clients_.size() >= options_.queue) return Answer::overloaded;
    clients_[client] = fingerprint;
    auto& slot = pending_[fingerprint];
    if (slot == nullptr) queue_.push_back(slot = std::make_shared<Check>(std::move(stored), password, fingerprint));
    slot->clients.push_back(client);
  }
  wake_.notify_one();
  return Answer::waiting;
}

void Verifier::abandon(Client client) {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(client);
  if (found == clients_.end()) return;
  const auto check = pending_.find(found->second);
  if (check != pending_.end()) std::erase(check->second->clients, client);
  clients_.erase(found);
}

size_t Verifier::waiting() const {
  const std::lock_guard lock(mutex_);
  return clients_.size();
}

void Verifier::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const std::shared_ptr<Check> check = std::move(queue_.front());
    queue_.pop_front();
    if (check->clients.empty()) {
      pending_.erase(check->fingerprint);
      continue;
    }
    lock.unlock();
    const bool right = verify(check->stored, check->password);
    lock.lock();
    finish(check, right, lock);
  }
}

void Verifier::finish(const std::shared_ptr<Check>& check, bool right, std::unique_lock<std::mutex>& lock) {
  if (right) cache_.add(check->fingerprint, options_.now_ms());
  pending_.erase(check->fingerprint);
  const std::vector<Client> clients = std::exchange(check->clients, {});
  for (const Client client : clients) clients_.erase(client);
  lock.unlock();
  for (const Client client : clients) done_(client, right ? Outcome::right : Outcome::wrong);
  lock.lock();
}

}  // namespace password
