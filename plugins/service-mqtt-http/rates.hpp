/// How much clients may publish, by name.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace mqtt_http {

/// Buckets that hold what may be spent in one second. Of one shard; names that have been silent for long are forgotten.
class Rates {
 public:
  /// Whether that much more may be spent now; then it is. 0 is no limit.
  bool take(const std::string& name, std::uint64_t messages, std::uint64_t bytes, std::uint64_t messages_per_s,
            std::uint64_t bytes_per_s, std::chrono::milliseconds now) {
    if (messages_per_s == 0 && bytes_per_s == 0) return true;
    if (clients_.size() >= kMostNames && !clients_.contains(name)) forget(now);
    Client& client = clients_[name];
    const auto passed = static_cast<std::uint64_t>((now - client.since).count());
    const bool fresh = client.since.count() == 0;
    client.since = now;
    refill(client.messages, messages_per_s, passed, fresh);
    refill(client.bytes, bytes_per_s, passed, fresh);
    if (!has(client.messages, messages, messages_per_s) || !has(client.bytes, bytes, bytes_per_s)) return false;
    spend(client.messages, messages, messages_per_s);
    spend(client.bytes, bytes, bytes_per_s);
    return true;
  }

 private:
  static constexpr std::size_t kMostNames = 10000;
  /// Thousandths.
  struct Client {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    std::chrono::milliseconds since{0};
  };
  static void refill(std::uint64_t& left, std::uint64_t per_s, std::uint64_t passed_ms, bool fresh) noexcept {
    const std::uint64_t full = per_s * 1000;
    left = fresh || passed_ms >= 1000 ? full : std::min(full, left + per_s * passed_ms);
  }
  /// More than a second's worth at once is paid with a full bucket.
  static bool has(std::uint64_t left, std::uint64_t wanted, std::uint64_t per_s) noexcept {
    return per_s == 0 || left >= std::min(wanted, per_s) * 1000;
  }
  static void spend(std::uint64_t& left, std::uint64_t wanted, std::uint64_t per_s) noexcept {
    if (per_s != 0) left -= std::min(wanted, per_s) * 1000;
  }
  void forget(std::chrono::milliseconds now) {
    std::erase_if(clients_, [&](const auto& one) { return now - one.second.since >= std::chrono::seconds(1); });
    if (clients_.size() >= kMostNames) clients_.clear();  // nobody can have that many for long
  }

  std::unordered_map<std::string, Client> clients_;
};

}  // namespace mqtt_http
