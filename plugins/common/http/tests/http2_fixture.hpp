/// A client and servers that pick HTTP/2.
#pragma once

#include <vector>

#include "client_fixture.hpp"
#include "http2_server.hpp"

namespace trellis::http::testing {

class Http2Client : public ClientTest {
 protected:
  /// The oldest dial becomes a connection on which HTTP/2 was agreed.
  ProtocolConnection dialled() { return host_.answer_dial({{TRELLIS_FACT_TLS_ALPN, "h2"}}); }
  Http2Server serve(const Http2Settings& settings = {}, bool takes = true) {
    return Http2Server(dialled(), settings, takes);
  }
  std::vector<std::shared_ptr<Watch>> send_many(int count, const ClientRequest& request) {
    std::vector<std::shared_ptr<Watch>> all;
    for (int i = 0; i < count; ++i) all.push_back(send(request));
    return all;
  }
  std::int64_t open_connections(std::string_view protocol) const {
    return host_.metric("trellis_http_client_open_connections",
                        "of=\"test\",protocol=\"" + std::string(protocol) + "\"");
  }
};

}  // namespace trellis::http::testing
