// The queue of checks and its workers.
#include "verifier.hpp"

#include <openssl/crypto.h>

#include <system_error>
#include <utility>
#include <vector>

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
  return true;
}

void Verifier::stop() {
  Threads ending;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    queue_.clear();
    ending.splice(ending.end(), threads_);
    ending.splice(ending.end(), finished_);
  }
  for (std::thread& thread : ending) thread.join();
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
  // The stored hash is part of it: when a user's line changes, what was remembered no longer counts.
  const Fingerprint fingerprint = key_.of({user, stored.salt, stored.digest, password});
  const std::lock_guard lock(mutex_);
  if (stopping_) return Answer::overloaded;
  if (cache_.find(fingerprint, options_.now_ms()) != nullptr) return Answer::right;
  if (clients_.size() >= options_.queue) return Answer::overloaded;
  // Every worker is busy, or it would have ended.
  if (threads_.size() < options_.threads && !add_worker() && threads_.empty()) return Answer::overloaded;
  clients_[client] = fingerprint;
  auto& slot = pending_[fingerprint];
  if (slot == nullptr) queue_.push_back(slot = std::make_shared<Check>(std::move(stored), password, fingerprint));
  slot->clients.push_back(client);
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

/// Called with the lock held, which the worker waits for. False where the system has no thread left.
bool Verifier::add_worker() {
  const auto self = threads_.emplace(threads_.end());
  try {
    *self = std::thread([this, self] { work(self); });
  } catch (const std::system_error&) {
    threads_.erase(self);
    return false;
  }
  return true;
}

void Verifier::work(Threads::iterator self) {
  std::unique_lock lock(mutex_);
  Threads before = std::exchange(finished_, {});
  lock.unlock();
  for (std::thread& thread : before) thread.join();
  lock.lock();
  while (!stopping_ && !queue_.empty()) {
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
  if (!stopping_) finished_.splice(finished_.end(), threads_, self);  // else stop() has it
}

void Verifier::finish(const std::shared_ptr<Check>& check, bool right, std::unique_lock<std::mutex>& lock) {
  if (right) cache_.add(check->fingerprint, {}, options_.now_ms());
  pending_.erase(check->fingerprint);
  const std::vector<Client> clients = std::exchange(check->clients, {});
  for (const Client client : clients) clients_.erase(client);
  lock.unlock();
  for (const Client client : clients) done_(client, right ? Outcome::right : Outcome::wrong);
  lock.lock();
}

}  // namespace password
