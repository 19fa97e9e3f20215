// What may stand between a socket and MQTT: TLS or WebSocket, the client's half of it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "wire.hpp"

namespace trellis::bench {

/// One connection's layer: bytes in, bytes out, no socket. Throws std::runtime_error when the broker breaks its rules.
class Layer {
 public:
  // The most that decode() gives beyond what it was handed: a TLS record that lay here waiting for its end.
  static constexpr std::size_t kHeld = std::size_t{17} * 1024;

  virtual ~Layer() = default;
  // Opens the conversation.
  virtual void start(OutBuffer& wire) = 0;
  // Takes all of what arrived and writes what it carried to `plain`, which has room for kHeld bytes more than that.
  // Answers the layer owes, and the rest of its handshake, go to `wire`. Returns the number of plain bytes.
  virtual std::size_t decode(std::span<const unsigned char> arrived, std::span<unsigned char> plain,
                             OutBuffer& wire) = 0;
  // Moves everything from `plain` to `wire`; nothing while the handshake goes on.
  virtual void encode(OutBuffer& plain, OutBuffer& wire) = 0;
};

/// Makes the layers of one engine; what they share lives in it. Gives null where MQTT stands on the socket itself.
using LayerSource = std::function<std::unique_ptr<Layer>()>;

// name: "none", "tls" or "websocket". Throws std::runtime_error for any other.
LayerSource layers_named(const std::string& name);

// TLS 1.3 with TLS_AES_128_GCM_SHA256 and X25519 only, so that every broker does the same work. The broker's
// certificate is not judged, no session is resumed.
LayerSource tls_layers();

// RFC 6455 at /mqtt. The masking key is 0: unmasking costs the broker the same, masking costs the generator nothing.
std::unique_ptr<Layer> make_websocket_layer();

}  // namespace trellis::bench
