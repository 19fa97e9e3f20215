/// One TLS connection made from here.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <trellis/layer.hpp>

#include "contexts.hpp"

namespace transport_tls {

/// Declared once per plugin instance, counted per shard.
struct DialledMetrics {
  static DialledMetrics declare(const trellis::Host& host);

  trellis::Metric made;  ///< handshakes
  trellis::Metric failed;
};

/// Begins the handshake when it is made; ready when the peer has proved its name.
class DialledStream final : public trellis::LayerStream {
 public:
  DialledStream(trellis::LayerIo io, const std::string& host, std::shared_ptr<const Contexts> contexts, Session session,
                const DialledMetrics& metrics);
  ~DialledStream() override;

  bool on_input(std::string_view bytes) noexcept override;
  bool on_output(std::string_view bytes) noexcept override;
  void on_shutdown() noexcept override;
  std::string_view fact(std::string_view name) noexcept override;

 private:
  bool shake_hands();
  bool read_plain();
  bool fail();
  void send_out();
  bool ready() const { return SSL_is_init_finished(session_.get()) == 1; }

  trellis::LayerIo io_;
  std::shared_ptr<const Contexts> contexts_;
  const DialledMetrics& metrics_;
  std::string host_;
  Session session_;
  BIO* input_;   ///< the session's
  BIO* output_;  ///< the session's
  std::string error_;
  bool closed_ = false;
  bool ended_ = false;  ///< in order, by the peer
};

}  // namespace transport_tls
