// Protocols: bytes of a connection <-> messages. Thin on purpose: a protocol sits on the message path, so it fills the
// C table itself or lets protocol_table() do it at compile time.
#pragma once

#include <trellis/abi/connection.h>
#include <trellis/abi/subscriber.h>

#include <concepts>
#include <cstdint>
#include <span>
#include <trellis/plugin.hpp>

namespace trellis {

/// A protocol plugin. The `shard` passed to the functions of its table is trellis::Shard*, unless the class declares
///     void* open_shard(trellis_shard* shard, std::uint32_t index);   // may throw; null fails the start
///     static void close_shard(void* state) noexcept;
/// which then make and free whatever is passed instead.
class Protocol : public Plugin {
 public:
  static constexpr std::uint32_t kKind = TRELLIS_KIND_PROTOCOL;

  /// The functions of the protocol; lives as long as the plugin.
  virtual const trellis_protocol& protocol() const noexcept = 0;

  const void* table(std::string_view id) override { return id == kTableId<trellis_protocol> ? &protocol() : nullptr; }
};

/// A protocol table over two classes, without any cost at run time.
///
/// ShardType has   Connection* open(trellis_connection*) noexcept    — null refuses
///                 void close(Connection*, std::uint32_t reason) noexcept   — frees it
/// Connection has  std::size_t on_bytes(std::span<const std::uint8_t> data, std::size_t& wanted) noexcept
/// and, where it needs them, on_authenticated(const trellis_auth_answer&), on_timer(), on_drain(), on_revoked(),
/// on_response(void* request_user, const trellis_response&), all noexcept; and, to share a listener with others,
/// static std::uint32_t recognise(std::span<const std::uint8_t>) noexcept, which answers TRELLIS_RECOGNISED_….
/// ShardType is what open_shard() answers.
template <class ShardType, class Connection>
constexpr trellis_protocol protocol_table() noexcept {
  trellis_protocol table{};
  table.struct_size = sizeof(trellis_protocol);
  table.on_open = [](void* shard, trellis_connection* connection) noexcept -> void* {
    return static_cast<ShardType*>(shard)->open(connection);
  };
  table.on_bytes = [](void*, void* user, const std::uint8_t* data, std::size_t size,
                      std::size_t* wanted) noexcept -> std::size_t {
    return static_cast<Connection*>(user)->on_bytes(std::span(data, size), *wanted);
  };
  table.on_close = [](void* shard, void* user, std::uint32_t reason) noexcept {
    static_cast<ShardType*>(shard)->close(static_cast<Connection*>(user), reason);
  };
  if constexpr (requires(Connection & c, const trellis_auth_answer& answer) { c.on_authenticated(answer); }) {
    table.on_authenticated = [](void*, void* user, const trellis_auth_answer* answer) noexcept {
      static_cast<Connection*>(user)->on_authenticated(*answer);
    };
  }
  if constexpr (requires(Connection & c) { c.on_timer(); }) {
    table.on_timer = [](void*, void* user) noexcept { static_cast<Connection*>(user)->on_timer(); };
  }
  if constexpr (requires(Connection & c) { c.on_drain(); }) {
    table.on_drain = [](void*, void* user) noexcept { static_cast<Connection*>(user)->on_drain(); };
  }
  if constexpr (requires(Connection & c) { c.on_revoked(); }) {
    table.on_revoked = [](void*, void* user) noexcept { static_cast<Connection*>(user)->on_revoked(); };
  }
  if constexpr (requires(Connection & c, void* user, const trellis_response& r) { c.on_response(user, r); }) {
    table.on_response = [](void*, void* user, void* request_user, const trellis_response* response) noexcept {
      static_cast<Connection*>(user)->on_response(request_user, *response);
    };
  }
  if constexpr (requires(std::span<const std::uint8_t> data) { Connection::recognise(data); }) {
    table.recognise = [](void*, const std::uint8_t* data, std::size_t size) noexcept -> std::uint32_t {
      return Connection::recognise(std::span(data, size));
    };
  }
  return table;
}

}  // namespace trellis
