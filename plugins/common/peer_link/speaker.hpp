// What a handler brings: its protocol on one connection, and where one of its destinations is.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/dial.hpp>
#include <trellis/handler.hpp>

#include "common/verdict/verdict.hpp"

namespace peer_link {

class Link;

/// One event as the peer gets it.
struct Piece {
  std::string bytes;
  std::uint64_t mark = 0;  // the speaker's own, such as a place within the bytes
};

/// Speaks the peer's protocol on one connection; the next connection has another. Made when it is open, on its shard.
class Speaker {
 public:
  virtual ~Speaker() = default;

  /// The first word is the client's, where the protocol has it so. Link::ready() says when deliveries may come.
  virtual void begin() {}
  /// Bytes arrived. Answers how many were consumed; the rest comes again with what follows. Bounding what it waits for
  /// is up to the speaker: Link::fail() ends a connection that cannot be understood.
  virtual std::size_t read(std::string_view bytes) = 0;
  /// Sends one, and settles it by its number when the peer answered: Link::settle(). Numbers count up by one on the
  /// link. Or says at once what becomes of it, without having sent anything.
  virtual std::optional<common::Verdict> send(std::uint64_t number, Piece& piece) = 0;
  /// Nothing was heard for a while: asks for any sign of life.
  virtual void ping() = 0;
  /// The last word, where the connection is given up in order.
  virtual void farewell() {}
};

struct LinkSettings {
  trellis::DialTarget target = {};  // its timeout: until the connection is open
  std::string name = {};            // "redis://cache.example.org:6379", for people
  /// How long an answer may take, how long a greeting, and how long a delivery waits for a connection.
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds backoff{100};  // before the second attempt to connect, then doubled
  std::chrono::milliseconds backoff_max{10'000};
  std::chrono::milliseconds keep_alive{30'000};  // of silence, until the peer is asked for a sign of life
  std::size_t in_flight = 1024;                  // sent, and not answered
  std::size_t waiting = 16'384;                  // not sent
  std::size_t waiting_bytes = std::size_t{64} << 20U;
};

/// A destination's block, read: shared by all shards, and kept as long as something is under way.
class Place {
 public:
  virtual ~Place() = default;
  virtual const LinkSettings& link() const noexcept = 0;
  /// Or why this message will never be delivered.
  virtual std::optional<common::Verdict> compose(trellis::Message message, Piece& piece) const = 0;
  virtual std::unique_ptr<Speaker> speaker(Link& link) const = 0;
};

}  // namespace peer_link
