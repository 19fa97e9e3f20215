#include "transport_websocket.hpp"

#include <algorithm>

#include "common/http/characters.hpp"

namespace transport_websocket {

trellis::Result<void> TransportWebSocket::configure(const trellis::Config& config) {
  settings_ = read_settings(config);
  for (std::size_t i = 0; i < settings_.paths.size(); ++i) {
    if (settings_.paths[i].starts_with('/')) continue;
    return trellis::fail("transport-websocket: /paths/" + std::to_string(i) + ": a path begins with '/'");
  }
  for (std::size_t i = 0; i < settings_.subprotocols.size(); ++i) {
    if (trellis::http::is_token(settings_.subprotocols[i])) continue;
    return trellis::fail("transport-websocket: /subprotocols/" + std::to_string(i) +
                         ": a subprotocol is one word of letters, digits and \"!#$%&'*+-.^_`|~\"");
  }
  if (settings_.subprotocol_required && settings_.subprotocols.empty()) {
    return trellis::fail(
        "transport-websocket: /subprotocols is empty, so no client could offer one; name some or set "
        "subprotocol_required to false");
  }
  return trellis::ok();
}

trellis::Result<void> TransportWebSocket::start() {
  metrics_ = Metrics::declare(host());
  return trellis::ok();
}

std::unique_ptr<trellis::LayerStream> TransportWebSocket::open(trellis::LayerIo io) {
  return std::make_unique<WebSocketStream>(io, settings_, metrics_);
}

trellis::Recognised TransportWebSocket::recognise(std::string_view begin) noexcept {
  return recognise_opening(begin, settings_.head.head_bytes);
}

}  // namespace transport_websocket
