// Some authenticated names of a namespace.
#pragma once

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace trellis::runtime {

/// Whatever the case of ASCII letters.
struct NameOrder {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::lexicographical_compare(a, b, std::less<>{}, lower, lower);
  }
};

/// Shared by shards, and not changed by then.
struct Names {
  std::string name_space;
  std::set<std::string, NameOrder> names;
};

}  // namespace trellis::runtime
