#include "plugin/host_api.hpp"

#include <trellis/abi/connection.h>
#include <trellis/abi/message.h>

#include <cstddef>
#include <trellis/connections/connection.hpp>
#include <trellis/keeping/message.hpp>

#include "names.hpp"

namespace trellis::kernel {
namespace {

void connection_info(const trellis_connection* handle, trellis_connection_info* info) {
  auto& connection = const_cast<Connection&>(Connection::of(handle));
  info->flags = connection.flags() & ~static_cast<std::uint32_t>(TRELLIS_CONNECTION_LOOPBACK);
  if (connection.client_is_local()) info->flags |= TRELLIS_CONNECTION_LOOPBACK;
  info->name_space = connection.endpoint().name_space;
  info->id = connection.id();
  info->listener = view_of(connection.endpoint().listener->name);
  thread_local char peer[PeerAddress::kTextBytes];
  info->peer = view_of(connection.client(peer));
  if (info->struct_size < offsetof(trellis_connection_info, alpn)) return;
  info->host = view_of(connection.endpoint().dialled_host);
  info->port = connection.endpoint().dialled_port;
  if (info->struct_size >= sizeof *info) info->alpn = view_of(connection.endpoint().dialled_alpn);
}

void connection_write_message(trellis_connection* handle, const trellis_message* message, trellis_view part) {
  Connection& connection = Connection::of(handle);
  if (connection.encodes() || part.size == 0) return connection.write(part.data, part.size);
  // keep() may have to copy the message: find the part in the copy.
  const Message* kept = Message::of(message).keep();
  const auto at = static_cast<std::size_t>(part.data - message->payload.data);
  connection.write_kept(kept->payload().substr(at, part.size), kept,
                        [](const void* owner) { static_cast<const Message*>(owner)->drop(); });
}

constexpr trellis_host_message kMessage{
    sizeof(trellis_host_message), [](const trellis_message* message) { return &Message::of(message).keep()->facts(); },
    [](const trellis_message* message) { Message::of(message).drop(); }};
constexpr trellis_host_connection kConnection{
    sizeof(trellis_host_connection),
    &connection_info,
    [](trellis_connection* c, std::size_t size) { return Connection::of(c).reserve(size); },
    [](trellis_connection* c, std::size_t size) { Connection::of(c).commit(size); },
    [](trellis_connection* c, const void* data, std::size_t size) { Connection::of(c).write(data, size); },
    &connection_write_message,
    [](const trellis_connection* c) { return Connection::of(c).unsent(); },
    [](trellis_connection* c) { Connection::of(c).close(); },
    [](trellis_connection* c, std::uint64_t delay_ms) { Connection::of(c).set_timer(delay_ms); },
    [](const trellis_connection* c) { return Connection::of(c).idle_ms(); },
    [](trellis_connection* c, std::uint32_t shard) { Connection::of(c).move(shard); },
    [](trellis_connection* c, bool paused) { Connection::of(c).pause(paused); },
    [](const trellis_connection* c, trellis_view name) { return view_of(Connection::of(c).fact(text_of(name))); },
    [](trellis_connection* c, const void* data, std::size_t size) { return Connection::of(c).restart(data, size); }};

}  // namespace

void add_connection_tables(HostServices& services) {
  services.tables[TRELLIS_HOST_MESSAGE] = &kMessage;
  services.tables[TRELLIS_HOST_CONNECTION] = &kConnection;
}

}  // namespace trellis::kernel
