#include "guard.hpp"

#include <nghttp2/nghttp2.h>

namespace trellis::http2 {

bool Guard::frame(std::uint8_t type, std::uint8_t flags, std::size_t length, std::uint64_t now_ms) noexcept {
  switch (type) {
    case NGHTTP2_DATA:  // judged when it is complete
    case NGHTTP2_HEADERS:
      return true;
    case NGHTTP2_CONTINUATION:  // a full one carries a head, within its limits
      return length > 0 || (flags & NGHTTP2_FLAG_END_HEADERS) != 0 || control_.take(now_ms);
    case NGHTTP2_RST_STREAM:
      return resets_.take(now_ms);
    case NGHTTP2_WINDOW_UPDATE:
      if (window_updates_ == 0) return control_.take(now_ms);
      --window_updates_;
      return true;
    default:  // SETTINGS, PING, PRIORITY, GOAWAY; nghttp2 skips frames nobody knows without telling
      return control_.take(now_ms);
  }
}

}  // namespace trellis::http2
