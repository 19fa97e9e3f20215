/// A client's will, kept apart from the packet it came with.
#pragma once

#include <trellis/abi/host.h>
#include <trellis/abi/message.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/mqtt/packets.hpp"

namespace trellis::mqtt {

/// Owns every byte its publication points to.
class Will {
 public:
  /// zero_expiry_never: a message expiry of 0 means none.
  Will(const ConnectPacket& packet, const std::vector<trellis_pair>& user_properties, std::string_view client_id,
       std::string_view identity, std::uint32_t name_space, bool zero_expiry_never);
  Will(const Will&) = delete;
  Will& operator=(const Will&) = delete;

  /// The same of another process.
  Will(const trellis_publication& said, std::string_view client_id, std::string_view identity, std::uint32_t name_space,
       std::uint32_t delay_s);

  const trellis_publication& publication() const noexcept { return publication_; }
  trellis_view client_id() const noexcept { return client_id_; }
  trellis_view identity() const noexcept { return identity_; }
  std::uint32_t name_space() const noexcept { return name_space_; }
  std::uint32_t delay_s() const noexcept { return delay_s_; }

  /// The timer of its delay, 0 when none runs.
  trellis_token timer = 0;

 private:
  trellis_view keep(trellis_view text);

  std::string storage_;
  std::vector<trellis_pair> user_properties_;
  trellis_publication publication_{};
  trellis_view client_id_{};
  trellis_view identity_{};
  std::uint32_t name_space_;
  std::uint32_t delay_s_;
};

}  // namespace trellis::mqtt
