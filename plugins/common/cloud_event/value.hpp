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
  std::string_view text;   // also of an attribute that is a number or true or false: as CloudEvents writes it; of such
                           // a value within data where a key wants it
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

  /// The data beside the attributes should have been JSON and are not. Who asks for less of them may not notice.
  bool broken_data() const noexcept { return broken_data_; }

  // --- for who reads

  void note_broken_data() noexcept { broken_data_ = true; }
  void begin(std::size_t slots) {
    broken_data_ = false;
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
  bool broken_data_ = false;
};

}  // namespace cloud_event
