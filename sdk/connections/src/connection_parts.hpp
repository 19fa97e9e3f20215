// What a connection has only some of the time.
#pragma once

#include <boost/container/vector.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <trellis/connections/connection.hpp>
#include <trellis/runtime/kept_bytes.hpp>
#include <vector>

namespace trellis::connections {

inline constexpr int kReadsPerTurn = 4;  // then the others have a turn

/// Bytes that came without the rest of their packet. Grows as bytes arrive, not as lengths are announced.
struct Connection::Input {
  Input() = default;
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  ~Input() { count(0); }
  void count(std::size_t now) noexcept {
    if (now != counted) count_kept_bytes(static_cast<std::int64_t>(now - counted));
    counted = now;
  }

  boost::container::vector<std::uint8_t> bytes;
  std::size_t wanted = 0;
  std::size_t counted = 0;  // of what the process keeps
};

/// What a connection goes on with when its protocol handed it on.
struct Connection::Restart {
  std::shared_ptr<Endpoint> target;
  std::vector<std::uint8_t> bytes;
};

}  // namespace trellis::connections
