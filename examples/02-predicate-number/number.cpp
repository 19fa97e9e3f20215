#include "number.hpp"

#include <optional>
#include <string_view>

namespace {

/// Decimal numbers like "-12.5". Written by hand because the standard functions either listen to the locale or
/// allocate, and this runs once per message.
std::optional<double> parse(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  double value = 0;
  double place = 0;  // of the digit after the point, 0 before it
  bool digits = false;
  for (char c : text) {
    if (c == '.' && place == 0) {
      place = 1;
    } else if (c >= '0' && c <= '9') {
      digits = true;
      if (place != 0) {
        place /= 10;
        value += place * (c - '0');
      } else {
        value = value * 10 + (c - '0');
      }
    } else {
      return std::nullopt;
    }
  }
  if (!digits) return std::nullopt;
  return negative ? -value : value;
}

/// One subscription's filter. Shared by all shards, so it never changes.
class Range final : public trellis::Condition {
 public:
  Range(double above, double below) : above_(above), below_(below) {}

  bool matches(const trellis::Message& message) const noexcept override {
    const auto value = parse(message.payload());
    return value && *value > above_ && *value < below_;
  }

 private:
  double above_;
  double below_;
};

}  // namespace

trellis::Result<std::unique_ptr<trellis::Condition>> Number::compile(const trellis::Config& filter) {
  for (const auto& [name, value] : filter.members()) {
    if (name != "above" && name != "below") {
      return trellis::fail("/" + name + ": expected \"above\" or \"below\"");
    }
  }
  const double above = filter.number("above", std::numeric_limits<double>::lowest());
  const double below = filter.number("below", std::numeric_limits<double>::max());
  if (above >= below) return trellis::fail("no number is above and below at once: \"above\" must be the smaller one");
  return std::make_unique<Range>(above, below);
}

TRELLIS_PLUGIN(Number)
