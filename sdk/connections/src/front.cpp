#include <trellis/connections/connection.hpp>
#include <trellis/connections/front.hpp>

namespace trellis::connections {
namespace {

constexpr std::size_t kMostUndecided = 64 * 1024;  // bytes

void* on_open(void* shard, trellis_connection* handle) {
  Connection& connection = Connection::of(handle);
  connection.set_timer(static_cast<Endpoint*>(shard)->limits.handshake_ms);
  return new Front(connection);
}

std::size_t on_bytes(void* shard, void* user, const std::uint8_t* data, std::size_t size, std::size_t* wanted) {
  Endpoint& endpoint = *static_cast<Endpoint*>(shard);
  Front& front = *static_cast<Front*>(user);
  bool more = false;
  if (const Choice* const choice = choose(endpoint, data, size, more)) {
    front.chosen = choice->endpoint;
    return 0;
  }
  *wanted = size + 1;
  if (more) return 0;
  endpoint.shard().count(endpoint.metrics->unrecognised, 1);
  front.connection.close();
  return size;
}

void on_timer(void* shard, void* user) {
  Endpoint& endpoint = *static_cast<Endpoint*>(shard);
  endpoint.shard().count(endpoint.metrics->handshake_timeouts, 1);
  static_cast<Front*>(user)->connection.close_now(TRELLIS_CLOSE_PROTOCOL);
}

void on_close(void*, void* user, std::uint32_t) { delete static_cast<Front*>(user); }

constexpr trellis_protocol kFront{
    sizeof(trellis_protocol), &on_open, &on_bytes, nullptr, &on_timer, nullptr, &on_close, nullptr, nullptr, nullptr};

}  // namespace

const trellis_protocol& front_protocol() noexcept { return kFront; }

const Choice* choose(const Endpoint& endpoint, const std::uint8_t* data, std::size_t size, bool& more,
                     const Endpoint* but) {
  for (const Choice& choice : endpoint.choices) {
    if (but != nullptr && choice.endpoint->protocol_shard == but->protocol_shard) continue;
    std::uint32_t answer = TRELLIS_RECOGNISED_YES;
    if (choice.recognise != nullptr) answer = choice.recognise(choice.shard_state, data, size);
    if (answer == TRELLIS_RECOGNISED_YES) return &choice;
    more = answer != TRELLIS_RECOGNISED_NO && size < kMostUndecided;
    if (more) return nullptr;
  }
  return nullptr;
}

}  // namespace trellis::connections
