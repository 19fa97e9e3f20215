/// What client and server agree on compression (RFC 7692, 7.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace transport_websocket {

/// permessage-deflate as we accept it. Neither side keeps a context between messages, so that an idle connection
/// owns no compressor.
struct DeflateParameters {
  int window_bits = 15;        ///< of what we send
  bool window_agreed = false;  ///< the client asked for them

  /// The value of Sec-WebSocket-Extensions in our answer.
  std::string response() const;
};

/// Reads one offer of Sec-WebSocket-Extensions. Nothing when it is another extension, malformed, or asks for what we
/// cannot do; the client's next offer may do then.
std::optional<DeflateParameters> accept_offer(std::string_view offer);

}  // namespace transport_websocket
