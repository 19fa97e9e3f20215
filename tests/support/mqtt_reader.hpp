// Reads integers and strings out of a received packet and refuses to run past its end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace trellis::testing {

/// Every function throws std::runtime_error when the bytes end too early.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint32_t varint();
  std::string string();
  std::string_view take(std::size_t count);
  std::string_view rest() { return take(bytes_.size()); }
  bool empty() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

}  // namespace trellis::testing
