// Numbers and texts in a row, as records and messages are kept. A store is not carried between machines of different
// kinds: numbers are as they lie in memory.
#pragma once

#include <trellis/abi/base.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace trellis::keeping {

template <typename Value>
requires(std::is_trivially_copyable_v<Value> &&
         !std::is_same_v<Value, trellis_view>) void add_bytes(std::string& bytes, const Value& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

inline void add_bytes(std::string& bytes, trellis_view text) {
  add_bytes(bytes, static_cast<std::uint32_t>(text.size));
  if (text.size != 0) bytes.append(text.data, text.size);
}

/// Reads what add_bytes() wrote; what is not there is nothing, and done() false.
class BytesReader {
 public:
  explicit BytesReader(std::string_view bytes) noexcept : left_(bytes) {}
  template <typename Value>
  Value value() noexcept {
    Value value{};
    if (left_.size() < sizeof value) {
      failed_ = true;
      return value;
    }
    std::memcpy(&value, left_.data(), sizeof value);
    left_.remove_prefix(sizeof value);
    return value;
  }
  trellis_view text() noexcept {
    const auto size = value<std::uint32_t>();
    if (failed_ || left_.size() < size) {
      failed_ = true;
      return {};
    }
    const trellis_view text{left_.data(), size};
    left_.remove_prefix(size);
    return text;
  }
  std::size_t left() const noexcept { return left_.size(); }
  bool done() const noexcept { return !failed_ && left_.empty(); }

 private:
  std::string_view left_;
  bool failed_ = false;
};

}  // namespace trellis::keeping
