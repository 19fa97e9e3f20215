// Views of the C contract as texts, and texts that outlive the call that brought them.
#pragma once

#include <trellis/abi/base.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace trellis::runtime {

inline std::string_view text_of(trellis_view view) noexcept { return {view.data, view.size}; }
inline trellis_view view_of(std::string_view text) noexcept { return {text.data(), text.size()}; }

/// What it answers points into it and stays there, also when it is moved.
class KeptTexts {
 public:
  trellis_view keep(trellis_view text) {
    const std::string& kept = texts_.emplace_back(text.data, text.size);
    return {kept.data(), kept.size()};
  }
  const trellis_pair* keep(const trellis_pair* pairs, std::uint32_t count) {
    std::vector<trellis_pair>& kept = pairs_.emplace_back();
    for (std::uint32_t i = 0; i < count; ++i) kept.push_back({keep(pairs[i].name), keep(pairs[i].value)});
    return kept.data();
  }

 private:
  std::deque<std::string> texts_;
  std::deque<std::vector<trellis_pair>> pairs_;
};

}  // namespace trellis::runtime
