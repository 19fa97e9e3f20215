#include "common/cloud_event/filter.hpp"

#include <algorithm>

#include "common/cloud_event/filter_compiler.hpp"

namespace cloud_event {

trellis::Result<Filter> Filter::compile(const trellis::Config& settings, const FilterLimits& limits) {
  return FilterCompiler(limits).compile(settings);
}

void Filter::add(const Path& path, Check check) {
  const bool texts = facts_of(check.op).operand == Operand::texts;
  std::uint8_t wants = texts && !check.exact_case ? Keys::kSmall : 0;
  if (check.arrays && facts_of(check.op).operand != Operand::none) wants |= Keys::kElements;
  check.slot = keys_.add(path, wants);
  if (check.slot == asked_.size()) asked_.push_back({path, 0});
  asked_[check.slot].wants |= wants;
  std::ranges::sort(check.texts);
  std::ranges::sort(check.numbers);
  checks_.push_back(std::move(check));
}

bool Filter::passes(const Reading& reading) const noexcept {
  return std::ranges::all_of(checks_, [&](const Check& check) { return check.passes(reading); });
}

bool Filter::passes(const Event& event) const noexcept {
  if (checks_.empty()) return true;
  const Reading* const reading = read(event, keys_, event_bytes_);
  return reading != nullptr && passes(*reading);
}

}  // namespace cloud_event
