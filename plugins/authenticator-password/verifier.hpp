// Checks passwords on a few threads of its own, because a good hash takes tens of milliseconds.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/fingerprint/timed_memory.hpp"
#include "user_file.hpp"

namespace password {

using common::Fingerprint;
using common::FingerprintHash;

struct VerifierOptions {
  size_t threads = 1;  // checks at the same time, each with the memory its hash asks for
  size_t queue = 256;  // clients waiting in all
  size_t cache_entries = 10'000;
  uint64_t cache_ms = 300'000;
  std::function<uint64_t()> now_ms;  // monotonic
};

/// A bounded queue of checks and the threads that work on it.
///
/// A thread is started when a check has to wait and ends when none is left: only then does the allocator give the
/// megabytes of a memory-hard hash back, and starting one costs nothing beside a check.
///
/// check() and abandon() may be called from any thread and only take a short lock. start() and stop() belong to the
/// control thread. Several clients that wait for the same check (same user, same password) share one. The outcome is
/// told through `done` on a worker thread, without any lock held; stop() tells all that still wait that nothing came
/// of it, on its own thread, and no `done` comes after it.
class Verifier {
 public:
  using Client = uint64_t;
  enum class Outcome { right, wrong, given_up };
  enum class Answer { right, waiting, overloaded };  // waiting: `done` follows
  using Done = std::function<void(Client client, Outcome outcome)>;

  Verifier(VerifierOptions options, Done done);
  ~Verifier() { stop(); }

  /// False where the system has no random numbers.
  bool start();
  void stop();

  Answer check(const Users& users, std::string_view user, std::string_view password, Client client);

  /// The client no longer waits. A check nobody waits for is skipped unless it has begun.
  void abandon(Client client);

  size_t waiting() const;

 private:
  struct Check {
    Check(Hash stored_hash, std::string_view password_text, const Fingerprint& print);
    ~Check();  // wipes the password

    Hash stored;
    std::string password;
    Fingerprint fingerprint;
    std::vector<Client> clients;
  };

  using Threads = std::list<std::thread>;

  bool add_worker();
  void work(Threads::iterator self);
  void finish(const std::shared_ptr<Check>& check, bool right, std::unique_lock<std::mutex>& lock);

  const VerifierOptions options_;
  const Done done_;
  common::FingerprintKey key_;  // written by start(), read-only afterwards

  mutable std::mutex mutex_;  // guards all below
  Threads threads_;           // working
  Threads finished_;          // to be joined by the next one
  std::deque<std::shared_ptr<Check>> queue_;
  std::unordered_map<Fingerprint, std::shared_ptr<Check>, FingerprintHash> pending_;  // queued or under way
  std::unordered_map<Client, Fingerprint> clients_;
  // Which checks came out right, so that clients that come back do not cost a hash each.
  struct Right {};
  common::TimedMemory<Right> cache_;
  bool stopping_ = true;
};

}  // namespace password
