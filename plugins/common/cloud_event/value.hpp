// What an event says for one key.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "common/cloud_event/number.hpp"

namespace cloud_event {

/// Texts live as long as the Reading they belong to.
struct Value {
  enum class Type : std::uint8_t { missing, null, boolean, number, text, list, object };

  Type type = Type::missing;
  bool boolean = false;
  std::uint32_t first = 0;  // of a list's elements
  std::uint32_t count = 0;
  Number number;
  std::string_view text;   // also of an attribute that is a number or true or false: as CloudEvents writes it
  std::string_view small;  // the text in small letters, where a key wants it

  bool present() const noexcept { return type != Type::missing && type != Type::null; }
};

/// What one event says for all keys of one Keys. Of the thread that read it, until that reads the next.
class Reading {
 public:
  const Value& operator[](std::size_t slot) const noexcept { return values_[slot]; }
  std::span<const Value> elements(const Value& list) const noexcept {
    return std::span(elements_).subspan(list.first, list.count);
  }

  // --- for who reads

  void begin(std::size_t slots) {
    values_.assign(slots, Value());
    elements_.clear();
    if (elements_.capacity() > kKeptElements) elements_.shrink_to_fit();
  }
  Value& value(std::size_t slot) noexcept { return values_[slot]; }
  Value& append(Value& list) {
    if (list.count == 0) list.first = static_cast<std::uint32_t>(elements_.size());
    ++list.count;
    return elements_.emplace_back();
  }

 private:
  static constexpr std::size_t kKeptElements = 16384;

  std::vector<Value> values_;
  std::vector<Value> elements_;
};

}  // namespace cloud_event
