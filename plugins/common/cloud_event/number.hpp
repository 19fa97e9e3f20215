// Numbers of events and filters, compared as the numbers they are: never rounded to each other.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cloud_event {

/// A JSON number. What is a whole number of 64 bits is kept as one however it was written, so that 3, 3.0 and 30e-1 are
/// equal in every bit; anything else is a double, which is infinite where the number is beyond doubles.
class Number {
 public:
  constexpr Number() = default;
  explicit constexpr Number(std::int64_t value) noexcept
      : kind_(value < 0 ? Kind::negative : Kind::natural), bits_(static_cast<std::uint64_t>(value)) {}
  explicit constexpr Number(std::uint64_t value) noexcept : bits_(value) {}
  explicit Number(double value) noexcept;

  /// Nothing where the text is no number of JSON.
  static std::optional<Number> parse(std::string_view text) noexcept;

  bool finite() const noexcept;
  /// Equal for equal numbers.
  std::size_t hash() const noexcept {
    return static_cast<std::size_t>((bits_ + static_cast<std::uint64_t>(kind_)) * 0x9E3779B97F4A7C15U);
  }

  friend bool operator==(const Number&, const Number&) noexcept = default;
  friend std::strong_ordering operator<=>(const Number& a, const Number& b) noexcept;

 private:
  enum class Kind : std::uint8_t { natural, negative, real };

  double as_double() const noexcept;

  Kind kind_ = Kind::natural;
  std::uint64_t bits_ = 0;  // the integer, or the double's bits
};

struct NumberHash {
  std::size_t operator()(const Number& number) const noexcept { return number.hash(); }
};

}  // namespace cloud_event
