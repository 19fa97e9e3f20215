// How structs of the contract cross from one process to the other. What a struct consists of is said once, for both
// directions; what is read is checked against the bytes there are.
#pragma once

#include <trellis/abi/base.h>

#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace trellis::isolation {

/// Appends to its bytes.
class Encoder {
 public:
  template <typename Type>
  using Of = const Type;

  template <typename Number>
  requires std::is_arithmetic_v<Number>
  void operator()(Number number) {
    static_assert(sizeof(bool) == 1);
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  void operator()(trellis_view text) {
    (*this)(static_cast<std::uint32_t>(text.size));
    if (text.size > 0) bytes_.append(text.data, text.size);
  }
  void operator()(std::string_view text) { (*this)(trellis_view{text.data(), text.size()}); }
  void operator()(const trellis_pair* pairs, std::uint32_t count) {
    (*this)(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      (*this)(pairs[i].name);
      (*this)(pairs[i].value);
    }
  }
  void operator()(const trellis_view* texts, std::uint32_t count) {
    (*this)(count);
    for (std::uint32_t i = 0; i < count; ++i) (*this)(texts[i]);
  }
  void operator()(const std::uint32_t* numbers, std::uint32_t count) {
    (*this)(count);
    for (std::uint32_t i = 0; i < count; ++i) (*this)(numbers[i]);
  }
  void append(const Encoder& other) { bytes_.append(other.bytes_); }
  std::string_view bytes() const noexcept { return bytes_; }
  void clear() noexcept { bytes_.clear(); }

 private:
  std::string bytes_;
};

/// Reads bytes that may be anything. What is not there is read as nothing, and failed() from then on. Views point into
/// the bytes; lists live as long as the decoder.
class Decoder {
 public:
  template <typename Type>
  using Of = Type;

  explicit Decoder(std::string_view bytes) noexcept : left_(bytes) {}
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  template <typename Number>
  requires std::is_arithmetic_v<Number>
  void operator()(Number& number) {
    number = Number{};
    const std::string_view there = take(sizeof number);
    if (failed_) return;
    if constexpr (std::is_same_v<Number, bool>) {
      number = there[0] != 0;  // another value would be none
    } else {
      std::memcpy(&number, there.data(), sizeof number);
    }
  }
  void operator()(trellis_view& text) {
    std::uint32_t size = 0;
    (*this)(size);
    const std::string_view there = take(size);
    text = {there.data(), there.size()};
  }
  void operator()(const trellis_pair*& pairs, std::uint32_t& count) {
    auto& list = pairs_.emplace_back(listed(count, 2 * sizeof(std::uint32_t)));
    for (trellis_pair& pair : list) {
      (*this)(pair.name);
      (*this)(pair.value);
    }
    pairs = list.data();
  }
  void operator()(const trellis_view*& texts, std::uint32_t& count) {
    auto& list = texts_.emplace_back(listed(count, sizeof(std::uint32_t)));
    for (trellis_view& text : list) (*this)(text);
    texts = list.data();
  }
  void operator()(const std::uint32_t*& numbers, std::uint32_t& count) {
    auto& list = numbers_.emplace_back(listed(count, sizeof(std::uint32_t)));
    for (std::uint32_t& number : list) (*this)(number);
    numbers = list.data();
  }

  template <typename Number>
  Number number() {
    Number value{};
    (*this)(value);
    return value;
  }
  std::string_view text() {
    trellis_view view{};
    (*this)(view);
    return {view.data, view.size};
  }
  /// The length of a list whose items take at least that many bytes each; 0 where they cannot be there.
  std::size_t count(std::size_t least_bytes) {
    std::uint32_t number = 0;
    return listed(number, least_bytes);
  }

  bool failed() const noexcept { return failed_; }
  /// All of it was read, and nothing was missing.
  bool done() const noexcept { return !failed_ && left_.empty(); }

 private:
  std::string_view take(std::size_t size) noexcept {
    failed_ = failed_ || size > left_.size();
    if (failed_) return {};
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }
  std::size_t listed(std::uint32_t& number, std::size_t least_bytes) {
    (*this)(number);
    failed_ = failed_ || number > left_.size() / least_bytes;
    if (failed_) number = 0;
    return number;
  }

  std::string_view left_;
  bool failed_ = false;
  std::deque<std::vector<trellis_pair>> pairs_;
  std::deque<std::vector<trellis_view>> texts_;
  std::deque<std::vector<std::uint32_t>> numbers_;
};

}  // namespace trellis::isolation
