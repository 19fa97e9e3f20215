/// Keys of session tickets, changed in time.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <mutex>
#include <optional>

namespace transport_tls {

/// A ticket made with the key before the current one is still good, and renewed. [any]
class TicketKeys {
 public:
  struct Key {
    std::array<unsigned char, 16> name{};
    std::array<unsigned char, 32> cipher{};
    std::array<unsigned char, 32> mac{};
  };
  /// A ticket is good for at least `lifetime` from when it was made, at most for twice that.
  explicit TicketKeys(std::chrono::seconds lifetime) : lifetime_(lifetime) {}
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  std::chrono::seconds lifetime() const noexcept { return lifetime_; }
  Key current(std::chrono::seconds now);
  struct Found {
    Key key;
    bool renew;  ///< the ticket should be replaced
  };
  /// Nothing when the key is gone.
  std::optional<Found> find(const unsigned char* name, std::chrono::seconds now);

 private:
  void change(std::chrono::seconds now);

  const std::chrono::seconds lifetime_;
  std::mutex mutex_;
  std::optional<Key> current_;
  std::optional<Key> previous_;
  std::chrono::seconds made_{};
};

}  // namespace transport_tls
