// Topics and filters of the fixed shapes.
#include "topologies.hpp"

#include <stdexcept>

namespace trellis::bench {

FixedTopics::FixedTopics(Shape shape, std::uint32_t publishers, std::uint32_t subscribers)
    : shape_(shape), subscribers_(subscribers) {
  if (shape == Shape::pairs && publishers != subscribers) {
    throw std::runtime_error("pairs need as many subscribers as publishers");
  }
  for (std::uint32_t p = 0; p < publishers; ++p) topics_.push_back("bench/flow/" + std::to_string(p));
}

std::uint32_t FixedTopics::receivers() const {
  return shape_ == Shape::pairs || shape_ == Shape::shared ? 1 : subscribers_;
}

std::vector<std::string> FixedTopics::filters(std::uint32_t subscriber) const {
  switch (shape_) {
    case Shape::fan_in:
      return {"bench/flow/+"};
    case Shape::fan_out:
      return topics_;
    case Shape::pairs:
      return {topics_[subscriber]};
    case Shape::shared:
      return {"$share/bench/bench/flow/+"};
  }
  return {};
}

}  // namespace trellis::bench
