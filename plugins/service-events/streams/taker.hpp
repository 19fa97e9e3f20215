/// Streams where their queue lives: who takes events as they come, and what each has.
#pragma once

#include <trellis/abi/subscriber.h>

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <trellis/message.hpp>
#include <vector>

#include "settings.hpp"

namespace events_service {

/// Of one instance of the plugin, on all shards; never 0.
using StreamNumber = std::uint64_t;

/// Events on their way to a stream's user.
struct StreamBatch {
  struct One {
    std::uint64_t lock;
    std::uint32_t deliveries;
    trellis::MessageRef message;
  };
  MqttMode mode;  // of the topic
  std::vector<One> events;
};

/// What a stream's user said since the last time.
struct StreamNews {
  struct Settled {
    std::uint64_t lock;
    std::uint32_t outcome;  // TRELLIS_SETTLE_…
  };
  std::vector<Settled> settled;
  std::vector<std::uint64_t> left;  // locks of what it did not take
  bool resumed = false;             // since it left something
};

/// One stream.
struct Taker {
  struct Out {
    std::uint64_t lease;
    std::uint16_t deliveries;
    std::size_t bytes;
  };

  StreamNumber number;
  std::uint32_t shard;   // of its user
  std::uint32_t window;  // most events that are out
  std::size_t window_bytes;
  bool stopped = false;  // until its user goes on
  std::uint64_t last_lock = 0;
  std::size_t bytes = 0;  // of what is out
  // Also what it has not settled although the lock is over: its user has room for no more.
  boost::unordered_flat_map<std::uint64_t, Out> out{};

  std::uint32_t room() const noexcept {
    const auto count = static_cast<std::uint32_t>(out.size());
    return stopped || (count > 0 && bytes >= window_bytes) ? 0 : window - std::min(window, count);
  }
  std::size_t room_bytes() const noexcept { return window_bytes - std::min(window_bytes, bytes); }
};

/// Those of one event subscription. Each is served in its turn.
class Takers {
 public:
  void add(std::unique_ptr<Taker> taker) { all_.push_back(std::move(taker)); }
  Taker* find(StreamNumber number) noexcept {
    const auto found = std::ranges::find(all_, number, &Taker::number);
    return found == all_.end() ? nullptr : found->get();
  }
  std::unique_ptr<Taker> take(StreamNumber number) {
    const auto found = std::ranges::find(all_, number, &Taker::number);
    if (found == all_.end()) return nullptr;
    std::unique_ptr<Taker> taken = std::move(*found);
    all_.erase(found);
    return taken;
  }
  std::unique_ptr<Taker> take_any() {
    if (all_.empty()) return nullptr;
    std::unique_ptr<Taker> taken = std::move(all_.back());
    all_.pop_back();
    return taken;
  }
  /// The one whose turn it is; null where none has room.
  Taker* next() noexcept {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (turn_ >= all_.size()) turn_ = 0;
      Taker* const taker = all_[turn_++].get();
      if (taker->room() > 0) return taker;
    }
    return nullptr;
  }
  /// It was its turn, and there was nothing: it stays the next.
  void give_back_turn() noexcept { --turn_; }

 private:
  std::vector<std::unique_ptr<Taker>> all_;
  std::size_t turn_ = 0;
};

}  // namespace events_service
