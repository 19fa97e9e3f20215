// What is not worth judging any more: places of a configuration that were reported, so that one mistake is one error.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <trellis/schema/diagnostic.hpp>

namespace trellis::schema {

/// Made of the errors found so far. Places are JSON pointers.
class Doubts {
 public:
  explicit Doubts(const Diagnostics& diagnostics);

  /// Whether the place itself was reported, or an unknown key beside it that was probably meant to be it.
  bool about(std::string_view place) const { return places_.contains(place); }
  /// Whether a key directly below the place was, other than `but`.
  bool below(std::string_view place, std::string_view but = {}) const;
  /// Whether a key of one of these names was, anywhere.
  bool about_any(std::span<const std::string_view> keys) const;

 private:
  std::set<std::string, std::less<>> places_;
};

}  // namespace trellis::schema
