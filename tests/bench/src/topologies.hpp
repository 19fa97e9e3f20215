// The shapes of traffic: fan-in, fan-out, pairs, shared subscription.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "flow.hpp"

namespace trellis::bench {

enum class Shape { fan_in, fan_out, pairs, shared };

/// Every publisher has a topic of its own; the shape says who subscribes to it.
class FixedTopics final : public Topology {
 public:
  FixedTopics(Shape shape, std::uint32_t publishers, std::uint32_t subscribers);

  std::uint32_t publishers() const override { return static_cast<std::uint32_t>(topics_.size()); }
  std::uint32_t subscribers() const override { return subscribers_; }
  std::uint32_t receivers() const override;
  bool spread() const override { return shape_ == Shape::shared; }
  bool receives(std::uint32_t subscriber, std::uint32_t publisher) const override {
    return shape_ != Shape::pairs || subscriber == publisher;
  }
  std::vector<std::string> filters(std::uint32_t subscriber) const override;
  std::string_view next_topic(std::uint32_t publisher, std::uint32_t& target) override {
    if (shape_ == Shape::pairs) target = publisher;
    return topics_[publisher];
  }

 private:
  Shape shape_;
  std::uint32_t subscribers_;
  std::vector<std::string> topics_;
};

}  // namespace trellis::bench
