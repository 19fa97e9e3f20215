/// Topic aliases of one MQTT 5 connection, one table per direction.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trellis::mqtt {

/// What a client's aliases stand for.
class IncomingAliases {
 public:
  /// The topic of an alias, not 0; empty when it has none.
  std::string_view find(std::uint16_t alias) const noexcept {
    if (alias > topics_.size() || topics_[alias - 1U] == nullptr) return {};
    return *topics_[alias - 1U];
  }
  /// A topic that is replaced goes to `retired`: messages not handed over yet may still point to it.
  void set(std::uint16_t alias, std::string_view topic, std::vector<std::unique_ptr<std::string>>& retired) {
    if (alias > topics_.size()) topics_.resize(alias);
    auto& place = topics_[alias - 1U];
    if (place != nullptr && *place == topic) return;
    if (place != nullptr) retired.push_back(std::move(place));
    place = std::make_unique<std::string>(topic);
  }

 private:
  std::vector<std::unique_ptr<std::string>> topics_;
};

/// The aliases the broker uses towards a client. Each topic has one place, so that looking it up is one comparison; a
/// topic that lands on a place already taken gets it.
class OutgoingAliases {
 public:
  explicit OutgoingAliases(std::uint16_t count) : topics_(count) {}

  struct Choice {
    std::uint16_t alias;
    bool known;
  };
  Choice choose(std::string_view topic) {
    const std::size_t place = hash(topic) % topics_.size();
    const bool known = topics_[place] == topic;
    if (!known) topics_[place] = topic;
    return {static_cast<std::uint16_t>(place + 1), known};
  }
  /// The packet that would have introduced an alias was not sent.
  void forget(std::uint16_t alias) { topics_[alias - 1U].clear(); }

 private:
  static std::size_t hash(std::string_view topic) noexcept { return std::hash<std::string_view>{}(topic); }

  std::vector<std::string> topics_;
};

}  // namespace trellis::mqtt
