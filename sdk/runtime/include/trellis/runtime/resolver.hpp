// What the name servers know, asked on a thread of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <trellis/runtime/address.hpp>
#include <vector>

namespace trellis::runtime {

/// Addresses are kept for as long as the name servers say, at most an hour; that a name has none, or that nobody
/// answered, for a few seconds. The thread runs from the first question on.
class Resolver {
 public:
  struct Settings {
    std::vector<std::string> servers;  // "192.0.2.53", "127.0.0.1:5353", "[::1]:53"; empty: those of the system
    std::uint32_t timeout_ms = 2000;   // of one try
    std::uint32_t tries = 3;
    bool operator==(const Settings&) const = default;
  };
  enum class Outcome : std::uint8_t {
    found,
    none,        // there is no such name, or it has no such record
    unavailable  // nobody answered, or not in order
  };
  struct Addresses {
    Outcome outcome = Outcome::unavailable;
    std::vector<Address> addresses = {};  // without a port, the preferred ones first
    std::string error = {};
  };
  struct Texts {
    Outcome outcome = Outcome::unavailable;
    std::vector<std::string> texts = {};
    std::string error = {};
  };

  Resolver();
  /// Nobody is answered any more.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Questions under way are answered as unavailable where this changes something. [any]
  void set(Settings settings);
  /// The answer comes on another thread, or within the call. [any]
  void addresses(std::string host, std::function<void(const Addresses&)> answer);
  /// TXT records; asked anew each time. [any]
  void texts(std::string name, std::function<void(const Texts&)> answer);

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace trellis::runtime
