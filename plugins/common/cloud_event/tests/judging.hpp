// Short ways to say what tests judge.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "common/cloud_event/filter.hpp"

namespace cloud_event {

inline Filter filter_of(std::string_view json) { return Filter::compile(trellis::Config::parse(json).value()).value(); }

/// The sentence of a refusal.
inline std::string refusal(std::string_view json) {
  auto compiled = Filter::compile(trellis::Config::parse(json).value());
  return compiled ? "" : compiled.error().text;
}

inline bool passes(std::string_view filter, std::string_view event) {
  return filter_of(filter).passes(Event::structured(event));
}

}  // namespace cloud_event
