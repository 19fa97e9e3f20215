/// Tells whoever wants to know which clients come and go.
#pragma once

#include <trellis/abi/session.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/mqtt/protocol.hpp"

namespace trellis::mqtt {

class Client;
class Shard;

/// What is told of a client that we end for that reason, TRELLIS_DISCONNECTED_….
std::uint32_t disconnected_for(Reason reason) noexcept;

/// The clients of one shard a witness was told of. Where there is no witness it is empty, and costs nothing.
class Presence {
 public:
  /// ending(): on_close() knows better.
  static constexpr std::uint32_t kAsItCloses = UINT32_MAX;

  explicit Presence(const Shard& shard) : shard_(shard) {}

  void connected(const Client* client, std::uint32_t name_space, std::string_view identity, std::string_view client_id);
  /// Whether anybody was told of it.
  bool knows(const Client* client) const noexcept { return !known_.empty() && known_.contains(client); }
  /// It is going to be disconnected; what is said first counts.
  void ending(const Client* client, std::uint32_t reason) noexcept;
  /// Its connection is gone. reason: where nothing was said before.
  void disconnected(const Client* client, std::uint32_t reason) noexcept;

 private:
  struct Known {
    std::string identity;
    std::string client_id;
    std::uint64_t sequence;
    std::uint32_t name_space;
    std::uint32_t reason = 0;
  };

  trellis_session_fact fact(const Known& known) const noexcept;

  const Shard& shard_;
  boost::unordered_flat_map<const Client*, Known> known_;
};

}  // namespace trellis::mqtt
