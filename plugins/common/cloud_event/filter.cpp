#include "common/cloud_event/filter.hpp"

#include <algorithm>

#include "common/cloud_event/filter_compiler.hpp"

namespace cloud_event {

trellis::Result<Filter> Filter::compile(const trellis::Config& settings, const FilterLimits& limits) {
  return FilterCompiler(limits).compile(settings);
}

std::uint32_t Filter::slot(const Path& path, std::uint8_t wants) {
  const std::uint32_t slot = keys_.add(path, wants);
  if (slot == asked_.size()) asked_.push_back({path, 0});
  asked_[slot].wants |= wants;
  return slot;
}

void Filter::add(const Path& path, Check check) {
  const bool texts = facts_of(check.op).operand == Operand::texts;
  std::uint8_t wants = texts && !check.exact_case ? Keys::kSmall : 0;
  if (check.arrays && facts_of(check.op).operand != Operand::none) wants |= Keys::kElements;
  check.slot = slot(path, wants);
  std::ranges::sort(check.texts);
  std::ranges::sort(check.numbers);
  checks_.push_back(std::move(check));
}

// Data are no attribute, so a name without a slot has no value.
void Filter::add_attribute(const std::string& name) {
  if (name == "data") return;
  const auto place =
      std::ranges::lower_bound(attributes_, name, std::ranges::less{}, &AttributeSlots::value_type::first);
  if (place == attributes_.end() || place->first != name) attributes_.emplace(place, name, slot(Path{{name}}, 0));
}

void Filter::add(cesql::Filter expression) {
  const auto names = [this](const auto& self, const cesql::Filter& part) -> void {
    for (const std::string& name : part.names()) add_attribute(name);
    for (const auto& [name, text] : part.texts()) add_attribute(name);
    for (const cesql::Filter& inner : part.parts()) self(self, inner);
  };
  names(names, expression);
  expressions_.push_back(std::move(expression));
}

bool Filter::passes(const Reading& reading, std::span<const std::uint32_t> there) const noexcept {
  const bool checked = std::ranges::all_of(checks_, [&](const Check& check) {
    return check.passes(reading, there.empty() ? check.slot : there[check.slot]);
  });
  if (!checked || expressions_.empty()) return checked;
  Attributes attributes(reading, attributes_, there);
  return std::ranges::all_of(expressions_,
                             [&](const cesql::Filter& each) { return each.matches(attributes, errors_.get()); });
}

bool Filter::passes(const Event& event) const noexcept {
  if (passes_all()) return true;
  const Reading* const reading = read(event, keys_, event_bytes_);
  return reading != nullptr && passes(*reading);
}

}  // namespace cloud_event
