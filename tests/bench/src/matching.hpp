// Many distinct filters, and topics of which each matches exactly one of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow.hpp"

namespace trellis::bench {

/// A small, fast, repeatable source of numbers.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>((next() >> 32U) * limit >> 32U); }

 private:
  std::uint64_t state_;
};

/// Filter number i, and a topic that filter i and no other matches.
///
/// One third has a `+` (in the second or third level, so that the walk has several branches to follow), one in ten
/// ends in `#`, the rest is plain. They share their upper levels as a site's devices do.
std::string numbered_filter(std::uint32_t number);
void numbered_topic(std::uint32_t number, Random& random, std::string& topic);

/// `filters` filters spread over `subscribers`; publishers choose a filter at random for every message. With
/// `hot_topics` they choose among that many topics made once, otherwise nearly every wildcard topic is new.
class FilterTable final : public Topology {
 public:
  FilterTable(std::uint32_t publishers, std::uint32_t subscribers, std::uint32_t filters, std::uint32_t hot_topics);

  std::uint32_t publishers() const override { return publishers_; }
  std::uint32_t subscribers() const override { return subscribers_; }
  std::uint32_t receivers() const override { return 1; }
  bool spread() const override { return true; }
  std::vector<std::string> filters(std::uint32_t subscriber) const override;
  std::string_view next_topic(std::uint32_t publisher, std::uint32_t& target) override;

 private:
  std::uint32_t publishers_;
  std::uint32_t subscribers_;
  std::uint32_t filters_;
  Random random_{42};
  std::vector<std::pair<std::string, std::uint32_t>> hot_;
  std::string topic_;
};

/// Subscribes to new filters at a steady rate on a connection of its own, while others publish.
class SubscribeChurn final : public SideTask {
 public:
  SubscribeChurn(std::uint8_t protocol, std::uint32_t first_filter, std::uint32_t filters_per_second,
                 std::uint32_t client_index)
      : protocol_(protocol), next_filter_(first_filter), rate_(filters_per_second), index_(client_index) {}

  void start(Engine& engine) override;
  void on_turn(std::uint64_t now) override;
  std::uint64_t subscribed() const { return subscribed_; }

 private:
  std::uint8_t protocol_;
  std::uint32_t next_filter_;
  std::uint32_t rate_;
  std::uint32_t index_;
  Engine* engine_ = nullptr;
  Client* client_ = nullptr;
  std::uint64_t started_ = 0;
  std::uint64_t subscribed_ = 0;
};

}  // namespace trellis::bench
